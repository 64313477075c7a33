// SPDX-License-Identifier: Apache-2.0
//
// Where glibc's heaps are in a process: the one of the main arena, which grows by brk, and those of thread arenas. A range
// is a heap only if its arena is known by content. It walks none of them.

import SiltHost

/// A piece of memory that glibc's malloc cuts into chunks.
struct HeapRange: Hashable {
    enum Place: Hashable {
        /// The main arena's.
        case main
        /// A thread arena's; `isLast`: its top chunk ends it.
        case thread(isLast: Bool)
    }

    var addresses: Range<UInt64>
    var firstChunk: UInt64
    /// Address of its `malloc_state`.
    var arena: UInt64
    var place: Place
    /// Address of the arena's top chunk, as it was when it was read.
    var top: UInt64
}

/// The heaps of one process.
struct HeapSearch<Memory: TargetMemory & ~Copyable>: ~Copyable {
    private let layout: GlibcLayout

    init(layout: GlibcLayout) { self.layout = layout }

    /// In order of their addresses.
    func heaps(of mappings: [MemoryMapping], in memory: borrowing Memory) -> [HeapRange] {
        var found = threadHeaps(of: mappings, in: memory)
        if let main = mainHeap(of: mappings, in: memory) { found.append(main) }
        return found.sorted { $0.addresses.lowerBound < $1.addresses.lowerBound }
    }

    /// The main arena lies in libc's data: the place whose `top` is in the heap, with a unsorted bin and a ring of arenas
    /// as they must be.
    private func mainHeap(of mappings: [MemoryMapping], in memory: borrowing Memory) -> HeapRange? {
        // brk may have been called by others too: then the kernel shows several mappings of this name.
        let parts = mappings.filter { $0.path == "[heap]" }
        guard let first = parts.first, let last = parts.last else { return nil }
        let heap = first.addresses.lowerBound..<last.addresses.upperBound
        guard heap.upperBound - heap.lowerBound <= GlibcLayout.largestBlock else { return nil }
        for mapping in mappings where mapping.isWritable && Self.isLibc(mapping.path) {
            let start = mapping.addresses.lowerBound
            let size = mapping.addresses.upperBound - start
            guard size <= GlibcLayout.largestData else { continue }
            let words = memory.words(at: start, count: Int(size / 8))
            func word(_ at: Int, _ offset: UInt64) -> UInt64? {
                let index = at + Int(offset / 8)
                return words.indices.contains(index) ? words[index] : nil
            }
            for at in words.indices {
                guard let top = word(at, GlibcLayout.top), heap.contains(top), top % GlibcLayout.chunkAlignment == 0,
                    let unsorted = word(at, GlibcLayout.unsortedBin), let next = word(at, GlibcLayout.next),
                    let system = word(at, GlibcLayout.systemMemory)
                else { continue }
                let arena = start + 8 * UInt64(at)
                let bin = arena + GlibcLayout.top
                let isRing =
                    next == arena || next % GlibcLayout.heapAlignment == layout.heapInfoSize
                guard isRing, unsorted == bin || unsorted % GlibcLayout.chunkAlignment == 0, system >= 4096,
                    system % memory.pageSize == 0
                else { continue }
                return HeapRange(
                    addresses: heap, firstChunk: heap.lowerBound.roundedUp(to: GlibcLayout.chunkAlignment),
                    arena: arena,
                    place: .main, top: top)
            }
        }
        return nil
    }

    static func isLibc(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.hasPrefix("libc.so") || name.hasPrefix("libc-2.")
    }

    private struct Info {
        var addresses: Range<UInt64>
        var arena: UInt64
    }

    private func threadHeaps(of mappings: [MemoryMapping], in memory: borrowing Memory) -> [HeapRange] {
        var infos: [Info] = []
        for mapping in mappings where mapping.isHeapLike {
            var start = mapping.addresses.lowerBound.roundedUp(to: GlibcLayout.heapAlignment)
            while start < mapping.addresses.upperBound {
                if let info = info(at: start, in: mapping, memory) { infos.append(info) }
                start += GlibcLayout.heapAlignment
            }
        }
        let arenas = Set(infos.filter { $0.arena == $0.addresses.lowerBound + layout.heapInfoSize }.map(\.arena))
        return infos.filter { arenas.contains($0.arena) }.compactMap { info in
            let start = info.addresses.lowerBound
            let isFirst = info.arena == start + layout.heapInfoSize
            let behind = isFirst ? info.arena + GlibcLayout.stateSize : start + layout.heapInfoSize
            guard let top = memory.words(at: info.arena + GlibcLayout.top, count: 1).first else { return nil }
            return HeapRange(
                addresses: info.addresses, firstChunk: behind.roundedUp(to: GlibcLayout.chunkAlignment),
                arena: info.arena,
                place: .thread(isLast: info.addresses.contains(top)), top: top)
        }
    }

    /// `heap_info`: arena, previous heap, size, writable size.
    private func info(at start: UInt64, in mapping: MemoryMapping, _ memory: borrowing Memory) -> Info? {
        guard memory.isResident(start) else { return nil }
        let words = memory.words(at: start, count: 4)
        guard words.count == 4 else { return nil }
        let (arena, size, writable) = (words[0], words[2], words[3])
        guard size > 0, size <= GlibcLayout.heapAlignment, size % memory.pageSize == 0, writable >= size,
            writable <= GlibcLayout.heapAlignment, start + size <= mapping.addresses.upperBound,
            arena % GlibcLayout.heapAlignment == layout.heapInfoSize
        else { return nil }
        return Info(addresses: start..<start + size, arena: arena)
    }
}

extension MemoryMapping {
    /// Private, writable and of no file: what an allocator maps.
    var isHeapLike: Bool {
        isWritable && !isShared && (path.isEmpty || path.hasPrefix("[anon:"))
    }
}

extension UInt64 {
    func roundedUp(to unit: UInt64) -> UInt64 { (self &+ unit &- 1) / unit * unit }
    func roundedDown(to unit: UInt64) -> UInt64 { self / unit * unit }
}
