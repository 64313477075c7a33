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
    /// Of its own bytes: those that forked children have beside these, since parent or child wrote to the page; a page of several
    /// copies counts for each.
    package var copied: Double
    /// What it pins; nil: its heap was not walked, or it is gone.
    package var share: PageShare?

    package init(
        resident: Double, swapped: Double, unshared: Double, copied: Double = 0, share: PageShare? = nil
    ) {
        self.resident = resident
        self.swapped = swapped
        self.unshared = unshared
        self.copied = copied
        self.share = share
    }
}

/// A living block.
package struct KnownBlock: Sendable, Hashable {
    package var address: UInt64
    package var size: UInt64
    /// Nanoseconds of CLOCK_MONOTONIC at its allocation: a child that was forked earlier never had it.
    package var time: UInt64

    package init(address: UInt64, size: UInt64, time: UInt64) {
        self.address = address
        self.size = size
        self.time = time
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
    /// Forked children that were looked at for ``BlockPages/copied``, and those that could not be or would have taken too long; nil:
    /// that was not asked for.
    package let copies: (read: Int, unread: Int)?

    /// - Parameters:
    ///   - blocks: those that are known to live.
    ///   - ranges: of memory that is known to be mapped, in order, none upon another.
    ///   - copies: whether forked children are looked at, which takes as long for each as the process itself.
    ///   - processes: where /proc is.
    /// - Returns: nil if the process is gone, or its smaps cannot be read.
    package init?(
        of pid: UInt32, blocks: [KnownBlock], ranges: [Range<UInt64>] = [], copies asksForCopies: Bool = false,
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
        var copies: (read: Int, unread: Int)?
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
            if asksForCopies {
                copies = addCopies(memory, in: processes.copies(of: pid), of: blocks, to: &found, proc: processes.proc)
            }
        }
        self.blocks = found
        self.ranges = parts
        self.copies = copies
    }
}

/// What forked children have of blocks that they began with.
///
/// Of a page that n children have to themselves, max(n, 1) copies are in memory if the parent has one to itself as well, since
/// the page that all began with is then gone, and else n beside the page that is still shared. The parent's own counts as
/// ``BlockPages/unshared``.
///
/// - Returns: how many children were looked at, and how many not.
private func addCopies(
    _ memory: borrowing ProcessMemory, in children: ProcessCopies, of blocks: [KnownBlock],
    to found: inout [UInt64: BlockPages], proc: String
) -> (read: Int, unread: Int) {
    var copies: [UInt64: [UInt64: Double]] = [:]
    var read = 0
    for (child, ticks) in children.began.sorted(by: { $0.key < $1.key }) {
        guard read * blocks.count < mostCopiedBlocks, let pages = try? ProcessMemory(of: child, proc: proc) else {
            continue
        }
        read += 1
        // Ticks are rounded down: what was allocated less than one before the fork is left out, as what parent and child
        // allocated right behind it would else be taken for copies.
        let forked = Clock.monotonic(atTicks: ticks)
        for block in blocks where block.time <= forked && found[block.address] != nil {
            pages.eachExclusivePage(of: block.address, size: block.size) { page, bytes in
                copies[block.address, default: [:]][page, default: 0] += bytes
            }
        }
    }
    for block in blocks {
        guard var copied = copies[block.address] else { continue }
        memory.eachExclusivePage(of: block.address, size: block.size) { page, bytes in
            copied[page] = copied[page].map { $0 - bytes }
        }
        found[block.address]?.copied = copied.values.reduce(0, +)
    }
    return (read, children.began.count - read + children.unreadable)
}

/// Blocks of all children together, from which on no further child is looked at: some seconds.
private let mostCopiedBlocks = 1 << 21

extension TargetMemory where Self: ~Copyable {
    /// Its bytes by the state of the pages that they lie on.
    func pages(of address: UInt64, size: UInt64) -> BlockPages {
        var found = BlockPages(resident: 0, swapped: 0, unshared: 0)
        eachPage(of: address, size: size) { _, bytes, state in
            if state.contains(.resident) {
                found.resident += bytes
                if state.contains(.exclusive) { found.unshared += bytes }
            } else if state.contains(.swapped) {
                found.swapped += bytes
            }
        }
        return found
    }

    /// The pages that no other process has, with how many bytes of the block lie on each.
    fileprivate func eachExclusivePage(of address: UInt64, size: UInt64, _ body: (UInt64, Double) -> Void) {
        eachPage(of: address, size: size) { page, bytes, state in
            if state.contains([.resident, .exclusive]) { body(page, bytes) }
        }
    }

    private func eachPage(of address: UInt64, size: UInt64, _ body: (UInt64, Double, PageState) -> Void) {
        let (end, overflows) = address.addingReportingOverflow(size)
        guard size > 0, !overflows, end < 1 << 56 else { return }
        let pageSize = pageSize
        let first = address.roundedDown(to: pageSize)
        eachPage(of: first..<end.roundedUp(to: pageSize)) { page, state in
            body(page, Double(min(end, page + pageSize) - max(address, page)), state)
        }
    }
}
