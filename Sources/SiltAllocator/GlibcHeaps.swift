// SPDX-License-Identifier: Apache-2.0
//
// All heaps of a process that allocates by glibc, walked: how their resident bytes add up, and who pins what. A process
// with another allocator, or a layout that is not known, has none, and it is said why.

package import SiltHost
import SiltSymbols

/// Why the heaps of a process cannot be walked.
package enum UnreadableHeaps: Error, Hashable, Sendable {
    /// Its memory cannot be read: another user's, or it is gone.
    case memory(SystemError)
    /// Its allocator is another one; the library's name.
    case allocator(String)
    /// No C library that is known, or a version of it that is not; its version, if there is one.
    case library(String?)
    /// No heap was found.
    case noHeaps
    /// Many living blocks lie in none of those that were found.
    case incomplete
}

/// Heaps of glibc's malloc, each resident byte of them in one sum.
package struct GlibcHeaps: Sendable {
    package private(set) var heaps: [WalkedHeap] = []
    /// Blocks with a mapping of their own: where each begins, with its bytes.
    package private(set) var mapped: [UInt64: UInt64] = [:]
    package private(set) var arenas = 0

    /// Resident bytes under blocks in use. It counts as in use what threads keep in their caches.
    package private(set) var inUse: UInt64 = 0
    /// Bytes of blocks in use that were never touched: neither resident nor in swap.
    package private(set) var untouched: UInt64 = 0
    /// Resident bytes that malloc_trim(0) would give back.
    package private(set) var returnable: UInt64 = 0
    /// Free bytes of resident pages that blocks in use lie on.
    package private(set) var pinned: UInt64 = 0
    /// Of these, on pages with one block only.
    package private(set) var pinnedAlone: UInt64 = 0
    /// Free pages that malloc_trim keeps, and glibc's own data.
    package private(set) var kept: UInt64 = 0
    /// Of what is in use: freed blocks in the caches of threads.
    package private(set) var cached: UInt64 = 0
    /// Bytes whose chunks could not be made out, since the process went on; they count as in use.
    package private(set) var untrusted: UInt64 = 0

    /// Of all these, resident.
    package var resident: UInt64 { inUse + returnable + pinned + kept }

    /// Whether an address is in memory that is cut into chunks, not in a mapping of its own.
    package func isInHeap(_ address: UInt64) -> Bool { heaps.contains { $0.addresses.contains(address) } }

    /// How many addresses are neither in a heap nor in a block with a mapping of its own.
    private func blocksOutside(_ blocks: [UInt64]) -> Int {
        let known = heaps.map(\.addresses) + mapped.map { $0.key..<max($0.key, $0.key &+ $0.value) }
        let ranges = known.sorted { $0.lowerBound < $1.lowerBound }
        var (outside, range) = (0, 0)
        for block in blocks.sorted() {
            while range < ranges.count, ranges[range].upperBound <= block { range += 1 }
            if range == ranges.count || block < ranges[range].lowerBound { outside += 1 }
        }
        return outside
    }

    /// What the allocator's mappings are.
    package func contains(_ mapping: MemoryMapping) -> Bool {
        heaps.contains { $0.addresses.overlaps(mapping.addresses) } || mapped[mapping.addresses.lowerBound] != nil
    }
}

extension GlibcHeaps {
    /// Walks the heaps of a running process.
    ///
    /// - Parameter blocks: addresses of living blocks that ``share(of:)`` will be asked for.
    /// - Complexity: O(bytes of its heaps); 8 bytes of memory for each of their pages.
    package init(
        of pid: UInt32, mappings: [MemoryMapping], blocks: [UInt64], processes: ProcessTable = ProcessTable()
    ) throws(UnreadableHeaps) {
        for mapping in mappings where mapping.path.hasPrefix("/") {
            let file = String(mapping.path.split(separator: "/").last ?? "")
            if ExecutableReport.isAllocator(library: file) { throw .allocator(file) }
        }
        // A process may have put anything there since, such as a link to a device.
        guard let libc = mappings.first(where: { HeapSearch<ProcessMemory>.isLibc($0.path) })?.path,
            case let path = "\(processes.proc)/\(pid)/root\(libc)",
            (try? FileStatus(ofPath: path, followingLinks: true))?.kind == .regular,
            let text = try? contentsOfFile(path), let minor = GlibcLayout.minorVersion(in: text)
        else { throw .library(nil) }
        guard let layout = GlibcLayout(minor: minor) else { throw .library("2.\(minor)") }
        let memory: ProcessMemory
        do { memory = try ProcessMemory(of: pid, proc: processes.proc) } catch { throw .memory(error) }
        if let error = memory.unreadable { throw .memory(error) }
        self.init(layout: layout, mappings: mappings, blocks: blocks, in: memory)
        guard !heaps.isEmpty else { throw .noHeaps }
        // What is free and who pins it would be told of a part, as if it were all.
        let outside = blocksOutside(blocks)
        if outside > max(16, blocks.count / 10) { throw .incomplete }
    }

