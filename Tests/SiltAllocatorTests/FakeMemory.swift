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

extension MemoryMapping {
    init(_ addresses: Range<UInt64>, _ path: String) {
        self.init(addresses: addresses, path: path, isShared: false, isWritable: true, resident: 0)
    }
}
