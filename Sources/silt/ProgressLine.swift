// SPDX-License-Identifier: Apache-2.0
//
// The line of the terminal that says how far long work is. It is never another line than the cursor's own, so that nothing
// a person has typed or a program has printed is erased; whoever prints clears it first.

import SiltHost
import SiltSymbols
import Synchronization

enum ProgressLine {
    private static let isShown = Mutex(false)

    static func show(_ text: String) {
        isShown.withLock { isShown in
            printErrorText("\r\u{1B}[K\(text)")
            isShown = true
        }
    }

    static func clear() {
        isShown.withLock { isShown in
            if isShown { printErrorText("\r\u{1B}[K") }
            isShown = false
        }
    }

    /// Cut, so that it never takes a second line.
    @Sendable static func show(_ progress: Symbolizer.Progress) {
        let name = printable(String(progress.name.split(separator: "/").last ?? "")).prefix(40)
        show("reading symbols \(progress.done + 1)/\(progress.total) \(name)")
    }
}
