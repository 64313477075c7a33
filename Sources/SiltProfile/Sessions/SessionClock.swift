// SPDX-License-Identifier: Apache-2.0
//
// Which process and which moment a session shows: what must be known before two of them can be compared.

package import SiltFile

extension Session {
    /// What tells one profiled process from every other, on any machine.
    package struct Identity: Hashable, Sendable {
        var pid: UInt32
        var pidStartTicks: UInt64
        var bootID: [UInt8]
        /// An exec keeps the process and begins a new session.
        var start: UInt64
    }

    package var identity: Identity {
        Identity(
            pid: header.pid, pidStartTicks: header.pidStartTicks, bootID: header.bootID,
            start: header.startMonotonic)
    }

    /// The moment that the session shows, in nanoseconds of CLOCK_MONOTONIC: of its dump; of a running process when it was
    /// read, since an idle one records nothing; else of the last event that the file of a dead process recorded.
    ///
    /// - Complexity: linear in the live samples, events and threads of a live file.
    package var moment: UInt64 {
        if let dump = header.dump { return dump.monotonic }
        if let observed { return max(observed, header.startMonotonic) }
        let times = [live.lazy.map(\.time).max(), events.lazy.map(\.time).max(), threads.lazy.map(\.time).max()]
        return max(times.compactMap { $0 }.max() ?? 0, header.startMonotonic)
    }

    /// Whether ``moment`` is that of the figures. A process that was killed may have lived on long after its last event.
    package var knowsItsMoment: Bool { header.dump != nil || observed != nil }

    /// How long the process had been profiled at ``moment``.
    package var age: Duration { elapsed(from: header.startMonotonic, to: moment) }

    /// ``moment`` in nanoseconds since 1970.
    package var realtime: UInt64 {
        header.dump?.realtime ?? header.startRealtime &+ (moment &- header.startMonotonic)
    }
}

extension LiveSample {
    /// How long it had been alive at a moment of the monotonic clock.
    func age(at now: UInt64) -> Duration { elapsed(from: time, to: now) }
}

/// The time between two readings of a clock; zero if the second is earlier, as readings of two threads may be.
func elapsed(from start: UInt64, to end: UInt64) -> Duration {
    .nanoseconds(end > start ? Int64(clamping: end - start) : 0)
}

extension Duration {
    /// Length in nanoseconds, as the profile's clocks count; 0 if it is negative.
    var inNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ UInt64(attoseconds) / 1_000_000_000
    }
    /// Length in seconds.
    var inSeconds: Double { self / .seconds(1) }
}
