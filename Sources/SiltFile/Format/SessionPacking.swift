// SPDX-License-Identifier: Apache-2.0
//
// From a copied session to a dump of it: the same format with nothing unused. What the reader would drop as torn goes
// along, so that a dump tells the same losses as the session it was made from.

package import SiltHost

extension SessionImage {
    /// The bytes of a dump of this session, in the version of the session, with checksums if that has them.
    ///
    /// Strings, modules, frames, stacks and sites are copied whole, so that their ids and offsets stay valid; the live
    /// allocations, the mappings, the threads and the ring keep only what is visible, the ring oldest first.
    ///
    /// - Parameter dump: when and why; its process's figures, see ``ProcessFacts``.
    package func packed(as dump: Header.Dump) -> [UInt8] {
        var packed = regions
        // What stands beside each living allocation follows it, or is no use.
        if packed[.typeIDs] != nil {
            packed[.typeIDs] = count(of: .typeIDs) == count(of: .live) ? elements(visibleLive, of: .typeIDs) : nil
        }
        if let pages, pages.count == count(of: .live) {
            packed[.pages] = Format.bytes(of: visibleLive.lazy.map { pages[$0] })
        }
        packed[.live] = elements(visibleLive, of: .live)
        packed[.threads] = elements(visibleThreads, of: .threads)
        if packed[.mappings] != nil { packed[.mappings] = elements(visibleMappings, of: .mappings) }
        packed[.ring] = elements(visibleEvents, of: .ring)
        return Format.pack(
            header: headerBytes, version: version, dump: dump, regions: packed, damaged: damage.map(\.region))
    }

    /// Has the dump of this session say what was found in its process's memory. A session of version 3 has no room for it.
    ///
    /// - Parameter pages: of living blocks, by address; nil: nobody could look at them.
    package mutating func keep(_ pages: [UInt64: LivePages]?, _ figures: [MemoryFigure: UInt64]) {
        guard version.optionalRegions.contains(.pages) else { return }
        let bytes = bytes(of: .live)
        if let pages {
            self.pages = PagesOfLiving(
                (0..<count(of: .live)).lazy.map { index in
                    if case .whole(let sample) = Format.live(bytes, at: index) { pages[sample.address] } else { nil }
                })
        }
        regions[.allocator] = MemoryFigure.allCases.flatMap { kind in
            figures[kind].map { Format.bytes(of: kind, $0) } ?? []
        }
    }

    /// Writes a dump of this session: to a temporary name beside `path`, which then takes its place at once.
    ///
    /// Only its owner may read it, as with the shim's own files. What is no ordinary file is written in place.
    ///
    /// - Throws: ``FileError/cannotWrite(path:reason:)``.
    package func write(_ dump: Header.Dump, to path: String) throws(FileError) {
        do {
            try replaceOrdinaryFile(path, with: packed(as: dump))
        } catch {
            throw .cannotWrite(path: path, reason: error.text)
        }
    }

    /// What a reader's dump of this session says of its moment.
    ///
    /// - Parameter process: the session's process; nil: it is gone, or not to be seen from here, and the dump is one of
    ///   the newest event's moment.
    package func dump(sequence: UInt32, process: ProcessFacts?) -> Header.Dump {
        let newest = visibleEvents.lazy.compactMap { index -> UInt64? in
            if case .whole(let event) = Format.event(bytes(of: .ring), at: index) { event.time } else { nil }
        }.max()
        let last = max(newest ?? 0, header.startMonotonic)
        return Header.Dump(
            reason: .reader, sequence: sequence,
            realtime: process == nil ? header.realtime(ofMonotonic: last) : Clock.realtime(),
            monotonic: process == nil ? last : max(Clock.monotonic(), header.startMonotonic),
            rss: process?.rss, memoryLimit: process?.memoryLimit, memoryCurrent: process?.memoryCurrent,
            rssShared: process?.rssShared, threads: process?.threads)
    }

    /// Where a reader's next dump of this session goes: `<comm>.<pid>.r<n>.silt`, with the first `n` that is free, beside
    /// the session's file; where dumps are kept, if that lies in memory.
    ///
    /// The process numbers its own dumps without looking, and prunes them: it must neither replace nor remove these.
    ///
    /// - Parameter directory: where dumps are kept; nil: `$SILT_DIR`, or the reader's own directory in `/tmp`.
    /// - Throws: ``FileError/cannotWrite(path:reason:)`` if that directory is somebody else's.
    package func nextDump(in directory: String? = nil) throws(FileError) -> (path: String, sequence: UInt32) {
        let suffix = ".live.silt"
        var stem = path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path
        if let directory = try Places.directoryForDump(ofSessionAt: path, named: directory) {
            // The file of a mapping is called by its addresses.
            let name = path.hasSuffix(suffix) ? stem.split(separator: "/").last.map(String.init) : nil
            stem = "\(directory)/\(name ?? "\(header.comm).\(header.pid)".replacing("/", with: "_"))"
        }
        var sequence: UInt32 = 1
        while (try? FileStatus(ofPath: "\(stem).r\(sequence).silt")) != nil { sequence += 1 }
        return ("\(stem).r\(sequence).silt", sequence)
    }

    private var visibleLive: [Int] {
        let bytes = bytes(of: .live)
        return (0..<count(of: .live)).filter { index in
            if case .invisible = Format.live(bytes, at: index) { false } else { true }
        }
    }

    private var visibleThreads: [Int] {
        let bytes = bytes(of: .threads)
        return (0..<count(of: .threads)).filter { index in
            if case .invisible = Format.thread(bytes, at: index) { false } else { true }
        }
    }

    private var visibleMappings: [Int] {
        let bytes = bytes(of: .mappings)
        return (0..<count(of: .mappings)).filter { index in
            if case .invisible = Format.mapping(bytes, at: index) { false } else { true }
        }
    }

    private func elements(_ indices: [Int], of kind: RegionKind) -> [UInt8] {
        let bytes = bytes(of: kind)
        let size = version.elementSize(of: kind)
        var result: [UInt8] = []
        result.reserveCapacity(indices.count * size)
        for index in indices { result += bytes[index * size..<(index + 1) * size] }
        return result
    }
}
