// SPDX-License-Identifier: Apache-2.0
//
// One pass over the chunks of a heap of glibc: which bytes of each page are in use, what malloc_trim would give back. The
// process goes on meanwhile: what does not add up is passed over and counted as not trusted, never guessed.

import SiltHost

/// A heap as it was found.
package struct WalkedHeap: Sendable {
    package let addresses: Range<UInt64>
    let pageSize: UInt64
    /// For each page.
    let pages: [PageState]
    /// For each page: bytes in use, and how many blocks have some of them.
    fileprivate(set) var used: [UInt32]
    fileprivate(set) var blocks: [UInt32]
    /// Resident bytes that malloc_trim(0) would give back.
    fileprivate(set) var returnable: UInt64 = 0
    /// Bytes whose chunks could not be made out. They count as in use.
    fileprivate(set) var untrusted: UInt64 = 0
    /// glibc's own: the arena, what begins and ends a heap.
    fileprivate(set) var overhead: UInt64 = 0
    /// Sizes of the chunks in use that were asked for, by address.
    fileprivate(set) var watched: [UInt64: UInt64] = [:]
    /// Where threads keep lists of freed chunks, which count as in use.
    fileprivate(set) var threadCaches: [UInt64] = []
    /// The second words of chunks in such lists: by these glibc tells a double free.
    fileprivate(set) var cacheKeys: Set<UInt64> = []

    fileprivate func page(of address: UInt64) -> Int { Int((address - addresses.lowerBound) / pageSize) }
}

/// Walks one heap.
struct HeapWalk<Memory: TargetMemory & ~Copyable>: ~Copyable {
    private let layout: GlibcLayout
    private let heap: HeapRange
    private let isInArena: (UInt64) -> Bool
    private let watched: [UInt64]
    private var nextWatched = 0
    private var reader: HeapReader
    /// Looks outside the reader's window that may still be made to find chunks again: what lies there may have been written
    /// so that each takes a system call.
    private var farLooks = 1 << 20
    private var result: WalkedHeap

    /// - Parameters:
    ///   - isInArena: whether an address is in a heap of the same arena.
    ///   - watched: chunks whose sizes are wanted, in order.
    ///   - cacheKeys: those of heaps that were walked before.
    init(
        _ heap: HeapRange, layout: GlibcLayout, isInArena: @escaping (UInt64) -> Bool, watched: [UInt64],
        cacheKeys: Set<UInt64> = [], in memory: borrowing Memory
    ) {
        self.layout = layout
        self.heap = heap
        self.isInArena = isInArena
        self.watched = watched
        reader = HeapReader(heap.addresses, in: memory)
        let count = reader.pages.count
        result = WalkedHeap(
            addresses: heap.addresses, pageSize: memory.pageSize, pages: reader.pages,
            used: [UInt32](repeating: 0, count: count), blocks: [UInt32](repeating: 0, count: count))
        result.cacheKeys = cacheKeys
    }

    consuming func walk(in memory: borrowing Memory) -> WalkedHeap {
        let end = heap.addresses.upperBound
        var chunk = heap.firstChunk
        var freeSince: UInt64?
        use(heap.addresses.lowerBound..<chunk, by: 0)
        result.overhead += chunk - heap.addresses.lowerBound
        while chunk + GlibcLayout.chunkAlignment < end {
            guard let size = size(of: chunk, memory) else {
                let next = resynchronized(behind: chunk, memory)
                endOfFree(&freeSince, at: chunk)
                use(chunk..<next, by: 1)
                result.untrusted += next - chunk
                chunk = next
                continue
            }
            let next = chunk + size
            if isTop(chunk, next) {
                giveBackTop(from: freeSince ?? chunk)
                freeSince = nil
                return result
            }
            if isInUse(chunk, size, next, memory) {
                endOfFree(&freeSince, at: chunk)
                if size < GlibcLayout.smallestChunk {
                    use(chunk..<next, by: 0)
                    result.overhead += size
                } else {
                    use(chunk..<next, by: 1)
                    note(chunk, size, memory)
                }
            } else if freeSince == nil {
                freeSince = chunk
            }
            chunk = next
        }
        endOfFree(&freeSince, at: chunk)
        use(min(chunk, end)..<end, by: 0)
        result.overhead += end - min(chunk, end)
        return result
    }

    // MARK: Chunks

    private func isTop(_ chunk: UInt64, _ next: UInt64) -> Bool {
        // The top moves while the process runs; what reaches to the end of the last heap is it.
        let endsHeap = next == heap.addresses.upperBound
        switch heap.place {
        case .main, .thread(isLast: true): return endsHeap || chunk == heap.top
        case .thread(isLast: false): return false
        }
    }

    /// nil: no chunk can have this header, also when it is read again.
    private mutating func size(of chunk: UInt64, _ memory: borrowing Memory) -> UInt64? {
        for attempt in 0..<3 {
            if attempt > 0 { reader.load(chunk, memory) }
            let size = reader.word(at: chunk + 8, in: memory) & ~GlibcLayout.flags
            let end = heap.addresses.upperBound
            guard size % GlibcLayout.chunkAlignment == 0, size <= end - chunk else { continue }
            // What is smaller ends a heap.
            if size >= GlibcLayout.smallestChunk || size == 16 && chunk + 32 == end { return size }
        }
        return nil
    }

