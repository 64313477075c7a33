// SPDX-License-Identifier: Apache-2.0
//
// What is told to a person beside the answer: sentences, and how far the reading of symbols is. The driver itself
// prints nothing.

package import SiltSymbols

/// Where the driver's remarks go; called on the thread that asks.
package struct Reporter: Sendable {
    /// A sentence without a line feed, such as that a process is gone. Names in it may hold any character.
    package var note: @Sendable (_ sentence: String) -> Void
    /// Called before each file whose symbols are read, which may take seconds; nil: not called.
    package var symbols: (@Sendable (Symbolizer.Progress) -> Void)?

    package init(
        note: @escaping @Sendable (_ sentence: String) -> Void,
        symbols: (@Sendable (Symbolizer.Progress) -> Void)? = nil
    ) {
        self.note = note
        self.symbols = symbols
    }

    package static let silent = Reporter { _ in }
}
