// SPDX-License-Identifier: Apache-2.0
//
// The memory of a process that is none: words and pages written by hand.

import SiltHost

@testable import SiltAllocator

/// Memory that reads as zero where nothing was written.
struct FakeMemory: TargetMemory {
    let pageSize: UInt64 = 4096
    var contents: [UInt64: UInt64] = [:]
    /// Of pages that are not as `usual` is.
    var states: [UInt64: PageState] = [:]

    func pages(_ range: Range<UInt64>) -> [PageState] {
        stride(from: range.lowerBound, to: range.upperBound, by: Int(pageSize)).map {
            states[$0] ?? [.resident, .exclusive]
        }
    }

    func words(at address: UInt64, count: Int) -> [UInt64] {
        (0..<UInt64(count)).map { contents[address + 8 * $0] ?? 0 }
    }

    /// A chunk; `free` also makes the next one say so.
    mutating func chunk(_ address: UInt64, _ size: UInt64, free: Bool = false) {
        contents[address + 8] =
            size | (contents[address + 8, default: GlibcLayout.previousInUse] & GlibcLayout.previousInUse)
        contents[address + size + 8] = free ? 0 : GlibcLayout.previousInUse
        if free { contents[address + size] = size }
    }

    /// The main arena in libc's data, with its top chunk.
    mutating func mainArena(at arena: UInt64, top: UInt64, system: UInt64) {
        contents[arena + GlibcLayout.top] = top
        contents[arena + GlibcLayout.unsortedBin] = arena + GlibcLayout.top
        contents[arena + GlibcLayout.next] = arena
        contents[arena + GlibcLayout.systemMemory] = system
    }
}

/// A heap of 16 MiB whose words are told by their offset, and libc's data with its arena. It counts what is read.
struct EndlessMemory: TargetMemory {
    static let heap: Range<UInt64> = 0x1000_0000..<0x1100_0000
    static let words = 2 << 20

    private final class Reading { var count = 0 }

    let pageSize: UInt64 = 4096
    private let reading = Reading()
    private let arena: FakeMemory
    private let word: (UInt64) -> UInt64

    init(word: @escaping (UInt64) -> UInt64) {
        self.word = word
        var arena = FakeMemory()
        arena.mainArena(at: 0x70_0100, top: Self.heap.upperBound - 16, system: 0x100_0000)
        self.arena = arena
    }

    var wordsRead: Int { reading.count }

    func pages(_ range: Range<UInt64>) -> [PageState] { arena.pages(range) }

    func words(at address: UInt64, count: Int) -> [UInt64] {
        guard Self.heap.contains(address) else { return arena.words(at: address, count: count) }
        reading.count += count
        // So that a test fails and does not go on for hours.
        guard reading.count < 100 * Self.words else { return [] }
        return (0..<UInt64(count)).map { word(address - Self.heap.lowerBound + 8 * $0) }
    }
}

/// Memory of which nothing was ever touched from an address on. It remembers how many pages were asked for at a time.
struct EmptyMemory: TargetMemory {
    private final class Asked { var most = 0 }

    private let memory: FakeMemory
    private let start: UInt64
    private let asked = Asked()

    init(memory: FakeMemory, from start: UInt64) {
        self.memory = memory
        self.start = start
    }

    var pageSize: UInt64 { memory.pageSize }
    var mostPages: Int { asked.most }

    func pages(_ range: Range<UInt64>) -> [PageState] {
        let count = Int((range.upperBound - range.lowerBound) / pageSize)
        asked.most = max(asked.most, count)
        guard range.upperBound > start else { return memory.pages(range) }
        return (0..<UInt64(count)).map { range.lowerBound + $0 * pageSize < start ? [.resident] : [] }
    }

    func words(at address: UInt64, count: Int) -> [UInt64] { memory.words(at: address, count: count) }
}

extension MemoryMapping {
    init(_ addresses: Range<UInt64>, _ path: String) {
        self.init(addresses: addresses, path: path, isShared: false, isWritable: true, resident: 0)
    }
}
