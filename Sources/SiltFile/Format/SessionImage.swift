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
    static let limit: UInt64 = 2 << 30

    /// Where it was read from; for messages.
    package let path: String
    package let header: Header
    /// As stored; fields of a running session may be older than the regions.
    let headerBytes: [UInt8]
    /// The used part of each region, whole elements only.
    private(set) var regions: [RegionKind: [UInt8]] = [:]
    /// Events up to this sequence number belong to laps that the ring has overwritten.
    private(set) var overwritten: UInt64 = 0

    /// Copies the session out of a file, which may be that of a running process.
    ///
    /// - Throws: ``FileError``: the file cannot be read, is no session file of this version, ends before the
    ///   elements it claims, or has a descriptor that no writer makes.
    package init(contentsOf path: String) throws(FileError) {
        try self.init(ByteSource(file: path), path: path)
    }

    /// Takes the session from the bytes of a file.
    ///
    /// - Parameter path: for messages.
    /// - Throws: as ``init(contentsOf:)``.
    package init(bytes: [UInt8], path: String) throws(FileError) {
        try self.init(ByteSource(bytes: bytes, path: path), path: path)
    }

    init(_ source: borrowing ByteSource, path: String) throws(FileError) {
        self.path = path
        headerBytes = try source.read(at: 0, count: Format.headerSize)
        header = try Format.header(headerBytes, path: path)
        var room = Self.limit
        for kind in RegionKind.readingOrder {
            try copy(kind, from: source, room: &room)
        }
    }

    private mutating func copy(
        _ kind: RegionKind, from source: borrowing ByteSource, room: inout UInt64
    ) throws(FileError) {
        // Read again for each region: what was published before its referrers were copied must be within `used`.
        let place = UInt64(kind.descriptorOffset)
        let descriptor = RegionDescriptor(in: try source.read(at: place, count: RegionDescriptor.size), at: 0)
        func corrupt(_ field: String, _ position: UInt64, _ value: UInt64, _ expected: String) -> FileError {
            .corrupt(
                path: path, field: "\(kind).\(field)", offset: place + position, value: value, expected: expected)
        }
        let elementSize = UInt64(kind.elementSize)
        guard descriptor.elementSize == elementSize else {
            throw corrupt("element_size", 16, UInt64(descriptor.elementSize), "\(elementSize)")
        }
        let count = min(descriptor.used, descriptor.capacity)
        if kind == .ring { overwritten = descriptor.used - count }
        guard count > 0 else { return }
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
        guard wanted <= room else { throw .tooLarge(path: path, bytes: wanted, limit: Self.limit) }
        room -= wanted
        var content = try source.read(at: descriptor.offset, count: Int(wanted))
        guard content.count >= needed else {
            throw .truncated(
                path: path, offset: descriptor.offset, needed: needed, available: UInt64(content.count))
        }
        content.removeLast(content.count % kind.elementSize)
        regions[kind] = content
    }

    /// The bytes in use of a region.
    func bytes(of kind: RegionKind) -> [UInt8] { regions[kind, default: []] }

    /// How many elements of a region are in use.
    func count(of kind: RegionKind) -> Int { bytes(of: kind).count / kind.elementSize }
}
