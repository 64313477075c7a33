// SPDX-License-Identifier: Apache-2.0
//
// The regions by which a reader's dump says what was found in the process's memory: to bytes and back. What cannot be is
// torn; a figure of a kind that is not known is passed over.

import CSiltFormat
import SiltHost

extension Format {
    /// SILT_PAGES_UNKNOWN, which is a macro that Swift cannot import.
    fileprivate static let unknownPages = UInt64.max

    static func pageSize(_ header: [UInt8]) -> UInt64 {
        let offset = MemoryLayout<silt_header>.offset(of: \.page_size) ?? 0
        return UInt64(header.load(UInt32.self, at: offset) ?? 0)
    }

    /// Whether a block can have that of pages.
    ///
    /// - Parameter size: of the block, which none of it can exceed. It pins bytes of its first and last page at most.
    static func canBe(_ pages: LivePages, size: UInt64, pageSize: UInt64) -> Bool {
        pages.resident <= size && pages.swapped <= size - pages.resident && pages.shared <= pages.resident
            && pages.pinned ?? 0 <= 2 * pageSize
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

extension PagesOfLiving {
    /// Takes what elements of the region say, each as it is stored.
    mutating func append(elements bytes: [UInt8]) {
        let size = MemoryLayout<silt_pages>.size
        for index in 0..<bytes.count / size {
            guard let raw = bytes.load(silt_pages.self, at: index * size), raw.resident != Format.unknownPages else {
                append(nil)
                continue
            }
            append(
                LivePages(
                    resident: raw.resident, swapped: raw.swapped, shared: raw.shared,
                    pinned: raw.pinned == Format.unknownPages ? nil : raw.pinned))
        }
    }
}
