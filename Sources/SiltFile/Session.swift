// SPDX-License-Identifier: Apache-2.0
//
// The records of a session file as plain Swift values: what the shim wrote down, checked, before anybody
// has given an address its name. Nothing here reads a byte, and no C type shows.

/// One profiled process, as its session file or a dump of it tells.
///
/// Values are facts as recorded: sampled counts and bytes, not estimates.
public struct Session: Sendable, Equatable {
    /// Where it was read from; for messages.
    public var path: String
    public var header: Header
    public var modules: [Module]
    /// Interned stacks by their id; only those that a site or a thread refers to.
    public var stacks: [UInt32: Stack]
    /// Sites by their id.
    public var sites: [UInt32: Site]
    /// Sampled allocations that were alive.
    public var live: [LiveSample]
    /// Threads that were alive.
    public var threads: [ThreadRecord]
    /// What the ring still held, oldest first.
    public var events: [Event]
    /// Events that the ring had overwritten.
    public var eventsOverwritten: UInt64
    /// What the shim could not record, by reason; only reasons that occurred.
    public var losses: [Loss]
    /// Elements dropped by the reader since they were half written or damaged.
    public var torn: TornCounts

    public init(
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
public struct Header: Sendable, Hashable {
    public enum Kind: Sendable { case live, dump }
    public enum State: Sendable { case running, exited }
    public enum Unwind: String, Sendable { case cfi, fp, libunwind }
    public enum Reason: String, Sendable { case none, signal, exit, interval, growth, reader }

    public struct Flags: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The application replaced the handler of the dump signal.
        public static let signalTaken = Flags(rawValue: 1)
        /// The dump signal already had a handler, so the shim never took it.
        public static let signalForeign = Flags(rawValue: 2)
        /// No file could be made; the session lived in memory only.
        public static let anonymous = Flags(rawValue: 4)
        /// The profile starts at a fork, not at the program's start.
        public static let forked = Flags(rawValue: 8)
    }

    /// What a dump says of the moment it was made.
    public struct Dump: Sendable, Hashable {
        public var reason: Reason
        /// 1 for the first dump of the process.
        public var sequence: UInt32
        /// Nanoseconds since 1970.
        public var realtime: UInt64
        /// Nanoseconds of CLOCK_MONOTONIC.
        public var monotonic: UInt64
        /// Resident bytes of the process, if known.
        public var rss: UInt64?
        /// Memory limit of its control group in bytes, if there is one and it is known.
        public var memoryLimit: UInt64?
        /// Bytes charged to that group, if known.
        public var memoryCurrent: UInt64?
        /// Of `rss`: pages of files and of shared memory, if known.
        public var rssShared: UInt64?
        /// Threads of the process as the kernel counts them, if known.
        public var threads: UInt64?

        public init(
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

    public var kind: Kind
    public var state: State
    public var pid: UInt32
    /// Field 22 of /proc/PID/stat: tells a process from a later one with its number.
    public var pidStartTicks: UInt64
    /// Inode of the pid namespace in which `pid` counts.
    public var pidNamespace: UInt64
    public var bootID: [UInt8]
    public var uid: UInt32
    /// The program's name as the kernel shows it, at most 15 bytes.
    public var comm: String
    /// Path of the executable.
    public var exe: String
    /// ELF e_machine of the process.
    public var machine: UInt16
    /// Mean bytes between samples; 1 means that every allocation was recorded.
    public var interval: UInt64
    /// Nanoseconds since 1970 when the session began.
    public var startRealtime: UInt64
    /// The same moment in nanoseconds of CLOCK_MONOTONIC.
    public var startMonotonic: UInt64
    public var unwind: Unwind
    public var flags: Flags
    /// The signal that asks for a dump; nil: none.
    public var signal: UInt32?
    /// Dumps made so far.
    public var dumps: UInt32
    /// Only of a dump.
    public var dump: Dump?

    public init(
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
public struct Module: Sendable, Hashable {
    /// The addresses it covered.
    public var addresses: Range<UInt64>
    /// Load address minus link address: subtract it from a pc to get the ELF virtual address.
    public var bias: UInt64
    /// Its first executable segment as loaded, and that segment's offset in the file.
    public var text: Range<UInt64>
    public var textFileOffset: UInt64
    public var path: String
    /// Empty if the object has none.
    public var buildID: [UInt8]
    /// The epochs in which it was loaded; see ``Stack/epoch``.
    public var epochs: ClosedRange<UInt32>

    public init(
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
public struct Stack: Sendable, Hashable {
    /// Why the walk ended.
    public enum End: String, Sendable {
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
    public var pcs: [UInt64]
    public var end: End
    /// A frame without unwind information was passed by its frame pointer: the frames above it are likely, not proven.
    public var guessed: Bool
    /// A pc belongs to the module that covers it and was loaded in this epoch.
    public var epoch: UInt32

    public init(pcs: [UInt64], end: End = .complete, guessed: Bool = false, epoch: UInt32 = 0) {
        self.pcs = pcs
        self.end = end
        self.guessed = guessed
        self.epoch = epoch
    }
}

/// What was sampled at one (stack, size class); counts of samples, not estimates.
public struct Site: Sendable, Hashable {
    public var stack: UInt32
    public var sizeClass: UInt32
    public var allocObjects: UInt64
    public var allocBytes: UInt64
    public var freeObjects: UInt64
    public var freeBytes: UInt64

    public init(
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
public struct LiveSample: Sendable, Hashable {
    public var address: UInt64
    /// Requested bytes.
    public var size: UInt64
    /// Nanoseconds of CLOCK_MONOTONIC at the allocation.
    public var time: UInt64
    public var site: UInt32
    /// Kernel thread id.
    public var thread: UInt32

    public init(address: UInt64, size: UInt64, time: UInt64, site: UInt32, thread: UInt32) {
        self.address = address
        self.size = size
        self.time = time
        self.site = site
        self.thread = thread
    }
}

/// A sampled allocation, or the free of one.
public struct Event: Sendable, Hashable {
    public enum Operation: Sendable { case alloc, free }

    public var operation: Operation
    /// Nanoseconds of CLOCK_MONOTONIC.
    public var time: UInt64
    public var address: UInt64
    /// Requested bytes.
    public var size: UInt64
    /// Of a free: when the memory was allocated.
    public var born: UInt64
    public var site: UInt32
    public var thread: UInt32

    public init(
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
public struct Loss: Sendable, Hashable {
    public enum Reason: Int, Sendable, CaseIterable {
        case stacksFull, sitesFull, liveFull, modulesFull, nested, noSession, depth, unwind, bounds, dump, tableRace,
            threads
    }

    public var reason: Reason
    public var count: UInt64
    /// Requested bytes of the samples concerned.
    public var bytes: UInt64

    public init(reason: Reason, count: UInt64, bytes: UInt64) {
        self.reason = reason
        self.count = count
        self.bytes = bytes
    }
}

/// Elements that the reader dropped, by region.
public struct TornCounts: Sendable, Hashable {
    public var modules = 0
    public var stacks = 0
    public var sites = 0
    public var live = 0
    public var events = 0
    public var threads = 0
    public var total: Int { modules + stacks + sites + live + events + threads }

    public init() {}
}
