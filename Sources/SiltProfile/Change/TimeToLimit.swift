// SPDX-License-Identifier: Apache-2.0
//
// When a growing process meets the memory limit of its control group, at the rate it grows now. Arithmetic on what a
// dump recorded; it never looks at the machine it runs on.

package import SiltFile

/// The time until a memory limit is reached, with its interval.
package struct TimeToLimit: Hashable, Sendable {
    /// Bytes that the control group may use.
    package var limit: UInt64
    /// Bytes in use when the last dump was made: of the group if that is known, else resident bytes of the process.
    package var used: UInt64
    /// At the rate that was estimated.
    package var estimate: Duration
    /// At the greatest rate of the 95 % interval.
    package var soonest: Duration
    /// At its least; nil: that rate is no growth, so perhaps never.
    package var latest: Duration?

    /// The time to the limit that a dump recorded, if memory keeps growing as it did.
    ///
    /// Nil if the dump knows no limit or no use, or if nothing grew.
    ///
    /// - Parameters:
    ///   - growth: of the whole heap over `elapsed`, in bytes.
    ///   - confidence: judges figures in bytes.
    package init?(dump: Header.Dump, growth: Estimate, over elapsed: Duration, confidence: Confidence) {
        guard let limit = dump.memoryLimit, let used = dump.memoryCurrent ?? dump.rss else { return nil }
        guard growth.value > 0, elapsed > .zero else { return nil }
        self.limit = limit
        self.used = used
        let room = Double(limit > used ? limit - used : 0)
        let interval = confidence.interval(of: growth)
        func time(at growth: Double) -> Duration {
            // Beyond a thousand years a figure means no more, and would not fit.
            .seconds(min(room / growth * elapsed.inSeconds, 3.2e10))
        }
        estimate = time(at: growth.value)
        soonest = time(at: max(interval.upper, growth.value))
        latest = interval.lower > 0 ? time(at: interval.lower) : nil
    }
}
