// SPDX-License-Identifier: Apache-2.0
//
// The records of a session file as plain Swift values: what the shim wrote down, checked, before anybody
// has given an address its name. Nothing here reads a byte, and no C type shows.

/// One profiled process, as its session file or a dump of it tells.
///
/// Values are facts as recorded: sampled counts and bytes, not estimates.
package struct Session: Sendable, Equatable {
    /// Where it was read from; for messages.
    package var path: String
    package var header: Header
    package var modules: [Module]
    /// Interned stacks by their id; only those that a site or a thread refers to.
    package var stacks: [UInt32: Stack]
    /// Sites by their id.
    package var sites: [UInt32: Site]
    /// Sampled allocations that were alive.
    package var live: [LiveSample]
    /// Threads that were alive.
    package var threads: [ThreadRecord]
    /// What the ring still held, oldest first.
    package var events: [Event]
    /// Events that the ring had overwritten.
    package var eventsOverwritten: UInt64
    /// What the shim could not record, by reason; only reasons that occurred.
    package var losses: [Loss]
    /// Elements dropped by the reader since they were half written or damaged.
    package var torn: TornCounts

    package init(
        path: String, header: Header, modules: [Module] = [], stacks: [UInt32: Stack] = [:],
        sites: [UInt32: Site] = [:], live: [LiveSample] = [], events: [Event] = [], eventsOverwritten: UInt64 = 0,
        losses: [Loss] = [], torn: TornCounts = TornCounts(), threads: [ThreadRecord] = []
    ) {
        self.path = path
        self.header = header
        self.modules = modules
        self.stacks = stacks
        self.sites = sites
        self.live = live
        self.threads = threads
        self.events = events
        self.eventsOverwritten = eventsOverwritten
        self.losses = losses
        self.torn = torn
    }
}

/// Who was profiled, how, and when.
package struct Header: Sendable, Hashable {
    package enum Kind: Sendable { case live, dump }
    package enum State: Sendable { case running, exited }
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
    /// ELF e_machine of the process.
    package var machine: UInt16
    /// Mean bytes between samples; 1 means that every allocation was recorded.
    package var interval: UInt64
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
        uid: UInt32, comm: String, exe: String, machine: UInt16, interval: UInt64, startRealtime: UInt64,
        startMonotonic: UInt64, unwind: Unwind, flags: Flags, signal: UInt32?, dumps: UInt32, dump: Dump?
    ) {
        self.kind = kind
        self.state = state
        self.pid = pid
        self.pidStartTicks = pidStartTicks
        self.pidNamespace = pidNamespace
        self.bootID = bootID
        self.uid = uid
        self.comm = comm
        self.exe = exe
        self.machine = machine
        self.interval = interval
        self.startRealtime = startRealtime
        self.startMonotonic = startMonotonic
        self.unwind = unwind
        self.flags = flags
        self.signal = signal
        self.dumps = dumps
        self.dump = dump
    }
}

/// An executable or shared object whose functions stand in a stack.
package struct Module: Sendable, Hashable {
    /// The addresses it covered.
    package var addresses: Range<UInt64>
    /// Load address minus link address: subtract it from a pc to get the ELF virtual address.
    package var bias: UInt64
    /// Its first executable segment as loaded, and that segment's offset in the file.
    package var text: Range<UInt64>
    package var textFileOffset: UInt64
    package var path: String
    /// Empty if the object has none.
    package var buildID: [UInt8]
    /// The epochs in which it was loaded; see ``Stack/epoch``.
    package var epochs: ClosedRange<UInt32>

    package init(
        addresses: Range<UInt64>, bias: UInt64, text: Range<UInt64>, textFileOffset: UInt64, path: String,
        buildID: [UInt8], epochs: ClosedRange<UInt32> = 0...UInt32.max
    ) {
        self.addresses = addresses
        self.bias = bias
        self.text = text
        self.textFileOffset = textFileOffset
        self.path = path
        self.buildID = buildID
        self.epochs = epochs
    }
}

