// SPDX-License-Identifier: Apache-2.0
//
// Sessions become a profile of mappings: who had the kernel map what lives. Each mapping is recorded, so that its figures
// are exact. It never counts address space that may not be touched as memory.

internal import SiltAllocator
package import SiltFile
package import SiltSymbols

extension Profile.Kind {
    /// Mappings, or pieces of them, that may be touched; and their bytes.
    package static let mappedObjects = Profile.Kind(name: "mapped_objects", unit: "count")
    package static let mappedSpace = Profile.Kind(name: "mapped_space", unit: "bytes")
    /// Bytes of address space that was mapped without access, or that access was taken from.
    package static let reservedSpace = Profile.Kind(name: "reserved_space", unit: "bytes")
    /// Bytes of mappings that are in memory, of anonymous ones that are not an allocator's.
    package static let mappedResident = Profile.Kind(name: "mapped_resident", unit: "bytes")
    /// A profile of mappings' kinds.
    package static let mappings = [mappedObjects, mappedSpace, reservedSpace]
}

extension Profile {
    /// The mappings of one or several processes, by the stacks that made them.
    ///
    /// - Parameters:
    ///   - sessions: of different processes; of several dumps of one process only the latest counts.
    ///   - symbols: names the addresses.
    package static func mappings(
        _ sessions: [Session], symbols: any FrameSource, keepProcessesApart: Bool = false
    ) -> Profile {
        let (latest, superseded) = latestOfEachProcess(sessions)
        var builder = ProfileBuilder(kinds: Kind.mappings, keepProcessesApart: keepProcessesApart)
        let (objects, space) = (builder.column(of: .mappedObjects), builder.column(of: .mappedSpace))
        let reserved = builder.column(of: .reservedSpace)
        var all = 0.0
        var allocators: [String: Double] = [:]
        for session in latest {
            let libraries = session.modules.map { $0.path.split(separator: "/").last.map(String.init) ?? "" }
                .map { ExecutableReport.isAllocator(library: $0) ? $0 : nil }
            var source = builder.source(session)
            for record in session.orderedMappings {
                let row = builder.row(ofStack: record.stack, in: &source)
                let bytes = Double(record.size)
                if record.isReserved {
                    builder.add(.exactly(bytes), in: reserved, row: row)
                    all += bytes
                } else {
                    builder.add(.exactly(1), in: objects, row: row)
                    builder.add(.exactly(bytes), in: space, row: row)
                    let allocator = session.stacks[record.stack]?.frames.lazy.compactMap { frame -> String? in
                        guard case .module(let module, _) = frame.place else { return nil }
                        return libraries.indices.contains(module) ? libraries[module] : nil
                    }.first
                    if let allocator { allocators[allocator, default: 0] += bytes }
                    builder.addAge(
                        Ages.Entry(age: elapsed(from: record.time, to: session.moment), weight: bytes), row: row)
                }
            }
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = 1
        profile.time = latest.map(\.realtime).max() ?? 0
        for kind in Kind.mappings {
            profile.unknown[kind] = latest.map { $0.unknownMappings(kind) }.reduce(.none, +)
        }
        profile.notes = Note.onMappings(of: latest, symbols: symbols)
        profile.notes += superseded.map { Note.superseded(path: $0.path, pid: $0.header.pid) }
        if !allocators.isEmpty {
            profile.notes.append(.mappedByAllocators(allocators.keys.sorted(), allocators.values.reduce(0, +)))
        }
        if all > 0 { profile.notes.append(.reservedSpace(all)) }
        return profile
    }
}

extension Profile {
    /// What of the program's own mappings is resident, by the stacks that made them.
    ///
    /// - Parameter memory: of that session's process.
    package static func mapped(_ session: Session, in memory: ResidentMemory, symbols: any FrameSource) -> Profile {
        var builder = ProfileBuilder(kinds: [.mappedResident, .mappedSpace])
        let (resident, space) = (builder.column(of: .mappedResident), builder.column(of: .mappedSpace))
        var source = builder.source(session)
        for (number, record) in session.orderedMappings.enumerated() {
            guard let bytes = memory.mapped[number] else { continue }
            let row = builder.row(ofStack: record.stack, in: &source)
            builder.add(.exactly(Double(bytes)), in: resident, row: row)
            builder.add(.exactly(Double(record.size)), in: space, row: row)
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = 1
        profile.time = session.realtime
        profile.notes = Note.onMappings(of: [session], symbols: symbols)
        return profile
    }
}

extension Session {
    /// What the figures of mappings may have beyond what was recorded.
    fileprivate func unknownMappings(_ kind: Profile.Kind) -> Unknown {
        let damaged = damage.contains { $0.region == .mappings || $0.region == nil }
        guard mappings != nil, !damaged, torn.mappings == 0 else {
            return Unknown(above: .infinity, below: .infinity)
        }
        // What was lost may have gone since, and may have been an unmapping.
        let lost = losses.filter { $0.reason == .mappings }
        let most = lost.reduce(0.0) { $0 + Double(kind.unit == "count" ? $1.count : $1.bytes) }
        return Unknown(above: most, below: most)
    }
}
