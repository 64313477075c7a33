// SPDX-License-Identifier: Apache-2.0
//
// The memory of a process that lies: valid heaps of glibc, of which an input changes words and states of pages, also while
// they are read. What is walked there must add up all the same.
//
// An input is the version of glibc, a byte of flags, and changes of six bytes each: where, how, and with what.

import SiltAllocator
import SiltHost

/// Walks the heaps, and asks for shares of blocks that are there and of others.
func walkHeaps(_ input: [UInt8]) throws {
    guard input.count >= 2, let layout = GlibcLayout(minor: 27 + Int(input[0] % 16)) else { return }
    let memory = HeapMemory(input[1], changes: input.dropFirst(2))
    let blocks: [UInt64] = [0x10010, 0x10110, 0x13110, 0x90_0010, HeapMemory.threadHeap + 0x8e0, 0, 15, .max]
    let heaps = GlibcHeaps(layout: layout, mappings: HeapMemory.mappings, blocks: blocks, in: memory)
    for block in blocks {
        guard let share = heaps.share(of: block) else { continue }
        guard share.alone >= 0, share.pinned >= 0, share.alone + share.pinned <= 4 * Double(memory.pageSize) else {
            throw Broken("a block pins \(share.pinned) bytes, \(share.alone) alone")
        }
    }
    guard heaps.resident <= UInt64(HeapMemory.pageCount) * memory.pageSize, heaps.pinnedAlone <= heaps.pinned else {
        throw Broken("\(heaps.resident) bytes are resident, of which \(heaps.pinned) are pinned")
    }
}

private struct HeapMemory: TargetMemory {
    static let threadHeap: UInt64 = 0x7f00_0000_0000
    private static let secondHeap = threadHeap + 64 << 20
    private static let arena: UInt64 = 0x70_0100

    static let mappings = [
        MemoryMapping(addresses: 0x10000..<0x18000, path: "[heap]"),
        MemoryMapping(addresses: 0x70_0000..<0x70_2000, path: "/lib/libc.so.6"),
        MemoryMapping(addresses: 0x90_0000..<0x90_4000, path: ""),
        MemoryMapping(addresses: threadHeap..<threadHeap + 0x3000, path: ""),
        MemoryMapping(addresses: secondHeap..<secondHeap + 0x2000, path: ""),
    ]
    static let pageCount = Int(mappings.reduce(0) { $0 + $1.addresses.upperBound - $1.addresses.lowerBound } / 4096)

    let pageSize: UInt64 = 4096
    /// Mapping after mapping.
    private var contents = HeapMemory.valid
    /// What every second reading gets instead, by the number of the word.
    private var other: [Int: UInt64] = [:]
    private var states: [UInt64: PageState] = [:]
    private let tellsPages: Bool
    private let readsHalf: Bool
    private let readings = Readings()

    private final class Readings { var count = 0 }

    init(_ flags: UInt8, changes: ArraySlice<UInt8>) {
        tellsPages = flags & 1 == 0
        readsHalf = flags & 2 != 0
        var rest = changes
        while rest.count >= 6, rest.startIndex < changes.startIndex + 6 * 256 {
            let change = Array(rest.prefix(6))
            rest = rest.dropFirst(6)
            let number = (Int(change[0]) << 8 | Int(change[1])) % contents.count
            let place = Self.address(of: number)
            let figure = UInt64(change[3]) << 16 | UInt64(change[4]) << 8 | UInt64(change[5])
            let value = Self.value(change[2] & 7, figure, at: place, insteadOf: contents[number])
            if change[2] & 8 != 0 {
                states[place & ~4095] = PageState(rawValue: change[5] & 7)
            } else if change[2] & 16 != 0 {
                other[number] = value
            } else {
                contents[number] = value
            }
        }
    }

    private static func address(of number: Int) -> UInt64 {
        var left = UInt64(number) * 8
        for mapping in mappings {
            let size = mapping.addresses.upperBound - mapping.addresses.lowerBound
            if left < size { return mapping.addresses.lowerBound + left }
            left -= size
        }
        return 0
    }

    /// The words from an address to the end of its mapping; nil: nothing is mapped there.
    private static func numbers(from address: UInt64) -> Range<Int>? {
        var first = 0
        for mapping in mappings {
            let range = mapping.addresses
            let count = Int((range.upperBound - range.lowerBound) / 8)
            if range.contains(address) { return first + Int((address - range.lowerBound) / 8)..<first + count }
            first += count
        }
        return nil
    }

    private static func value(_ kind: UInt8, _ figure: UInt64, at place: UInt64, insteadOf old: UInt64) -> UInt64 {
        switch kind {
        case 0: figure
        case 1: old &+ figure &- 0x80_0000
        case 2: 0x10000 &+ figure
        case 3: threadHeap &+ figure
        case 4: secondHeap &+ figure
        case 5: place >> 12 ^ (0x10000 &+ figure)
        case 6: 1 << (figure & 63) &- figure >> 6 & 3
        default: UInt64.max &- figure
        }
    }

    func pages(_ range: Range<UInt64>) -> [PageState] {
        guard tellsPages else { return [] }
        return stride(from: range.lowerBound, to: range.upperBound, by: Int(pageSize)).map {
            states[$0] ?? [.resident, .exclusive]
        }
    }

    func words(at address: UInt64, count: Int) -> [UInt64] {
        readings.count += 1
        let isOdd = readings.count % 2 == 1
        guard let numbers = Self.numbers(from: address) else { return [] }
        let range = numbers.prefix(readsHalf && isOdd ? count / 2 : count)
        var words = Array(contents[range])
        if isOdd {
            for (number, value) in other where range.contains(number) { words[number - range.lowerBound] = value }
        }
        return words
    }

    // MARK: What is valid

    /// The main heap with two blocks, one of them behind a free one; a thread's arena of two heaps; a large block.
    private static let valid: [UInt64] = {
        var words: [UInt64: UInt64] = [
            0x10008: 0x101, 0x10108: 0x3001, 0x13100: 0x3000, 0x13108: 0x40, 0x13148: 0x4ec1,
            arena + 0x60: 0x13140, arena + 0x70: arena + 0x60, arena + 0x870: threadHeap + 0x30, arena + 0x888: 0x8000,
            0x90_0008: 0x4002,
        ]
        let threadArena = threadHeap + 0x30
        for (heap, size) in [(threadHeap, UInt64(0x3000)), (secondHeap, 0x2000)] {
            words[heap] = threadArena
            words[heap + 16] = size
            words[heap + 24] = size
        }
        words[secondHeap + 8] = threadHeap
        words[threadArena + 0x60] = secondHeap + 0x130
        words[threadArena + 0x870] = arena
        words[threadArena + 0x888] = 0x5000
        // A block, a thread's cache, a free chunk, and what ends a heap that is not the last.
        words[threadHeap + 0x8d8] = 0x101
        words[threadHeap + 0x9d8] = 0x291
        words[threadHeap + 0xc68] = 0x2371
        words[threadHeap + 0x2fd0] = 0x2370
        words[threadHeap + 0x2fe8] = 0x11
        words[threadHeap + 0x2ff8] = 0x1
        words[secondHeap + 0x38] = 0x101
        words[secondHeap + 0x138] = 0x1ed1
        return (0..<pageCount * 512).map { words[address(of: $0)] ?? 0 }
    }()
}

extension MemoryMapping {
    fileprivate init(addresses: Range<UInt64>, path: String) {
        self.init(addresses: addresses, path: path, isShared: false, isWritable: true, resident: 0)
    }
}