    /// Walks the heaps in any memory.
    package init<Memory: TargetMemory & ~Copyable>(
        layout: GlibcLayout, mappings: [MemoryMapping], blocks: [UInt64], in memory: borrowing Memory
    ) {
        let ranges = HeapSearch<Memory>(layout: layout).heaps(of: mappings, in: memory)
        let chunks = blocks.filter { $0 >= 16 }.map { $0 - 16 }.sorted()
        var byArena: [UInt64: [Range<UInt64>]] = [:]
        for range in ranges { byArena[range.arena, default: []].append(range.addresses) }
        arenas = byArena.count
        var cacheKeys: Set<UInt64> = []
        for range in ranges {
            let own = byArena[range.arena] ?? []
            let walk = HeapWalk(
                range, layout: layout, isInArena: { address in own.contains { $0.contains(address) } },
                watched: chunks.filter(range.addresses.contains), cacheKeys: cacheKeys, in: memory)
            let heap = walk.walk(in: memory)
            cacheKeys = heap.cacheKeys
            heaps.append(heap)
        }
        for heap in heaps { add(heap) }
        addMapped(mappings, in: memory)
        if let cache = layout.threadCache {
            for place in heaps.flatMap(\.threadCaches) { cached += bytes(ofCache: place, cache, memory) }
        }
    }

    private mutating func add(_ heap: WalkedHeap) {
        returnable += heap.returnable
        untrusted += heap.untrusted
        var (free, whole) = (UInt64(0), UInt64(0))
        for page in heap.pages.indices {
            let used = min(UInt64(heap.used[page]), heap.pageSize)
            if heap.pages[page].contains(.resident) {
                inUse += used
                if used == 0 {
                    whole += heap.pageSize
                } else if heap.blocks[page] > 0 {
                    pinned += heap.pageSize - used
                    if heap.blocks[page] == 1 { pinnedAlone += heap.pageSize - used }
                } else {
                    free += heap.pageSize - used
                }
            } else if !heap.pages[page].contains(.swapped) {
                untouched += used
            }
        }
        // glibc's own was counted as used.
        let own = min(heap.overhead, inUse)
        inUse -= own
        kept += own + free + whole - min(whole, heap.returnable)
    }

    /// Large blocks have mappings of their own; the kernel joins neighbours.
    private mutating func addMapped<Memory: TargetMemory & ~Copyable>(
        _ mappings: [MemoryMapping], in memory: borrowing Memory
    ) {
        for mapping in mappings
        where mapping.isHeapLike && !heaps.contains(where: { $0.addresses.overlaps(mapping.addresses) }) {
            var start = mapping.addresses.lowerBound
            while start < mapping.addresses.upperBound {
                guard memory.isResident(start) else { break }
                let words = memory.words(at: start, count: 2)
                guard words.count == 2, words[0] == 0, words[1] & GlibcLayout.flags == GlibcLayout.isMapped else {
                    break
                }
                let size = words[1] & ~GlibcLayout.flags
                guard size > 0, size % memory.pageSize == 0,
                    size <= min(mapping.addresses.upperBound - start, GlibcLayout.largestBlock)
                else { break }
                mapped[start] = size
                let pageSize = memory.pageSize
                memory.eachPage(of: start..<start + size) { _, state in
                    if state.contains(.resident) {
                        inUse += pageSize
                    } else if !state.contains(.swapped) {
                        untouched += pageSize
                    }
                }
                start += size
            }
        }
    }

    /// Bytes of the chunks in one thread's cache; 0 if what lies there is none.
    private func bytes<Memory: TargetMemory & ~Copyable>(
        ofCache place: UInt64, _ cache: GlibcLayout.ThreadCache, _ memory: borrowing Memory
    ) -> UInt64 {
        let lists = cache.lists(in: memory.words(at: place, count: Int(cache.chunk - 16) / 8)) ?? []
        return lists.reduce(0) { $0 + $1.count * $1.chunk }
    }
}

// MARK: Shares

/// What one block has of the pages that it lies on.
package struct PageShare: Sendable, Hashable {
    /// Its part of the free bytes of its first and last page, shared equally among the blocks of each.
    package var pinned: Double
    /// The pages that would be free without it alone: their free bytes.
    package var alone: Double

    package init(pinned: Double, alone: Double) {
        self.pinned = pinned
        self.alone = alone
    }
}

extension GlibcHeaps {
    /// What a block pins; nil: it was not asked for, or it is no longer there.
    package func share(of block: UInt64) -> PageShare? {
        let chunk = block &- 16
        guard let heap = heaps.first(where: { $0.addresses.contains(chunk) }), let size = heap.watched[chunk] else {
            return mapped[chunk].map { _ in PageShare(pinned: 0, alone: 0) }
        }
        let first = Int((chunk - heap.addresses.lowerBound) / heap.pageSize)
        let last = Int((chunk + size - 1 - heap.addresses.lowerBound) / heap.pageSize)
        var share = PageShare(pinned: 0, alone: 0)
        for page in Set([first, last]) where heap.pages.indices.contains(page) {
            guard heap.pages[page].contains(.resident), heap.used[page] < heap.pageSize, heap.blocks[page] > 0 else {
                continue
            }
            let free = Double(heap.pageSize) - Double(heap.used[page])
            share.pinned += free / Double(heap.blocks[page])
            if heap.blocks[page] == 1 { share.alone += free }
        }
        return share
    }
}
