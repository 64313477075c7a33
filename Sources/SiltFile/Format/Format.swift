// SPDX-License-Identifier: Apache-2.0
//
// Where things lie in a file: versions, regions, descriptors, checksums. This folder's Format files are the only ones
// that see the structs of silt_format.h. Nothing here reads a file.

import CSiltFormat
import SiltHost

/// Namespace of what the format says: which bytes mean what.
enum Format {
    static let headerSize = Int(SILT_HEADER_SIZE)
    static let magic = Array("SILTHEAP".utf8)
    /// Dumps start their regions at multiples of this.
    static let alignment = 64
    static let maximumDepth = Int(SILT_MAX_DEPTH)
    static let sizeMask: UInt64 = (1 << 48) - 1
    /// SILT_CHECKSUM_START, which is a macro that Swift cannot import.
    private static let checksumStart: UInt64 = 0x5349_4c54_5355_4d34

    static func checksum(_ bytes: [UInt8]) -> UInt64 { checksum(bytes, after: checksumStart) }

    /// Of bytes in pieces, each but the last a multiple of 8 bytes long.
    ///
    /// - Parameter sum: of what came before; of nothing, that of no bytes.
    static func checksum(_ bytes: [UInt8], after sum: UInt64) -> UInt64 {
        // Safe: the function reads as many bytes as there are, and keeps no pointer.
        unsafe bytes.withUnsafeBytes { unsafe silt_checksum(sum, $0.baseAddress, UInt64($0.count)) }
    }

    /// A piece of the strings region; nil if it is not all there.
    static func slice(_ bytes: [UInt8], at offset: UInt32, count: UInt32) -> ArraySlice<UInt8>? {
        let (start, count) = (Int(offset), Int(count))
        guard start <= bytes.count, count <= bytes.count - start else { return nil }
        return bytes[start..<start + count]
    }

    static func known(_ value: UInt64) -> UInt64? { value == 0 ? nil : value }
}

/// The checksum that the regions of a dump have, of any bytes.
package func contentChecksum(_ bytes: [UInt8]) -> UInt64 { Format.checksum(bytes) }

/// One element of a region, as far as its own bytes tell.
enum Element<Value> {
    /// Never written, or being written: its publishing store is not there.
    case invisible
    /// Published, and yet its check or its fields do not hold.
    case torn
    case whole(Value)
}

/// A version that can be read.
enum FormatVersion: UInt32, CaseIterable {
    case three = 3
    case four = 4

    static let newest = FormatVersion.four

    /// Where the descriptors of the regions lie in the header.
    var regionsOffset: Int {
        switch self {
        case .three: MemoryLayout<silt_header_3>.offset(of: \.regions) ?? 0
        case .four: MemoryLayout<silt_header>.offset(of: \.regions) ?? 0
        }
    }

    /// The regions that every file has.
    var regions: [RegionKind] {
        let common: [RegionKind] = [.strings, .modules, .stacks, .sites, .live, .ring, .threads]
        return self == .three ? common : common + [.frames]
    }

    /// The regions that a file may have.
    var optionalRegions: [RegionKind] {
        self == .three ? [] : RegionKind.allCases.filter { !regions.contains($0) }
    }

    /// All of them, referrers before what they refer to, so that a running session's references are never ahead of the
    /// copy.
    var readingOrder: [RegionKind] {
        let first: [RegionKind] = [
            .ring, .pages, .typeIDs, .live, .threads, .mappings, .sites, .labels, .stacks, .frames,
        ]
        let all = regions + optionalRegions
        return first.filter(all.contains) + all.filter { !first.contains($0) && $0 != .strings } + [.strings]
    }

    func elementSize(of kind: RegionKind) -> Int {
        switch (kind, self) {
        case (.modules, .three): MemoryLayout<silt_module_3>.size
        case (.stacks, .three): MemoryLayout<UInt64>.size
        default: kind.elementSize
        }
    }

    /// Where a region's descriptor lies in the header.
    func descriptorOffset(of kind: RegionKind) -> Int {
        regionsOffset + kind.rawValue * RegionDescriptor.size
    }
}

/// A region of a session file, by its place among the header's descriptors.
package enum RegionKind: Int, CaseIterable, Sendable {
    case strings, modules, stacks, sites, live, ring, threads, frames, labels, mappings, pages, typeIDs, types,
        generated,
        allocator

    /// Of an element, in the newest version.
    var elementSize: Int {
        switch self {
        case .strings: 1
        case .modules: MemoryLayout<silt_module>.size
        case .stacks: MemoryLayout<UInt32>.size
        case .sites: MemoryLayout<silt_site>.size
        case .live: MemoryLayout<silt_live>.size
        case .ring: MemoryLayout<silt_event>.size
        case .threads: MemoryLayout<silt_thread_record>.size
        case .frames: MemoryLayout<UInt64>.size
        case .labels: MemoryLayout<silt_label>.size
        case .mappings: MemoryLayout<silt_mapping>.size
        case .pages: MemoryLayout<silt_pages>.size
        case .typeIDs: MemoryLayout<UInt32>.size
        case .types: MemoryLayout<silt_type>.size
        case .generated: MemoryLayout<silt_generated>.size
        case .allocator: MemoryLayout<silt_figure>.size
        }
    }
}

/// A region's descriptor as stored: nothing in it is checked.
struct RegionDescriptor {
    static let size = MemoryLayout<silt_region>.size

    var offset: UInt64
    var capacity: UInt64
    /// 0: there is no such region.
    var elementSize: UInt32
    var used: UInt64
    var backed: UInt64
    /// Only of a dump of version 4.
    var checksum: UInt64

    /// What is not there reads as zero, which is the descriptor of no region.
    init(in bytes: [UInt8], at offset: Int) {
        let raw = bytes.load(silt_region.self, at: offset) ?? silt_region()
        self.offset = raw.offset
        capacity = raw.capacity
        elementSize = raw.element_size
        used = raw.used
        backed = raw.backed
        checksum = raw.checksum
    }

    /// Of a region packed into a dump.
    init(packed content: [UInt8], at offset: Int, elementSize: Int) {
        self.offset = UInt64(offset)
        capacity = UInt64(content.count / elementSize)
        self.elementSize = UInt32(elementSize)
        used = capacity
        backed = 0
        checksum = 0
    }

    func store(in bytes: inout [UInt8], at offset: Int) {
        var raw = silt_region()
        raw.offset = self.offset
        raw.capacity = capacity
        raw.element_size = elementSize
        raw.used = used
        raw.backed = backed
        raw.checksum = checksum
        bytes.store(raw, at: offset)
    }
}
