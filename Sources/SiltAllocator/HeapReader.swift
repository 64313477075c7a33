// SPDX-License-Identifier: Apache-2.0
//
// The words of one heap, a window at a time, from resident pages only: what is not resident reads as zero, which no chunk
// header is.

import SiltHost

/// Reads a heap from its beginning to its end, and elsewhere now and then.
struct HeapReader {
    let addresses: Range<UInt64>
    let pages: [PageState]
    private let pageSize: UInt64
    private var window: [UInt64] = []
    private var windowStart: UInt64 = 0

    /// Words of a window: a mebibyte.
    private static let windowWords = 1 << 17

    init(_ addresses: Range<UInt64>, in memory: borrowing some TargetMemory & ~Copyable) {
        self.addresses = addresses
        pageSize = memory.pageSize
        let states = memory.pages(addresses)
        pages =
            states.isEmpty
            ? [PageState](repeating: [], count: Int((addresses.upperBound - addresses.lowerBound) / pageSize)) : states
    }

    /// - Precondition: the address is in the heap.
    func isResident(_ address: UInt64) -> Bool {
        pages[Int((address - addresses.lowerBound) / pageSize)].contains(.resident)
    }

    /// 0 outside the heap and where nothing is resident.
    mutating func word(at address: UInt64, in memory: borrowing some TargetMemory & ~Copyable) -> UInt64 {
        let offset = Int(bitPattern: UInt(address &- windowStart)) >> 3
        if offset >= 0 && offset < window.count { return window[offset] }
        guard addresses.contains(address) else { return 0 }
        load(address, memory)
        return window[Int((address - windowStart) >> 3)]
    }

    /// The same without another window, for what a link leads to: one may stand in every chunk, and lead anywhere.
    func aside(at address: UInt64, in memory: borrowing some TargetMemory & ~Copyable) -> UInt64 {
        let offset = Int(bitPattern: UInt(address &- windowStart)) >> 3
        if offset >= 0 && offset < window.count { return window[offset] }
        guard addresses.contains(address), isResident(address) else { return 0 }
        return memory.words(at: address, count: 1).first ?? 0
    }

    func isInWindow(_ address: UInt64) -> Bool {
        address >= windowStart && address - windowStart < 8 * UInt64(window.count)
    }

    /// Reads the window again that holds an address, since the process goes on.
    mutating func load(_ address: UInt64, _ memory: borrowing some TargetMemory & ~Copyable) {
        let start = address.roundedDown(to: pageSize)
        let end = min(addresses.upperBound, start + 8 * UInt64(Self.windowWords))
        windowStart = start
        window = [UInt64](repeating: 0, count: Int((end - start) / 8))
        var page = start
        while page < end {
            guard isResident(page) else {
                page += pageSize
                continue
            }
            var last = page
            while last < end, isResident(last) { last += pageSize }
            let words = memory.words(at: page, count: Int((last - page) / 8))
            let offset = Int((page - start) / 8)
            window.replaceSubrange(offset..<offset + words.count, with: words)
            page = last
        }
    }
}
