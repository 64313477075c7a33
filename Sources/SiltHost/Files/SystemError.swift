// SPDX-License-Identifier: Apache-2.0
//
// A failed system call as a typed error, and the one loop that repeats a call that a signal interrupted.

import Glibc

/// The number of a failed system call.
package struct SystemError: Error, Hashable {
    package var number: Int32

    package init(number: Int32) { self.number = number }

    static var last: SystemError { SystemError(number: errno) }

    /// There is no such file, or a part of its path is not a directory.
    package var isMissing: Bool { number == ENOENT || number == ENOTDIR }

    /// EPIPE of /dev/kmsg.
    package var isOverrun: Bool { number == EPIPE }

    /// The system's words for it, such as `No such file or directory`.
    package var text: String {
        // Safe: strerror returns a terminated string, which is copied before anyone else can ask.
        guard let words = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: words)
    }
}

/// Repeats a system call until no signal interrupts it.
func retrying<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
