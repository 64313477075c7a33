// SPDX-License-Identifier: Apache-2.0
//
// What is known of the terminal that is printed to.

import Glibc

package enum Terminal {
    /// Columns of standard output; nil if it is no terminal, and nothing is to be cut.
    package static var width: Int? {
        // Safe below: the pointer lives for the call.
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return nil }
        return Int(size.ws_col)
    }

    /// Whether standard error is shown to a person.
    package static var showsErrors: Bool { isatty(STDERR_FILENO) == 1 }
}
