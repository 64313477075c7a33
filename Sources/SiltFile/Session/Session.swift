// SPDX-License-Identifier: Apache-2.0
//
// A session as one value, whatever version its file has: what the shim wrote down, what it lost, and what the reader
// could not believe. Nothing here reads a byte, and no C type shows.

package import SiltHost

/// One profiled process, as its session file or a dump of it tells.
///
/// Values are facts as recorded: sampled counts and bytes, not estimates.
package struct Session: Sendable, Equatable {
    /// Where it was read from; for messages.
    package var path: String
    package var header: Header
    package var modules: [Module]
    /// Interned stacks by their id; only those that a site, a thread or a mapping refers to, and that could be read.
    package var stacks: [UInt32: Stack]
    /// Sites by their id.
    package var sites: [UInt32: Site]
    /// Sampled allocations that were alive. The site of one may be missing, where the file is damaged.
    package var live: LiveSamples
    /// Threads that were alive.
    package var threads: [ThreadRecord]
    /// Mappings that the program had made and that lived; nil: the file does not record them.
    package var mappings: [MappingRecord]?
    /// What the ring still held, oldest first.
    package var events: [Event]
    /// Events that the ring had overwritten.
    package var eventsOverwritten: UInt64
    /// What the shim could not record, by reason; only reasons that occurred.
    package var losses: [Loss]
    /// Samples whose stacks were shortened for want of room, by what was kept; only tiers that occurred.
    package var shortened: [Stack.Tier: SampleCount]
    /// Frees that did not pass through libsilt.so, noticed when the same address was sampled again. They count as frees.
    package var missedFrees: SampleCount
    /// Elements dropped by the reader since they were half written or damaged.
    package var torn: TornCounts
    /// Stacks that are sound and were left out, since there was no room for more frames; their sites count without.
    package var stacksNotRead = 0
    /// What the checksums of a dump say is damaged; a file without checksums has none, damaged or not.
    package var damage: [Damage]
    /// What living blocks have of its process's pages, one for each of ``live``; nil: it is no dump that says so.
    package var pages: PagesOfLiving?
    /// Where the resident memory of its process was; empty: it is no dump that says so.
    package var figures: [MemoryFigure: UInt64] = [:]
    /// When it was read, in nanoseconds of CLOCK_MONOTONIC, if its process was running then; nil of all that shows the past.
    package var observed: UInt64?
    /// What the kernel said of its process then.
    package var process: ProcessFacts?
    /// If nothing was sampled: functions by which the executable takes memory past the shim. The file does not tell; who
    /// reads it asks the executable.
    package var ownAllocator: [String] = []

    package init(
        path: String, header: Header, modules: [Module] = [], stacks: [UInt32: Stack] = [:],
        sites: [UInt32: Site] = [:], live: [LiveSample] = [], events: [Event] = [], eventsOverwritten: UInt64 = 0,
        losses: [Loss] = [], torn: TornCounts = TornCounts(), threads: [ThreadRecord] = [],
        shortened: [Stack.Tier: SampleCount] = [:], missedFrees: SampleCount = SampleCount(count: 0, bytes: 0),
        damage: [Damage] = [], mappings: [MappingRecord]? = nil
    ) {
        self.path = path
        self.header = header
        self.modules = modules
        self.stacks = stacks
        self.sites = sites
        self.live = LiveSamples(live)
        self.threads = threads
        self.events = events
        self.eventsOverwritten = eventsOverwritten
        self.losses = losses
        self.shortened = shortened
        self.missedFrees = missedFrees
        self.torn = torn
        self.damage = damage
        self.mappings = mappings
    }

    /// Whether at least one free in a hundred was noticed to have gone past the shim: then any of what seems to be in use may
    /// have been freed, and nobody can say how much.
    package var missesFrees: Bool {
        let freed = sites.values.reduce(0.0) { $0 + Double($1.freeObjects) }
        return missedFrees.count > 0 && Double(missedFrees.count) * 100 >= freed
    }

    /// Whether no allocation was sampled since it began, nor dropped.
    package var isEmpty: Bool {
        sites.isEmpty && live.isEmpty && losses.allSatisfy(\.reason.isOfMappings) && !isDamaged && torn.total == 0
    }

    /// Whether the file is not as it was written: its checksums say so or, where it has none, its records.
    package var isDamaged: Bool {
        !damage.isEmpty || (header.kind == .dump && !header.hasChecksums && torn.total > 0)
    }
}

/// Something the shim could not record.
package struct Loss: Sendable, Hashable {
    package enum Reason: Int, Sendable, CaseIterable {
        case stacksFull, sitesFull, liveFull, modulesFull, nested, noSession, depth, unwind, bounds, dump, tableRace,
            threads, framesFull, mappings, mappingStacks

        /// Whether it says nothing of the heap.
        package var isOfMappings: Bool { self == .mappings || self == .mappingStacks }
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
    package var frames = 0
    package var stacks = 0
    package var sites = 0
    package var live = 0
    package var events = 0
    package var threads = 0
    package var labels = 0
    package var mappings = 0
    /// What a block has of pages; the block itself is there.
    package var pages = 0
    package var total: Int {
        modules + frames + stacks + sites + live + events + threads + labels + mappings + pages
    }

    package init() {}
}

/// A number of samples, and the requested bytes of them.
package struct SampleCount: Sendable, Hashable {
    package var count: UInt64
    package var bytes: UInt64

    package init(count: UInt64, bytes: UInt64) {
        self.count = count
        self.bytes = bytes
    }
}

/// A part of a dump that is not as it was written: its checksum does not hold.
package struct Damage: Sendable, Hashable {
    /// Nil: the header, on which everything else depends.
    package var region: RegionKind?
    /// How many bytes cannot be vouched for. What of them reads as whole records is used.
    package var bytes: UInt64

    package init(region: RegionKind?, bytes: UInt64) {
        self.region = region
        self.bytes = bytes
    }
}
