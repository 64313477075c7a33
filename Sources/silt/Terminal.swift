// SPDX-License-Identifier: Apache-2.0
//
// What is known of the terminal that is printed to.

import Glibc

enum Terminal {
    /// Columns of standard output; nil if it is no terminal, and nothing is to be cut.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return nil }
        return Int(size.ws_col)
    }
}
