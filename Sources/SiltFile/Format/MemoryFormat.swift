// SPDX-License-Identifier: Apache-2.0
//
// The regions by which a reader's dump says what was found in the process's memory: to bytes and back. What cannot be is
// torn; a figure of a kind that is not known is passed over.

import CSiltFormat
import SiltHost

extension Format {
    /// SILT_PAGES_UNKNOWN, which is a macro that Swift cannot import.
    private static let unknownPages = UInt64.max

    static func pageSize(_ header: [UInt8]) -> UInt64 {
        let offset = MemoryLayout<silt_header>.offset(of: \.page_size) ?? 0
        return UInt64(header.load(UInt32.self, at: offset) ?? 0)
    }

    /// What a block has of pages; invisible: nobody has looked at it.
    ///
    /// - Parameter size: of the block, which none of it can exceed. It pins bytes of its first and last page at most.
    static func pages(_ bytes: [UInt8], at index: Int, size: UInt64, pageSize: UInt64) -> Element<LivePages> {
        guard let raw = bytes.load(silt_pages.self, at: index * MemoryLayout<silt_pages>.size),
            raw.resident != unknownPages
        else { return .invisible }
        guard raw.resident <= size, raw.swapped <= size - raw.resident, raw.shared <= raw.resident,
            raw.pinned <= 2 * pageSize || raw.pinned == unknownPages
        else { return .torn }
        return .whole(
            LivePages(
                resident: raw.resident, swapped: raw.swapped, shared: raw.shared,
                pinned: raw.pinned == unknownPages ? nil : raw.pinned))
    }

    /// The region that has these pages one behind the other; nil: nobody has looked at that block.
    static func bytes(of pages: some Collection<LivePages?>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: pages.count * MemoryLayout<silt_pages>.size)
        for (index, pages) in pages.enumerated() {
            let raw = silt_pages(
                resident: pages?.resident ?? unknownPages, swapped: pages?.swapped ?? 0, shared: pages?.shared ?? 0,
                pinned: pages.map { $0.pinned ?? unknownPages } ?? 0)
            bytes.store(raw, at: index * MemoryLayout<silt_pages>.size)
        }
        return bytes
    }

    /// The first of each kind counts.
    static func figures(_ bytes: [UInt8], count: Int) -> [MemoryFigure: UInt64] {
        var figures: [MemoryFigure: UInt64] = [:]
        for index in 0..<count {
            guard let raw = bytes.load(silt_figure.self, at: index * MemoryLayout<silt_figure>.size),
                let kind = MemoryFigure(rawValue: raw.kind), figures[kind] == nil
            else { continue }
            figures[kind] = raw.value
        }
        return figures
    }

    static func bytes(of kind: MemoryFigure, _ value: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<silt_figure>.size)
        bytes.store(silt_figure(kind: kind.rawValue, reserved: 0, value: value), at: 0)
        return bytes
    }
}
