// SPDX-License-Identifier: Apache-2.0
//
// A failed system call as a typed error, and the one loop that repeats a call that a signal interrupted.

import Glibc

/// Why a system call failed, by its number in errno(3).
package struct SystemError: Error, Hashable {
    let number: Int32

    /// Of the call that failed just now on this thread.
    static var last: SystemError { SystemError(number: errno) }

    /// There is no such file, or a part of its path is not a directory.
    package var isMissing: Bool { number == ENOENT || number == ENOTDIR }

    /// EPIPE of /dev/kmsg: records were overwritten before they could be read.
    var isOverrun: Bool { number == EPIPE }

    /// The system's words for it, such as `No such file or directory`.
    package var text: String {
        // Safe: strerror returns a terminated string, which is copied at once.
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
