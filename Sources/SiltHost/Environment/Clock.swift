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
    /// Of ``monotonic()``, when so many clock ticks had passed since boot; they also count the time that the machine slept.
    package static func monotonic(atTicks ticks: UInt64) -> UInt64 {
        let (boot, awake) = (read(CLOCK_BOOTTIME), monotonic())
        let since = Double(ticks) / Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) * 1e9
        let time = UInt64(exactly: since.rounded()) ?? .max
        return time - min(time, boot - min(boot, awake))
    }
    /// Lets so many seconds pass.
    package static func rest(seconds: Int) { _ = sleep(UInt32(clamping: seconds)) }
    /// That this thread has run.
    package static func ownThread() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Safe: the pointer lives for the call, which cannot fail for these clocks.
        _ = unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
