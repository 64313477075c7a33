// SPDX-License-Identifier: Apache-2.0
//
// Where the resident memory of a process is: its mappings, told apart by what the session knows. Every byte is in one
// part, and the parts add up to the whole; what cannot be told is its own part.

package import SiltFile
package import SiltHost

/// Resident memory, split up.
package struct ResidentMemory: Sendable {
    package enum Part: Sendable, CaseIterable {
        case heapInUse
        /// Its overhead and what is fragmented.
        case allocator
        /// Of threads.
        case stacks
        /// Program, libraries, data.
        case files
        case shared
        case profiler
        case unknown
    }

    /// Bytes; all parts that could be told, and always ``Part/unknown``.
    package var parts: [Part: UInt64]
    package var total: UInt64
    /// What is in use by the samples, in bytes, with its interval; of the parts it takes no more than is resident.
    package var inUse: Estimate
    package var inUseInterval: Interval
    package var notes: [Note] = []

    /// Of a running process.
    ///
    /// A private anonymous mapping is the allocator's if a sampled allocation lies in it, and a thread's if its stack
    /// does; with few samples some of the allocator's are unknown.
    ///
    /// - Parameter mappings: by address.
    package init(_ session: Session, mappings: [MemoryMapping]) {
        let blocks = (session.live.map(\.address) + session.events.map(\.address)).sorted()
        let stacks = session.threads.compactMap(\.handle).sorted()
        var parts: [Part: UInt64] = [:]
        var previous: (end: UInt64, part: Part)?
        for mapping in mappings {
            var part = Self.part(of: mapping, session: session)
            if part == nil, !stacks.isEmpty, Self.contains(mapping.addresses, oneOf: stacks) { part = .stacks }
            if part == nil, Self.contains(mapping.addresses, oneOf: blocks) { part = .allocator }
            // The .bss of an object is anonymous memory right behind its file.
            if part == nil, let previous, previous.end == mapping.addresses.lowerBound,
                previous.part == .files || previous.part == .profiler
            {
                part = previous.part
            }
            let sum = parts[part ?? .unknown] ?? 0
            parts[part ?? .unknown] = sum.addingSaturated(mapping.resident)
            previous = (mapping.addresses.upperBound, part ?? .unknown)
        }
        self.init(session, parts: parts, total: mappings.reduce(0) { $0.addingSaturated($1.resident) })
        if UInt64(saturating: inUse.value) > parts[.allocator] ?? 0 {
            notes.append(.moreInUseThanResident)
        }
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
        inUse = session.live.reduce(.zero) { $0 + session.law(of: $1.site).bytes(samples: 1, ofSize: Double($1.size)) }
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

    /// What a mapping's name says; nil: nothing.
    private static func part(of mapping: MemoryMapping, session: Session) -> Part? {
        let path = mapping.path
        if path == session.path || path.hasSuffix(".live.silt") || path.hasSuffix("/libsilt.so") { return .profiler }
        if path == "[heap]" { return .allocator }
        if path.hasPrefix("[stack") { return .stacks }
        if path.hasPrefix("/dev/shm/") || path.hasPrefix("/memfd:") || path.hasPrefix("/SYSV")
            || path.hasPrefix("/dev/zero")
        {
            return .shared
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
