// SPDX-License-Identifier: Apache-2.0
//
// A session file at a glance: its header and its newest event, two short reads however large the file is.

import SiltHost

/// What a list of sessions shows of a file.
package struct SessionSummary: Sendable, Hashable {
    package let path: String
    package let header: Header
    /// When the newest sampled event happened, in nanoseconds since 1970; nil: the ring holds none.
    package let lastEvent: UInt64?

    /// How many slots are looked at for the newest event: its writer may be in the midst of it.
    private static let lookBack: UInt64 = 16

    /// - Throws: ``FileError`` if the file cannot be read or its header makes no sense. Records are not looked at.
    package init(contentsOf path: String) throws(FileError) {
        let source = try ByteSource(file: path)
        let bytes = try source.read(at: 0, count: Format.headerSize)
        header = try Format.header(bytes, path: path)
        self.path = path
        let ring = RegionDescriptor(in: bytes, at: RegionKind.ring.descriptorOffset)
        let time = try Self.newestEvent(in: ring, of: source)
        lastEvent = time.map { [header] in header.realtime(ofMonotonic: $0) }
    }

    private static func newestEvent(in ring: RegionDescriptor, of source: borrowing ByteSource) throws(FileError)
        -> UInt64?
    {
        let size = UInt64(RegionKind.ring.elementSize)
        guard ring.capacity > 0, ring.capacity <= source.size / size, ring.offset < source.size else { return nil }
        for back in 1...lookBack where back <= min(ring.used, ring.capacity) {
            let slot = (ring.used - back) % ring.capacity
            let bytes = try source.read(at: ring.offset + slot * size, count: Int(size))
            if case .whole(let event) = Format.event(bytes, at: 0) { return event.time }
        }
        return nil
    }
}

extension Header {
    /// A moment of CLOCK_MONOTONIC in nanoseconds since 1970, as the two clocks stood when the session began.
    package func realtime(ofMonotonic time: UInt64) -> UInt64 {
        startRealtime &+ (time &- startMonotonic)
    }
}
