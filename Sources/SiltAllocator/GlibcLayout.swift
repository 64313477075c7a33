// SPDX-License-Identifier: Apache-2.0
//
// Where glibc's malloc keeps what, by version: offsets in `struct malloc_state`, `heap_info` and chunks, read from its
// sources 2.27 to 2.42, for 64-bit machines. It reads nothing; each walk proves the layout by what it finds.

/// The layout of one version of glibc.
package struct GlibcLayout: Hashable, Sendable {
    /// `2.36` is 36.
    package let minor: Int

    /// - Returns: nil for versions whose layout is not known.
    package init?(minor: Int) {
        guard (27...42).contains(minor) else { return nil }
        self.minor = minor
    }

    /// Links of free lists are mangled by the address that they lie at, from 2.32 on.
    var manglesLinks: Bool { minor >= 32 }
    /// Of `heap_info`, with which each heap of a thread arena begins.
    var heapInfoSize: UInt64 { minor >= 35 ? 0x30 : 0x20 }
    /// Nil where it is not known.
    var threadCache: ThreadCache? {
        switch minor {
        case ..<30: ThreadCache(chunk: 0x250, counterBytes: 1)
        case 30..<42: ThreadCache(chunk: 0x290, counterBytes: 2)
        default: nil
        }
    }

    /// What a thread keeps of the chunks that it freed: a counter for each list, then the head of each.
    struct ThreadCache {
        /// Size of the chunk that holds it.
        let chunk: UInt64
        let counterBytes: Int
        private let lists = 64

        /// The lists that have anything, with their head, and the size of their chunks; nil: these words are no thread's
        /// cache.
        func lists(in words: [UInt64]) -> [(count: UInt64, head: UInt64, chunk: UInt64)]? {
            let counterWords = lists * counterBytes / 8
            guard words.count >= counterWords + lists else { return nil }
            var found: [(count: UInt64, head: UInt64, chunk: UInt64)] = []
            for list in 0..<lists {
                let byte = list * counterBytes
                let count = words[byte / 8] >> UInt64(byte % 8 * 8) & (counterBytes == 2 ? 0xffff : 0xff)
                let head = words[counterWords + list]
                guard (count > 0) == (head != 0), head % chunkAlignment == 0, count <= 1024 else { return nil }
                if count > 0 { found.append((count, head, UInt64(list + 2) * chunkAlignment)) }
            }
            return found
        }
    }

    // `struct malloc_state`
    static let top: UInt64 = 0x60
    static let unsortedBin: UInt64 = 0x70
    static let next: UInt64 = 0x870
    static let systemMemory: UInt64 = 0x888
    static let stateSize: UInt64 = 0x898

    /// Thread arenas lie in heaps that begin at multiples of this.
    static let heapAlignment: UInt64 = 64 << 20
    static let chunkAlignment: UInt64 = 16
    static let smallestChunk: UInt64 = 32
    /// The largest chunk that a fast bin may hold, whatever mallopt says.
    static let largestFastChunk: UInt64 = 176
    /// Larger blocks and heaps are not believed: to ask for the state of each page would take minutes.
    static let largestBlock: UInt64 = 1 << 40
    /// Of libc.so's data; what is larger only has its name.
    static let largestData: UInt64 = 16 << 20
    /// What malloc_trim leaves at the beginning of a free chunk.
    static let chunkHeader: UInt64 = 48

    // The lowest bits of a chunk's size.
    static let previousInUse: UInt64 = 1
    static let isMapped: UInt64 = 2
    static let flags: UInt64 = 7

    /// From the text of a libc.so: `… stable release version 2.36.`.
    ///
    /// - Returns: nil if it says nothing of the kind.
    package static func minorVersion(in libc: [UInt8]) -> Int? {
        let words = Array("release version 2.".utf8)
        guard let first = words.first else { return nil }
        var at = libc.startIndex
        while let found = libc[at...].firstIndex(of: first) {
            at = found + 1
            guard libc[found...].starts(with: words) else { continue }
            let digits = libc[(found + words.count)...].prefix { (0x30...0x39).contains($0) }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}