    /// Where sixteen chunks follow each other again, or the end of the heap.
    private mutating func resynchronized(behind chunk: UInt64, _ memory: borrowing Memory) -> UInt64 {
        let end = heap.addresses.upperBound
        var candidate = chunk + GlibcLayout.chunkAlignment
        while candidate + GlibcLayout.chunkAlignment < end {
            if follows(candidate, memory) { return candidate }
            candidate += GlibcLayout.chunkAlignment
        }
        return end
    }

    private mutating func follows(_ start: UInt64, _ memory: borrowing Memory) -> Bool {
        // The window goes along with the candidates.
        var size = reader.word(at: start + 8, in: memory) & ~GlibcLayout.flags
        var chunk = start
        for _ in 0..<16 {
            guard size >= GlibcLayout.smallestChunk, size % GlibcLayout.chunkAlignment == 0,
                size <= heap.addresses.upperBound - chunk
            else { return false }
            chunk += size
            if chunk + GlibcLayout.chunkAlignment >= heap.addresses.upperBound { return true }
            if !reader.isInWindow(chunk + 8) {
                guard farLooks > 0 else { return false }
                farLooks -= 1
            }
            let header = reader.aside(at: chunk + 8, in: memory)
            // The size of a free chunk stands behind it once more.
            if header & GlibcLayout.previousInUse == 0, reader.aside(at: chunk, in: memory) != size { return false }
            size = header & ~GlibcLayout.flags
        }
        return true
    }

    private mutating func isInUse(
        _ chunk: UInt64, _ size: UInt64, _ next: UInt64, _ memory: borrowing Memory
    ) -> Bool {
        guard reader.word(at: next + 8, in: memory) & GlibcLayout.previousInUse != 0 else { return false }
        return size > GlibcLayout.largestFastChunk || !isInFastBin(chunk, size, memory)
    }

    /// A chunk in a fast bin looks as if it were in use. Its lists move too fast to be followed, but its first word is a
    /// mangled link to a chunk of the same size, which nothing else is. The last one of a list has a mangled 0, as has the
    /// last one in a thread's cache, which is in use to malloc_trim: that has a key behind it. Where no key is known, or links
    /// are not mangled, last ones count as in use: at most ten for each arena.
    private mutating func isInFastBin(_ chunk: UInt64, _ size: UInt64, _ memory: borrowing Memory) -> Bool {
        let place = chunk + 16
        let word = reader.word(at: place, in: memory)
        let link = layout.manglesLinks ? place >> 12 ^ word : word
        if link == 0 {
            guard layout.manglesLinks, !result.cacheKeys.isEmpty else { return false }
            return !result.cacheKeys.contains(reader.word(at: place + 8, in: memory))
        }
        guard link % GlibcLayout.chunkAlignment == 0, isInArena(link) else { return false }
        let other =
            heap.addresses.contains(link)
            ? reader.aside(at: link + 8, in: memory) : memory.words(at: link + 8, count: 1).first ?? 0
        return other & ~GlibcLayout.flags == size
    }

    /// Remembers what is asked for: the size of a watched chunk, a thread's cache.
    private mutating func note(_ chunk: UInt64, _ size: UInt64, _ memory: borrowing Memory) {
        while nextWatched < watched.count, watched[nextWatched] < chunk { nextWatched += 1 }
        if nextWatched < watched.count, watched[nextWatched] == chunk { result.watched[chunk] = size }
        guard let cache = layout.threadCache, size == cache.chunk else { return }
        let place = chunk + 16
        let words = (0..<(cache.chunk - 16) / 8).map { reader.word(at: place + 8 * $0, in: memory) }
        // A program has blocks of this size too.
        guard let lists = cache.lists(in: words) else { return }
        result.threadCaches.append(place)
        // Before 2.34 the key is where the cache is.
        result.cacheKeys.insert(place)
        for list in lists where heap.addresses.contains(list.head) {
            result.cacheKeys.insert(reader.aside(at: list.head + 8, in: memory))
        }
    }

    // MARK: Pages

    /// Counts bytes of a range as in use on each of its pages.
    private mutating func use(_ range: Range<UInt64>, by block: UInt32) {
        guard !range.isEmpty else { return }
        let first = result.page(of: range.lowerBound), last = result.page(of: range.upperBound - 1)
        let pageSize = result.pageSize
        var start = range.lowerBound
        for page in first...last {
            let end = min(range.upperBound, heap.addresses.lowerBound + UInt64(page + 1) * pageSize)
            result.used[page] &+= UInt32(truncatingIfNeeded: end - start)
            result.blocks[page] &+= block
            start = end
        }
    }

    /// What malloc_trim does with a free chunk: the whole pages behind its header.
    private mutating func endOfFree(_ start: inout UInt64?, at end: UInt64) {
        defer { start = nil }
        guard let start, end > start + GlibcLayout.chunkHeader else { return }
        giveBack((start + GlibcLayout.chunkHeader).roundedUp(to: result.pageSize), end.roundedDown(to: result.pageSize))
    }

    /// The top of the main arena goes back to the kernel but for one chunk; those of thread arenas stay.
    private mutating func giveBackTop(from start: UInt64) {
        guard heap.place == .main else { return }
        giveBack(
            (start + GlibcLayout.smallestChunk + 1).roundedUp(to: result.pageSize), heap.addresses.upperBound)
    }

    private mutating func giveBack(_ start: UInt64, _ end: UInt64) {
        guard start < end else { return }
        for page in result.page(of: start)..<result.page(of: end - 1) + 1 where result.pages[page].contains(.resident) {
            result.returnable += result.pageSize
        }
    }
}
