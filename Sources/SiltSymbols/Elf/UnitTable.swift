// SPDX-License-Identifier: Apache-2.0
//
// Which compilation unit has the code at an address, by the section .debug_aranges: it tells without a look at the units. Many
// compilers do not write it, and some units of a program may lack theirs; a table that contradicts itself is none.

import SiltHost

/// What .debug_aranges says.
struct UnitTable {
    private var entries: [RangeMap<Int>.Entry] = []

    /// - Parameter bytes: the section, in this machine's byte order.
    /// - Returns: nil if a part of it is damaged or of an unknown kind.
    init?(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            guard let end = readUnit(bytes, at: start) else { return nil }
            start = end
        }
    }

    /// The offset of the unit in .debug_info for each address within `code`; nil if two units claim the same.
    func units(within code: Range<UInt64>) -> RangeMap<Int>? {
        let inside = entries.filter { code.contains($0.range.lowerBound) && $0.range.upperBound <= code.upperBound }
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (entry, next) in zip(inside, inside.dropFirst())
        where entry.range.upperBound > next.range.lowerBound && entry.value != next.value { return nil }
        return RangeMap(inside)
    }

    /// The offset of the last unit in .debug_info that has the code at one of these addresses, by this table; nil if none has.
    ///
    /// - Parameter addresses: in ascending order.
    func lastUnit(with addresses: [UInt64]) -> Int? {
        entries.filter { entry in
            var (low, high) = (0, addresses.count)
            while low < high {
                let middle = (low + high) / 2
                if addresses[middle] < entry.range.lowerBound { low = middle + 1 } else { high = middle }
            }
            return low < addresses.count && addresses[low] < entry.range.upperBound
        }.map(\.value).max()
    }

    /// Reads what one unit says.
    ///
    /// - Returns: where the next begins; nil if this one is damaged.
    private mutating func readUnit(_ bytes: [UInt8], at start: Int) -> Int? {
        guard let length = bytes.load(UInt32.self, at: start), length < 0xffff_fff0,
            let version = bytes.load(UInt16.self, at: start + 4), version == 2,
            let unit = bytes.load(UInt32.self, at: start + 6),
            let addressSize = bytes.load(UInt8.self, at: start + 10), addressSize == 8,
            let segmentSize = bytes.load(UInt8.self, at: start + 11), segmentSize == 0
        else { return nil }
        let end = start + 4 + Int(length)
        guard end <= bytes.count else { return nil }
        // A pair begins at a multiple of its size.
        var place = start + 16
        while place + 16 <= end, let address = bytes.load(UInt64.self, at: place),
            let size = bytes.load(UInt64.self, at: place + 8)
        {
            place += 16
            if address == 0, size == 0 { break }
            let (past, overflow) = address.addingReportingOverflow(size)
            if size > 0, !overflow { entries.append(.init(range: address..<past, value: Int(unit))) }
        }
        return end
    }
}