/// A call stack.
package struct Stack: Sendable, Hashable {
    /// Why the walk ended.
    package enum End: String, Sendable {
        /// The outermost frame was reached.
        case complete
        /// Cut at the greatest depth that the shim records.
        case depth
        /// Cut at a frame that could not be unwound.
        case unwind
        /// Cut where the stack's memory could not be trusted.
        case bounds
    }

    /// Addresses to look up, leaf first: inside the call instruction, never to be adjusted.
    package var pcs: [UInt64]
    package var end: End
    /// A frame without unwind information was passed by its frame pointer: the frames above it are likely, not proven.
    package var guessed: Bool
    /// A pc belongs to the module that covers it and was loaded in this epoch.
    package var epoch: UInt32

    package init(pcs: [UInt64], end: End = .complete, guessed: Bool = false, epoch: UInt32 = 0) {
        self.pcs = pcs
        self.end = end
        self.guessed = guessed
        self.epoch = epoch
    }
}

/// What was sampled at one (stack, size class); counts of samples, not estimates.
package struct Site: Sendable, Hashable {
    package var stack: UInt32
    package var sizeClass: UInt32
    package var allocObjects: UInt64
    package var allocBytes: UInt64
    package var freeObjects: UInt64
    package var freeBytes: UInt64

    package init(
        stack: UInt32, sizeClass: UInt32, allocObjects: UInt64, allocBytes: UInt64, freeObjects: UInt64,
        freeBytes: UInt64
    ) {
        self.stack = stack
        self.sizeClass = sizeClass
        self.allocObjects = allocObjects
        self.allocBytes = allocBytes
        self.freeObjects = freeObjects
        self.freeBytes = freeBytes
    }
}

/// A sampled allocation that has not been freed.
package struct LiveSample: Sendable, Hashable {
    package var address: UInt64
    /// Requested bytes.
    package var size: UInt64
    /// Nanoseconds of CLOCK_MONOTONIC at the allocation.
    package var time: UInt64
    package var site: UInt32
    /// Kernel thread id.
    package var thread: UInt32

    package init(address: UInt64, size: UInt64, time: UInt64, site: UInt32, thread: UInt32) {
        self.address = address
        self.size = size
        self.time = time
        self.site = site
        self.thread = thread
    }
}

/// A sampled allocation, or the free of one.
package struct Event: Sendable, Hashable {
    package enum Operation: Sendable { case alloc, free }

    package var operation: Operation
    /// Nanoseconds of CLOCK_MONOTONIC.
    package var time: UInt64
    package var address: UInt64
    /// Requested bytes.
    package var size: UInt64
    /// Of a free: when the memory was allocated.
    package var born: UInt64
    package var site: UInt32
    package var thread: UInt32

    package init(
        operation: Operation, time: UInt64, address: UInt64, size: UInt64, born: UInt64, site: UInt32, thread: UInt32
    ) {
        self.operation = operation
        self.time = time
        self.address = address
        self.size = size
        self.born = born
        self.site = site
        self.thread = thread
    }
}

/// Something the shim could not record.
package struct Loss: Sendable, Hashable {
    package enum Reason: Int, Sendable, CaseIterable {
        case stacksFull, sitesFull, liveFull, modulesFull, nested, noSession, depth, unwind, bounds, dump, tableRace,
            threads
    }

    package var reason: Reason
    package var count: UInt64
    /// Requested bytes of the samples concerned.
    package var bytes: UInt64

    package init(reason: Reason, count: UInt64, bytes: UInt64) {
        self.reason = reason
        self.count = count
        self.bytes = bytes
    }
}

/// Elements that the reader dropped, by region.
package struct TornCounts: Sendable, Hashable {
    package var modules = 0
    package var stacks = 0
    package var sites = 0
    package var live = 0
    package var events = 0
    package var threads = 0
    package var total: Int { modules + stacks + sites + live + events + threads }

    package init() {}
}
