// SPDX-License-Identifier: Apache-2.0
//
// What a reader's dump keeps of its process's memory: of each living block what it has of the pages, and where all that
// was resident is. Values as they were found when the dump was made; it looks at no process.

/// Bytes of one living block.
package struct LivePages: Sendable, Hashable {
    /// Of its own bytes: in memory, in swap.
    package var resident: UInt64
    package var swapped: UInt64
    /// Of ``resident``: on pages that another process has as well.
    package var shared: UInt64
    /// Its part of the free bytes of the pages that it lies on; nil: no walk of the heap has met it.
    package var pinned: UInt64?

    package init(resident: UInt64, swapped: UInt64, shared: UInt64, pinned: UInt64?) {
        self.resident = resident
        self.swapped = swapped
        self.shared = shared
        self.pinned = pinned
    }
}

/// A figure of the process, in bytes but for ``arenas`` and ``largeBlocks``; see `enum silt_figure_kind`.
package enum MemoryFigure: UInt32, Sendable, CaseIterable {
    case inUse = 2
    case returnable = 4
    case pinned = 5
    case resident = 6
    case overhead, stacks, files, shared, profiler, unknown, mapped
    case untouched = 20
    case swapped, pageTables, proportional, arenas, cached, kept, untrusted, largeBlocks
}
