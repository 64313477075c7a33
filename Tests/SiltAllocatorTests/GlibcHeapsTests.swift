// SPDX-License-Identifier: Apache-2.0
//
// Heaps written by hand, of which every byte is known.

import SiltHost
import Testing

@testable import SiltAllocator

@Suite struct GlibcHeapsTests {
    private let layout: GlibcLayout
    private let mappings = [
        MemoryMapping(0x10000..<0x18000, "[heap]"), MemoryMapping(0x70_0000..<0x70_2000, "/lib/libc.so.6"),
    ]

    init() throws { layout = try #require(GlibcLayout(minor: 36)) }

    /// In use, free, in use, top: eight pages.
    private var memory: FakeMemory {
        var memory = FakeMemory()
        memory.chunk(0x10000, 0x100)
        memory.chunk(0x10100, 0x3000, free: true)
        memory.chunk(0x13100, 0x40)
        memory.chunk(0x13140, 0x18000 - 0x13140)
        memory.mainArena(at: 0x70_0100, top: 0x13140, system: 0x8000)
        return memory
    }

    private func heaps(_ memory: FakeMemory, blocks: [UInt64] = []) -> GlibcHeaps {
        GlibcHeaps(layout: layout, mappings: mappings, blocks: blocks, in: memory)
    }

    @Test func everyByteIsInOnePart() {
        let heaps = heaps(memory)
        #expect(heaps.arenas == 1 && heaps.heaps.map(\.addresses) == [0x10000..<0x18000])
        #expect(heaps.inUse == 0x140)
        #expect(heaps.returnable == 6 * 4096)
        #expect(heaps.pinned == 2 * 4096 - 0x140)
        #expect(heaps.kept == 0 && heaps.untrusted == 0)
        #expect(heaps.resident == 8 * 4096)
    }

    @Test func whatIsNotResidentIsInNoSum() {
        var memory = memory
        memory.states[0x15000] = []
        memory.states[0x13000] = .swapped
        // The header there must be read all the same.
        memory.states[0x11000] = []
        let heaps = heaps(memory)
        #expect(heaps.resident < 8 * 4096)
        #expect(heaps.heaps.map(\.untrusted) != [0])
        memory.states[0x13000] = nil
        let read = self.heaps(memory)
        #expect(read.returnable == 4 * 4096 && read.resident == 6 * 4096 && read.untrusted == 0)
    }

    @Test func aBlockHasItsShareOfWhatItPins() {
        let heaps = heaps(memory, blocks: [0x10010, 0x13110, 0x10110, 0x99990])
        #expect(heaps.share(of: 0x10010) == PageShare(pinned: 4096 - 0x100, alone: 4096 - 0x100))
        #expect(heaps.share(of: 0x13110) == PageShare(pinned: 4096 - 0x40, alone: 4096 - 0x40))
        // Freed, and not in a heap.
        #expect(heaps.share(of: 0x10110) == nil && heaps.share(of: 0x99990) == nil)
    }

    /// Two freed chunks of one size, linked by mangled addresses; all look as if they were in use.
    @Test func aChunkInAFastBinIsFree() {
        var memory = FakeMemory()
        memory.chunk(0x10000, 0x40)
        memory.chunk(0x10040, 0x40)
        memory.chunk(0x10080, 0x40)
        memory.chunk(0x100c0, 0x18000 - 0x100c0)
        memory.mainArena(at: 0x70_0100, top: 0x100c0, system: 0x8000)
        memory.contents[0x10090] = 0x10090 >> 12 ^ 0x10000
        memory.contents[0x10010] = 0x10010 >> 12
        #expect(heaps(memory).inUse == 0x80)
        // A link to what is no chunk of that size is data.
        memory.contents[0x10090] = 0x10090 >> 12 ^ 0x10020
        #expect(heaps(memory).inUse == 0xc0)
    }

    @Test func whatMakesNoSenseIsPassedOver() {
        var memory = memory
        var at: UInt64 = 0x13140
        for _ in 0..<40 {
            memory.chunk(at, 0x100)
            at += 0x100
        }
        memory.chunk(at, 0x18000 - at)
        memory.mainArena(at: 0x70_0100, top: at, system: 0x8000)
        memory.contents[0x13108] = 0x7777_7770
        let heaps = heaps(memory)
        #expect(heaps.untrusted == 0x40)
        #expect(heaps.inUse == 0x140 + 40 * 0x100)
    }

    @Test func aThreadArenaHasItsOwnHeap() {
        var memory = memory
        let start: UInt64 = 0x7f00_0000_0000, arena = start + 0x30
        memory.contents[start] = arena
        memory.contents[start + 16] = 0x3000
        memory.contents[start + 24] = 0x3000
        let first = (arena + GlibcLayout.stateSize).roundedUp(to: 16)
        memory.chunk(first, 0x100)
        memory.chunk(first + 0x100, start + 0x3000 - first - 0x100)
        memory.contents[arena + GlibcLayout.top] = first + 0x100
        let heaps = GlibcHeaps(
            layout: layout, mappings: mappings + [MemoryMapping(start..<start + 0x3000, "")], blocks: [], in: memory)
        #expect(heaps.arenas == 2)
        #expect(heaps.inUse == 0x240)
        // malloc_trim leaves the top of a thread arena, and what is glibc's own is not the program's.
        #expect(heaps.returnable == 6 * 4096)
        #expect(heaps.kept == 2 * 4096 + first - start)
        #expect(heaps.resident == 11 * 4096)
    }

    @Test func aLargeBlockHasAMappingOfItsOwn() {
        var memory = memory
        memory.contents[0x90_0008] = 0x4000 | GlibcLayout.isMapped
        memory.states[0x90_2000] = []
        let heaps = GlibcHeaps(
            layout: layout, mappings: mappings + [MemoryMapping(0x90_0000..<0x90_4000, "")], blocks: [], in: memory)
        #expect(heaps.mapped == [0x90_0000: 0x4000])
        #expect(heaps.inUse == 0x140 + 3 * 4096 && heaps.untouched == 4096)
        #expect(heaps.share(of: 0x90_0010) == PageShare(pinned: 0, alone: 0))
    }

    // MARK: Heaps that harm who reads them

    private func heaps(_ memory: EndlessMemory) -> GlibcHeaps {
        let mappings = [MemoryMapping(EndlessMemory.heap, "[heap]"), mappings[1]]
        return GlibcHeaps(layout: layout, mappings: mappings, blocks: [], in: memory)
    }

    /// Blocks as large as a thread's cache, with a pointer in each word: to what is far away no window is moved.
    @Test func aPointerMovesNoWindow() {
        let memory = EndlessMemory { place in
            if place % 0x290 == 8 { return 0x291 }
            return EndlessMemory.heap.lowerBound + (place &* 7919 % 0x100_0000) & ~15
        }
        let heaps = heaps(memory)
        #expect(heaps.inUse > 0x100_0000 - 0x290 - 4096)
        #expect(memory.wordsRead < 3 * EndlessMemory.words)
    }

    /// Whatever looks like a chunk leads two mebibytes on, and in the end to none.
    @Test func theSearchForChunksEnds() {
        let memory = EndlessMemory { $0 == 8 ? 7 : $0 < 0xc0_0000 ? 0x20_0001 : 7 }
        let heaps = heaps(memory)
        #expect(heaps.untrusted > 0xff_0000)
        #expect(memory.wordsRead < 3 * EndlessMemory.words)
    }

    @Test func aNameMakesNoLibcOfAGibibyte() {
        let mappings = [mappings[0], MemoryMapping(0x70_0000..<0x70_0000 + 1 << 30, "/tmp/libc.so.6")]
        #expect(GlibcHeaps(layout: layout, mappings: mappings, blocks: [], in: memory).heaps.isEmpty)
    }

    @Test func aBlockMayBeLargerThanMemory() {
        var memory = memory
        memory.contents[0x9000_0008] = 1 << 34 | GlibcLayout.isMapped
        let untouched = EmptyMemory(memory: memory, from: 0x9000_1000)
        let heaps = GlibcHeaps(
            layout: layout, mappings: mappings + [MemoryMapping(0x9000_0000..<0x9000_0000 + 1 << 34, "")], blocks: [],
            in: untouched)
        #expect(heaps.untouched == 1 << 34 - 4096)
        #expect(untouched.mostPages <= 1 << 20)
    }

    @Test func theVersionIsInTheTextOfLibc() {
        let text = Array("\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n".utf8)
        #expect(GlibcLayout.minorVersion(in: text) == 36)
        #expect(GlibcLayout.minorVersion(in: Array("musl libc (x86_64) Version 1.2.3".utf8)) == nil)
        #expect(GlibcLayout(minor: 26) == nil && GlibcLayout(minor: 43) == nil)
    }
}
