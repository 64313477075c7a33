// SPDX-License-Identifier: Apache-2.0
//
// The two clocks that session files use, and the time that a thread has run, read now.

import Glibc

/// The machine's clocks, in nanoseconds.
package enum Clock {
    /// Since 1970; it can be set, and then jumps.
    package static func realtime() -> UInt64 { read(CLOCK_REALTIME) }
    /// Since boot; it never goes back.
    package static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }
    /// That this thread has run.
    package static func ownThread() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Safe: the pointer lives for the call, which cannot fail for these clocks.
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
