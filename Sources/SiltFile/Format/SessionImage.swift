// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a session, copied out of its file in an order that keeps references whole while the process goes on
// writing. It knows where regions lie and how much of each is in use; what an element means is not its business.

import SiltHost

/// A consistent copy of what a session file holds.
///
/// Copying is bounded by the bytes in use, never by the capacity: a running session's file is sparse, and its
/// capacity may be far beyond the machine's memory.
package struct SessionImage: Sendable {
    /// The most bytes of records that are read from one file; the shim's own default bound is 64 MiB.
    package static let limit: UInt64 = 2 << 30

    /// Where it was read from; for messages.
    package let path: String
    package private(set) var header: Header
    /// As stored; of a running session read last, so that it knows of every interval that a site refers to.
    private(set) var headerBytes: [UInt8]
    let version: FormatVersion
    /// The used part of each region but ``RegionKind/pages``, whole elements only.
    var regions: [RegionKind: [UInt8]] = [:]
    /// What the pages region holds, which takes a quarter of the memory so; nil: there is none.
    var pages: PagesOfLiving?
    /// What the checksums of a dump contradict.
    private(set) var damage: [Damage] = []
    /// Events up to this sequence number belong to laps that the ring has overwritten.
    private(set) var overwritten: UInt64 = 0

    /// Copies the session out of a file, which may be that of a running process.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of records that are read.
    ///   - regions: which regions are wanted; nil: all.
    /// - Throws: ``FileError``: the file cannot be read, is no session file of a known version, ends before the
    ///   elements it claims, or has a descriptor that no writer makes.
    package init(
        contentsOf path: String, limit: UInt64 = limit, only regions: Set<RegionKind>? = nil
    ) throws(FileError) {
        try self.init(ByteSource(file: path), path: path, limit: limit, only: regions)
    }

    /// Takes the session from the bytes of a file.
    ///
    /// - Parameter path: for messages.
    /// - Throws: as ``init(contentsOf:)``.
    package init(bytes: [UInt8], path: String) throws(FileError) {
        try self.init(ByteSource(bytes: bytes, path: path), path: path)
    }

    init(
        _ source: borrowing ByteSource, path: String, limit: UInt64 = limit, only wanted: Set<RegionKind>? = nil
    ) throws(FileError) {
        self.path = path
        headerBytes = try source.read(at: 0, count: Format.headerSize)
        header = try Format.header(headerBytes, path: path)
        version = FormatVersion(rawValue: header.version) ?? .newest
        if header.hasChecksums, !Format.isIntact(header: headerBytes) {
            damage.append(Damage(region: nil, bytes: UInt64(Format.headerSize)))
        }
        var room = limit
        for kind in version.readingOrder where wanted?.contains(kind) ?? true {
            try copy(kind, from: source, limit: limit, room: &room)
        }
        if header.kind == .live {
            headerBytes = try source.read(at: 0, count: Format.headerSize)
            header = try Format.header(headerBytes, path: path)
        }
    }

    private mutating func copy(
        _ kind: RegionKind, from source: borrowing ByteSource, limit: UInt64, room: inout UInt64
    ) throws(FileError) {
        // Read again for each region: what was published before its referrers were copied must be within `used`.
        let place = UInt64(version.descriptorOffset(of: kind))
        let descriptor = RegionDescriptor(in: try source.read(at: place, count: RegionDescriptor.size), at: 0)
        if descriptor.elementSize == 0, version.optionalRegions.contains(kind) { return }
        func corrupt(_ field: String, _ position: UInt64, _ value: UInt64, _ expected: String) -> FileError {
            .corrupt(
                path: path, field: "\(kind).\(field)", offset: place + position, value: value, expected: expected)
        }
        let elementSize = UInt64(version.elementSize(of: kind))
        guard descriptor.elementSize == elementSize else {
            throw corrupt("element_size", 16, UInt64(descriptor.elementSize), "\(elementSize)")
        }
        let count = min(descriptor.used, descriptor.capacity)
        if kind == .ring { overwritten = descriptor.used - count }
        if kind == .pages { pages = PagesOfLiving() } else { regions[kind] = [] }
        guard count > 0 else {
            // Of a region of which nothing could be kept, the damage is still handed on.
            if header.hasChecksums, descriptor.checksum != 0, descriptor.checksum != Format.checksum([]) {
                damage.append(Damage(region: kind, bytes: 0))
            }
            return
        }
        guard descriptor.offset >= Format.headerSize else {
            throw corrupt("offset", 0, descriptor.offset, "at least \(Format.headerSize)")
        }
        let (bytes, tooMany) = count.multipliedReportingOverflow(by: elementSize)
        // A live session may have claimed elements for which it then found no blocks: nothing was written there.
        let needed = header.kind == .live ? min(tooMany ? .max : bytes, descriptor.backed) : bytes
        let available = source.size - min(descriptor.offset, source.size)
        guard !tooMany, needed <= available else {
            throw .truncated(
                path: path, offset: descriptor.offset, needed: tooMany ? .max : needed, available: available)
        }
        let wanted = min(bytes, available - available % elementSize)
        guard wanted <= room else { throw .tooLarge(path: path, bytes: wanted, limit: limit) }
        room -= wanted
        let (read, sum) = try take(kind, from: source, at: descriptor.offset, count: Int(wanted))
        guard read >= needed else {
            throw .truncated(path: path, offset: descriptor.offset, needed: needed, available: UInt64(read))
        }
        // The checksum is over all that the region has room for, which in a dump is in use.
        if header.hasChecksums, count < descriptor.capacity || sum != descriptor.checksum {
            damage.append(Damage(region: kind, bytes: UInt64(read - read % Int(elementSize))))
        }
    }

    /// Keeps the whole elements of a region, at most `count` bytes of them.
    ///
    /// - Returns: how many bytes there were, and the checksum of what was kept.
    private mutating func take(
        _ kind: RegionKind, from source: borrowing ByteSource, at offset: UInt64, count: Int
    ) throws(FileError) -> (read: Int, checksum: UInt64) {
        let elementSize = version.elementSize(of: kind)
        // As bytes, pages would take as much memory as the living samples: they are read in pieces.
        let largest = kind == .pages ? 1024 * elementSize : count
        pages?.reserve(kind == .pages ? count / elementSize : 0)
        var (read, sum) = (0, Format.checksum([]))
        while read < count {
            let wanted = min(largest, count - read)
            var content = try source.read(at: offset + UInt64(read), count: wanted)
            read += content.count
            let isLast = content.count < wanted
            content.removeLast(content.count % elementSize)
            if header.hasChecksums { sum = Format.checksum(content, after: sum) }
            keep(content, as: kind)
            if isLast { break }
        }
        return (read, sum)
    }

    /// - Parameter content: all of the region; of ``RegionKind/pages``, what follows.
    private mutating func keep(_ content: [UInt8], as kind: RegionKind) {
        if kind == .pages { pages?.append(elements: content) } else { regions[kind] = content }
    }

    /// The bytes in use of a region other than ``RegionKind/pages``.
    func bytes(of kind: RegionKind) -> [UInt8] { regions[kind, default: []] }

    /// How many elements of a region are in use.
    func count(of kind: RegionKind) -> Int { bytes(of: kind).count / version.elementSize(of: kind) }
}
