// SPDX-License-Identifier: Apache-2.0
//
// What ranges of a process's memory have of its resident pages, mapping by mapping of the kernel. The kernel joins
// neighbours that are alike, so that one of its mappings may be of several makers: only then are pages looked at.

import SiltHost

/// A range's part of one of the kernel's mappings.
package struct MappedPages: Sendable, Hashable {
    /// Which of the ranges that were asked for.
    package var range: Int
    /// Where the kernel's mapping begins.
    package var mapping: UInt64
    /// Bytes in memory.
    package var resident: UInt64

    package init(range: Int, mapping: UInt64, resident: UInt64) {
        self.range = range
        self.mapping = mapping
        self.resident = resident
    }

    /// The most bytes of address space whose pages are looked at one by one; beyond, nothing is known.
    private static let limit: UInt64 = 1 << 38

    /// - Parameters:
    ///   - ranges: in order, none upon another.
    ///   - mappings: in order.
    /// - Returns: parts that have resident pages.
    static func parts<Memory: TargetMemory & ~Copyable>(
        of ranges: [Range<UInt64>], in mappings: [MemoryMapping], _ memory: borrowing Memory
    ) -> [MappedPages] {
        var parts: [MappedPages] = []
        var first = 0
        var left = limit
        for (number, range) in ranges.enumerated() {
            while first < mappings.count, mappings[first].addresses.upperBound <= range.lowerBound { first += 1 }
            var index = first
            while index < mappings.count, mappings[index].addresses.lowerBound < range.upperBound {
                let mapping = mappings[index]
                index += 1
                guard mapping.resident > 0 else { continue }
                let common = mapping.addresses.clamped(to: range)
                let size = common.upperBound - common.lowerBound
                var resident = mapping.resident
                if common != mapping.addresses {
                    guard size <= left else { continue }
                    left -= size
                    resident = UInt64(exactly: memory.pages(of: common.lowerBound, size: size).resident) ?? 0
                }
                guard resident > 0 else { continue }
                parts.append(MappedPages(range: number, mapping: mapping.addresses.lowerBound, resident: resident))
            }
        }
        return parts
    }
}
