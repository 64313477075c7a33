// SPDX-License-Identifier: Apache-2.0
//
// What a session file says of itself: who was profiled, how, and when. Values as recorded and checked for sense; whether
// the process still runs is not known here.

/// Who was profiled, how, and when.
package struct Header: Sendable, Hashable {
    package enum Kind: Sendable { case live, dump }
    package enum State: Sendable {
        case running, exited
        /// The process went on as another program.
        case execed
        /// The process has entered a sandbox, in which the shim may not see its end.
        case sandboxed
    }
    package enum Unwind: String, Sendable { case cfi, fp, libunwind }
    package enum Reason: String, Sendable { case none, signal, exit, interval, growth, reader }

    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The application replaced the handler of the dump signal.
        package static let signalTaken = Flags(rawValue: 1)
        /// The dump signal already had a handler, so the shim never took it.
        package static let signalForeign = Flags(rawValue: 2)
        /// No file could be made; the session lived in memory only.
        package static let anonymous = Flags(rawValue: 4)
        /// The profile starts at a fork, not at the program's start.
        package static let forked = Flags(rawValue: 8)
    }

    /// What a dump says of the moment it was made.
    package struct Dump: Sendable, Hashable {
        package var reason: Reason
        /// 1 for the first dump of the process.
        package var sequence: UInt32
        /// Nanoseconds since 1970.
        package var realtime: UInt64
        /// Nanoseconds of CLOCK_MONOTONIC.
        package var monotonic: UInt64
        /// Resident bytes of the process, if known.
        package var rss: UInt64?
        /// Memory limit of its control group in bytes, if there is one and it is known.
        package var memoryLimit: UInt64?
        /// Bytes charged to that group, if known.
        package var memoryCurrent: UInt64?
        /// Of `rss`: pages of files and of shared memory, if known.
        package var rssShared: UInt64?
        /// Threads of the process as the kernel counts them, if known.
        package var threads: UInt64?

        package init(
            reason: Reason, sequence: UInt32, realtime: UInt64, monotonic: UInt64, rss: UInt64? = nil,
            memoryLimit: UInt64? = nil, memoryCurrent: UInt64? = nil, rssShared: UInt64? = nil, threads: UInt64? = nil
        ) {
            self.reason = reason
            self.sequence = sequence
            self.realtime = realtime
            self.monotonic = monotonic
            self.rss = rss
            self.memoryLimit = memoryLimit
            self.memoryCurrent = memoryCurrent
            self.rssShared = rssShared
            self.threads = threads
        }
    }

    /// Of the file format.
    package var version: UInt32
    package var kind: Kind
    package var state: State
    package var pid: UInt32
    /// Field 22 of /proc/PID/stat: tells a process from a later one with its number.
    package var pidStartTicks: UInt64
    /// Inode of the pid namespace in which `pid` counts.
    package var pidNamespace: UInt64
    package var bootID: [UInt8]
    package var uid: UInt32
    /// The program's name as the kernel shows it, at most 15 bytes.
    package var comm: String
    /// Path of the executable.
    package var exe: String
    /// The name of the link that it was started by; empty if it was started by the executable's own name.
    package var startedAs = ""
    /// Mean bytes between samples at the end; 1 means that every allocation was recorded.
    package var interval: UInt64
    /// All that have been in force, in the order in which they first were: samples taken then stand for what
    /// ``Site/interval`` says.
    package var intervals: [UInt64]
    /// Of a session whose interval changes so that samples do not cost more; nil: it does not change.
    package var ceiling: Ceiling?
    /// Nanoseconds since 1970 when the session began.
    package var startRealtime: UInt64
    /// The same moment in nanoseconds of CLOCK_MONOTONIC.
    package var startMonotonic: UInt64
    package var unwind: Unwind
    package var flags: Flags
    /// The signal that asks for a dump; nil: none.
    package var signal: UInt32?
    /// Dumps made so far.
    package var dumps: UInt32
    /// Only of a dump.
    package var dump: Dump?

    package init(
        kind: Kind, state: State, pid: UInt32, pidStartTicks: UInt64, pidNamespace: UInt64, bootID: [UInt8],
        uid: UInt32, comm: String, exe: String, interval: UInt64, startRealtime: UInt64,
        startMonotonic: UInt64, unwind: Unwind, flags: Flags, signal: UInt32?, dumps: UInt32, dump: Dump?,
        version: UInt32 = 4
    ) {
        self.version = version
        self.kind = kind
        self.state = state
        self.pid = pid
        self.pidStartTicks = pidStartTicks
        self.pidNamespace = pidNamespace
        self.bootID = bootID
        self.uid = uid
        self.comm = comm
        self.exe = exe
        self.interval = interval
        self.intervals = [interval]
        self.startRealtime = startRealtime
        self.startMonotonic = startMonotonic
        self.unwind = unwind
        self.flags = flags
        self.signal = signal
        self.dumps = dumps
        self.dump = dump
    }
}

extension Header {
    /// How much of the process's CPU time samples may take.
    package struct Ceiling: Hashable, Sendable {
        /// From 0 to 1.
        package var share: Double
        /// How often the interval was changed for it.
        package var changes: UInt32
        /// What samples took, of the CPU time that was taken meanwhile: from 0 to 1; nil: not measured yet.
        package var measured: Double?

        package init(share: Double, changes: UInt32, measured: Double?) {
            self.share = share
            self.changes = changes
            self.measured = measured
        }
    }

    /// The largest interval that any sample was taken with.
    package var largestInterval: UInt64 { intervals.reduce(interval, max) }

    /// The smallest one.
    package var smallestInterval: UInt64 { intervals.reduce(interval, min) }

    /// Whether the file has checksums, which tell what is damaged from what was half written.
    package var hasChecksums: Bool { kind == .dump && version >= 4 }
}
