// SPDX-License-Identifier: Apache-2.0
//
// The terminal that standard output and standard error may lead to.

import Glibc

/// The terminal of this process, if it has one.
package enum Terminal {
    /// Columns of standard output; nil if it is no terminal, or narrower than 40 columns: then no line is to be cut.
    package static var width: Int? {
        guard let columns = size?.columns, columns >= 40 else { return nil }
        return columns
    }

    /// Of standard output, as its terminal says: 0 where nobody has told it. Nil if it is no terminal.
    package static var size: (columns: Int, rows: Int)? {
        guard showsOutput else { return nil }
        var size = winsize()
        // Safe: the pointer lives for the call, which fills in a winsize.
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether standard output is a terminal.
    package static var showsOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person waits for this process: it was started on a terminal, and not into the background, where its number
    /// may be remembered for a signal. Shells without job control take the terminal away from what runs there.
    package static var isInForeground: Bool {
        isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 && tcgetpgrp(STDERR_FILENO) == getpgrp()
    }

    /// Whether standard error is a terminal, so that a person sees it at once.
    package static var showsErrors: Bool { isatty(STDERR_FILENO) == 1 }
}
