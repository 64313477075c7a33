// SPDX-License-Identifier: Apache-2.0
//
// An error that has found its words, with the exit status that stands for it. Every error that leaves the driver is one.

/// What a person is told, and how a command ends.
package struct Failure: Error, Hashable, Sendable {
    package var message: String
    /// 2: the question makes no sense. 3: what it is about cannot be read, or makes no sense.
    package var status: Int32

    /// Something to be read cannot be read or makes no sense.
    package static func input(_ message: String) -> Failure { Failure(message: message, status: 3) }
    /// The question makes no sense, whatever is read.
    package static func use(_ message: String) -> Failure { Failure(message: message, status: 2) }
}

extension Failure: CustomStringConvertible {
    package var description: String { message }
}
