// SPDX-License-Identifier: Apache-2.0
//
// One look at the memory of a running process: its mappings, its heaps, and the pages of blocks that are known to live.
// It takes as long as the heaps are large, and the process goes on meanwhile.

package import SiltHost

/// What one living block has of resident memory, in bytes.
package struct BlockPages: Sendable, Hashable {
    /// Of its own bytes: in memory, in swap.
    package var resident: Double
    package var swapped: Double
    /// Of its own bytes in memory: those that no other process shares, as after a fork.
    package var unshared: Double
    /// What it pins; nil: its heap was not walked, or it is gone.
    package var share: PageShare?

    package init(resident: Double, swapped: Double, unshared: Double, share: PageShare? = nil) {
        self.resident = resident
        self.swapped = swapped
        self.unshared = unshared
        self.share = share
    }
}

/// The memory of a process as it was found.
package struct ResidentLook: Sendable {
    package let mappings: [MemoryMapping]
    /// Bytes of its page tables; nil: not known.
    package let pageTables: UInt64?
    package let heaps: Result<GlibcHeaps, UnreadableHeaps>
    /// By the addresses that were asked for; empty if its memory cannot be read.
    package let blocks: [UInt64: BlockPages]
    /// Of the ranges that were asked for; empty if its memory cannot be read.
    package let ranges: [MappedPages]

    /// - Parameters:
    ///   - blocks: addresses and sizes of living blocks.
    ///   - ranges: of memory that is known to be mapped, in order, none upon another.
    ///   - processes: where /proc is.
    /// - Returns: nil if the process is gone, or its smaps cannot be read.
    package init?(
        of pid: UInt32, blocks: [(address: UInt64, size: UInt64)], ranges: [Range<UInt64>] = [],
        processes: ProcessTable = ProcessTable()
    ) {
        guard let mappings = processes.mappings(of: pid) else { return nil }
        self.mappings = mappings
        pageTables = processes.pageTables(of: pid)
        let addresses = blocks.map(\.address)
        let heaps = Result { () throws(UnreadableHeaps) in
            try GlibcHeaps(of: pid, mappings: mappings, blocks: addresses, processes: processes)
        }
        self.heaps = heaps
        var found: [UInt64: BlockPages] = [:]
        var parts: [MappedPages] = []
        if let memory = try? ProcessMemory(of: pid, proc: processes.proc) {
            parts = MappedPages.parts(of: ranges, in: mappings, memory)
            let walked = try? heaps.get()
            // Blocks do not overlap; those of a session that lies may, and be as large as an address.
            var left = mappings.reduce(into: UInt64(0)) { $0 += $1.addresses.upperBound - $1.addresses.lowerBound }
            left = min(left, 4 * GlibcLayout.largestBlock)
            for block in blocks where block.size <= left {
                left -= block.size
                var pages = memory.pages(of: block.address, size: block.size)
                pages.share = walked?.share(of: block.address)
                found[block.address] = pages
            }
        }
        self.blocks = found
        self.ranges = parts
    }
}

extension TargetMemory where Self: ~Copyable {
    /// Its bytes by the state of the pages that they lie on.
    func pages(of address: UInt64, size: UInt64) -> BlockPages {
        var found = BlockPages(resident: 0, swapped: 0, unshared: 0)
        let (end, overflows) = address.addingReportingOverflow(size)
        guard size > 0, !overflows, end < 1 << 56 else { return found }
        let pageSize = pageSize
        let first = address.roundedDown(to: pageSize)
        eachPage(of: first..<end.roundedUp(to: pageSize)) { page, state in
            let bytes = Double(min(end, page + pageSize) - max(address, page))
            if state.contains(.resident) {
                found.resident += bytes
                if state.contains(.exclusive) { found.unshared += bytes }
            } else if state.contains(.swapped) {
                found.swapped += bytes
            }
        }
        return found
    }
}
