// SPDX-License-Identifier: Apache-2.0
//
// Where the resident memory of a process is: its mappings, told apart by what the session knows. Every byte is in one
// part, and the parts add up to the whole; what cannot be told is its own part.

package import SiltAllocator
package import SiltFile
package import SiltHost

/// What a walk of the allocator's heaps found beside the parts of resident memory; bytes but for the arenas.
package struct WalkedHeaps: Sendable, Hashable {
    package var arenas: UInt64
    /// Of blocks in use: neither in memory nor in swap.
    package var untouched: UInt64
    /// Of the allocator's part: in the caches of threads, and what malloc_trim leaves.
    package var cached: UInt64
    package var kept: UInt64
    /// Of what is in use: passed over, since the process went on.
    package var untrusted: UInt64
    /// How many sampled blocks lie or lay in them that are so large that glibc at first maps each for itself.
    package var largeBlocks: UInt64

    /// From this size on, unless it is told otherwise or has learnt.
    static let largeBlock: UInt64 = 128 << 10
}

/// Resident memory, split up.
package struct ResidentMemory: Sendable {
    package enum Part: Sendable, CaseIterable {
        case heapInUse
        /// Free, and malloc_trim(0) would give it back.
        case returnable
        /// Free, on pages that living blocks lie on.
        case pinned
        /// Its own data, and free memory that it keeps; where heaps were not walked, all that is not known to be in use.
        case allocator
        /// Of threads.
        case stacks
        /// Program, libraries, data.
        case files
        /// Anonymous memory that the program mapped itself, by a call that was recorded.
        case mapped
        case shared
        case profiler
        case unknown

        /// Whether whole mappings of the kernel are of this part, or none.
        package var hasMappingsOfItsOwn: Bool { [.stacks, .files, .mapped, .shared, .profiler].contains(self) }
    }

    /// Bytes; all parts that could be told, and always ``Part/unknown``.
    package var parts: [Part: UInt64]
    package var total: UInt64
    /// What is in use by the samples, in bytes, with its interval; of the parts it takes no more than is resident.
    package var inUse: Estimate
    package var inUseInterval: Interval
    /// What else is known of heaps that were walked: then no part is an estimate.
    package var heaps: WalkedHeaps?
    /// Beside resident memory: bytes in swap, and of page tables; the resident bytes with shared pages divided. nil: not known.
    package var swapped: UInt64?
    package var pageTables: UInt64?
    package var proportional: UInt64?
    package var notes: [Note] = []
    /// Resident bytes of ``Part/mapped`` by the mapping, as numbered in ``SiltFile/Session/orderedMappings``.
    package var mapped: [Int: UInt64] = [:]

    /// Of a running process, by a look at its memory.
    package init(_ session: Session, look: ResidentLook) {
        switch look.heaps {
        case .success(let heaps): self.init(session, mappings: look.mappings, ranges: look.ranges, heaps: heaps)
        case .failure(let reason):
            self.init(session, mappings: look.mappings, ranges: look.ranges)
            notes.append(.heapsNotWalked(reason))
        }
        if session.mappings == nil {
            notes.append(.mappingsNotRecorded(path: session.path))
        } else if session.header.flags.contains(.forked) {
            notes.append(.mappingsBeganAtFork)
        }
        notes += session.losses.filter(\.reason.isOfMappings).compactMap { Note($0, interval: 1) }
        // What could have been found and was not is nothing.
        for part in Part.allCases where part.hasMappingsOfItsOwn && (part != .mapped || session.mappings != nil) {
            parts[part, default: 0] += 0
        }
        pageTables = look.pageTables
        swapped = look.mappings.reduce(0) { $0.addingSaturated($1.swapped) }
        proportional = look.mappings.reduce(0) { $0.addingSaturated($1.proportional) }
    }

    /// The heap's mappings are replaced by what the walk found in them, a moment later.
    private init(_ session: Session, mappings: [MemoryMapping], ranges: [MappedPages], heaps: GlibcHeaps) {
        self.init(session, mappings: mappings.filter { !heaps.contains($0) }, ranges: ranges)
        // Nothing that was walked is left in here: these are blocks of the C library's own, such as a thread's memory.
        let others = (parts[.heapInUse] ?? 0) + (parts[.allocator] ?? 0)
        notes = []
        let cached = min(heaps.cached, heaps.inUse)
        parts[.heapInUse] = heaps.inUse - cached
        parts[.returnable] = heaps.returnable
        parts[.pinned] = heaps.pinned
        parts[.allocator] = heaps.kept + cached + others
        total = parts.values.reduce(0) { $0.addingSaturated($1) }
        self.heaps = WalkedHeaps(
            arenas: UInt64(heaps.arenas), untouched: heaps.untouched, cached: cached, kept: heaps.kept,
            untrusted: heaps.untrusted,
            largeBlocks: UInt64(
                Set(session.events.filter { $0.size >= WalkedHeaps.largeBlock }.map(\.address))
                    .union(session.live.lazy.filter { $0.size >= WalkedHeaps.largeBlock }.map(\.address))
                    .count { heaps.isInHeap($0) }))
        if heaps.untrusted > 0 { notes.append(.heapsInMotion(heaps.untrusted)) }
        // The kernel refuses to take locked pages away.
        if heaps.returnable > 0, mappings.contains(where: { $0.locked > 0 && heaps.contains($0) }) {
            parts[.allocator, default: 0] += heaps.returnable
            parts[.returnable] = 0
            notes.append(.heapsLocked(heaps.returnable))
        }
    }

    /// Of a running process whose heaps were not walked.
    ///
    /// A private anonymous mapping is the allocator's if a sampled allocation lies in it, and a thread's if its stack
    /// does; with few samples some of the allocator's are unknown.
    ///
    /// - Parameters:
    ///   - mappings: by address.
    ///   - ranges: what the program's own mappings have of them.
    package init(_ session: Session, mappings: [MemoryMapping], ranges: [MappedPages] = []) {
        let makers = Dictionary(grouping: ranges, by: \.mapping)
        var mapped: [Int: UInt64] = [:]
        let blocks = (session.live.map(\.address) + session.events.map(\.address)).sorted()
        let stacks = session.threads.compactMap(\.handle).sorted()
        var parts: [Part: UInt64] = [:]
        var previous: (end: UInt64, part: Part)?
        for mapping in mappings {
            var part = Self.part(of: mapping, session: session)
            if part == nil, !stacks.isEmpty, Self.contains(mapping.addresses, oneOf: stacks) { part = .stacks }
            if part == nil, Self.contains(mapping.addresses, oneOf: blocks) { part = .allocator }
            var rest = mapping.resident
            if part == nil {
                for piece in makers[mapping.addresses.lowerBound] ?? [] {
                    let bytes = min(piece.resident, rest)
                    rest -= bytes
                    mapped[piece.range] = (mapped[piece.range] ?? 0).addingSaturated(bytes)
                    parts[.mapped] = (parts[.mapped] ?? 0).addingSaturated(bytes)
                }
            }
            // The .bss of an object is anonymous memory right behind its file. The kernel joins it with what comes next.
            if part == nil, let previous, previous.end == mapping.addresses.lowerBound, rest <= Self.largestBss,
                previous.part == .files || previous.part == .profiler
            {
                part = previous.part
            }
            let sum = parts[part ?? .unknown] ?? 0
            parts[part ?? .unknown] = sum.addingSaturated(rest)
            previous = (mapping.addresses.upperBound, part ?? .unknown)
        }
        self.init(session, parts: parts, total: mappings.reduce(0) { $0.addingSaturated($1.resident) })
        self.mapped = mapped
        if UInt64(saturating: inUse.value) > parts[.allocator] ?? 0 {
            notes.append(.moreInUseThanResident)
        }
    }

    /// Of a dump that keeps what a look found.
    ///
    /// - Returns: nil if it does not.
    package init?(figuresOf session: Session) {
        let figures = session.figures
        guard let total = figures[.resident], session.header.dump != nil else { return nil }
        self.init(session, parts: [:], total: total)
        parts = [:]
        for part in Part.allCases { parts[part] = figures[part.figure] }
        // What does not add up was not written by silt.
        let sum: UInt64 = parts.values.reduce(0) { $0.addingSaturated($1) }
        guard sum == total else { return nil }
        parts[.unknown, default: 0] += 0
        (swapped, pageTables, proportional) = (figures[.swapped], figures[.pageTables], figures[.proportional])
        guard let untouched = figures[.untouched], parts[.pinned] != nil else {
            notes.append(.dumpHasNoHeaps)
            return
        }
        let heaps = WalkedHeaps(
            arenas: figures[.arenas] ?? 0, untouched: untouched, cached: figures[.cached] ?? 0,
            kept: figures[.kept] ?? 0, untrusted: figures[.untrusted] ?? 0, largeBlocks: figures[.largeBlocks] ?? 0)
        self.heaps = heaps
        if heaps.untrusted > 0 { notes.append(.heapsInMotion(heaps.untrusted)) }
    }

    /// What a dump keeps of it.
    package var figures: [MemoryFigure: UInt64] {
        var figures: [MemoryFigure: UInt64] = [.resident: total]
        for (part, bytes) in parts { figures[part.figure] = bytes }
        figures[.swapped] = swapped
        figures[.pageTables] = pageTables
        figures[.proportional] = proportional
        guard let heaps else { return figures }
        figures[.arenas] = heaps.arenas
        figures[.untouched] = heaps.untouched
        figures[.cached] = heaps.cached
        figures[.kept] = heaps.kept
        figures[.untrusted] = heaps.untrusted
        figures[.largeBlocks] = heaps.largeBlocks
        return figures
    }

    /// Of the moment of a dump, as far as that recorded it: what the allocator, stacks and the program's own mappings
    /// take beyond the heap in use is unknown.
    ///
    /// - Returns: nil if the dump does not say how much was resident.
    package init?(dump session: Session) {
        guard let dump = session.header.dump, let total = dump.rss else { return nil }
        let shared = min(dump.rssShared ?? 0, total)
        // What is in use is resident in anonymous memory, if anywhere.
        self.init(session, parts: [.files: shared, .allocator: total - shared], total: total)
        self.parts[.unknown, default: 0] += self.parts.removeValue(forKey: .allocator) ?? 0
        notes.append(.dumpTellsFilesOnly)
    }

    /// - Parameter parts: the allocator's includes the heap in use; that is taken out here.
    private init(_ session: Session, parts: [Part: UInt64], total: UInt64) {
        let law = SamplingLaw(interval: session.header.largestInterval)
        inUse = LivingSums(of: session).bySite.reduce(.zero) { $0 + $1.allocations.space }
        for (site, missing) in session.missing {
            let size = Double(missing.bytes) / Double(missing.count)
            inUse += session.law(of: site).bytes(samples: missing.count, ofSize: size).asMissing
        }
        let unknown = UnknownHeap(session).figure(.inuseSpace)
        inUseInterval = Confidence(law: law, unit: .bytes, unknown: unknown).interval(of: inUse)
        let allocator = parts[.allocator] ?? 0
        let resident = min(UInt64(saturating: inUse.value.rounded()), allocator)
        self.parts = parts
        self.parts[.heapInUse] = resident
        self.parts[.allocator] = allocator - resident
        self.parts[.unknown, default: 0] += 0
        self.total = total
    }

    /// Beyond, it is more than an object's own data.
    private static let largestBss: UInt64 = 4 << 20

    /// What a mapping's name says; nil: nothing.
    private static func part(of mapping: MemoryMapping, session: Session) -> Part? {
        let path = mapping.path
        if path == session.path || path.hasSuffix(".live.silt") || path.hasSuffix("/libsilt.so") { return .profiler }
        if path == "[heap]" { return .allocator }
        if path.hasPrefix("[stack") { return .stacks }
        if path.hasPrefix("/dev/shm/") || path.hasPrefix("/memfd:") || path.hasPrefix("/SYSV")
            || path.hasPrefix("/dev/zero")
        {
            // A private one has pages of its own as soon as they are written to.
            return mapping.isShared || path.hasPrefix("/dev/shm/") ? .shared : nil
        }
        if path.hasPrefix("/") { return .files }
        return mapping.isShared ? .shared : nil
    }

    private static func contains(_ range: Range<UInt64>, oneOf sorted: [UInt64]) -> Bool {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] < range.upperBound
    }
}

extension ResidentMemory.Part {
    fileprivate var figure: MemoryFigure {
        switch self {
        case .heapInUse: .inUse
        case .returnable: .returnable
        case .pinned: .pinned
        case .allocator: .overhead
        case .stacks: .stacks
        case .files: .files
        case .mapped: .mapped
        case .shared: .shared
        case .profiler: .profiler
        case .unknown: .unknown
        }
    }
}

extension [UInt64: LivePages] {
    /// What a dump keeps of the blocks that were looked at; nil if none could be.
    package init?(_ look: ResidentLook, of session: Session) {
        guard !look.blocks.isEmpty || session.live.isEmpty else { return nil }
        self = look.blocks.mapValues { block in
            LivePages(
                resident: UInt64(block.resident), swapped: UInt64(block.swapped),
                shared: UInt64(block.resident - block.unshared), pinned: block.share.map { UInt64($0.pinned.rounded()) }
            )
        }
    }
}
