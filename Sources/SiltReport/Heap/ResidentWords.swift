// SPDX-License-Identifier: Apache-2.0
//
// How the parts of resident memory are called: in a table, in a sentence, and by scripts, for which the names are promised.

import SiltProfile

extension ResidentMemory {
    /// Those that are worth a line, in their own order: that a program has no shared memory, nobody asks.
    var shownParts: [(part: Part, bytes: UInt64)] {
        Part.allCases.compactMap { part in
            guard let bytes = parts[part], bytes > 0 || !part.hasMappingsOfItsOwn else { return nil }
            return (part, bytes)
        }
    }
}

extension ResidentMemory.Part {
    /// In a table.
    func words(isWalked: Bool) -> String {
        switch self {
        case .heapInUse: "heap in use"
        case .returnable: "heap, free: malloc_trim(0) would give it back"
        case .pinned: "heap, free: pinned by blocks on the same pages"
        case .allocator:
            isWalked ? "allocator: its data, caches, free memory that it keeps" : "allocator overhead and fragmentation"
        case .stacks: "thread stacks"
        case .files: "files: program, libraries, data"
        case .mapped: "anonymous memory that the program mapped"
        case .shared: "shared memory"
        case .profiler: "the profiler itself"
        case .unknown: "unknown"
        }
    }

    /// In a sentence that lists parts.
    var shortWords: String {
        switch self {
        case .heapInUse: "heap in use"
        case .returnable: "free and returnable"
        case .pinned: "free but pinned"
        case .allocator: "allocator"
        case .stacks: "thread stacks"
        case .files: "files"
        case .mapped: "mapped by the program"
        case .shared: "shared memory"
        case .profiler: "profiler"
        case .unknown: "unknown"
        }
    }

    /// As scripts know it.
    var key: String {
        switch self {
        case .heapInUse: "heap_in_use_bytes"
        case .returnable: "returnable_bytes"
        case .pinned: "pinned_bytes"
        case .allocator: "allocator_bytes"
        case .stacks: "thread_stack_bytes"
        case .files: "file_bytes"
        case .mapped: "program_mapped_bytes"
        case .shared: "shared_bytes"
        case .profiler: "profiler_bytes"
        case .unknown: "unknown_bytes"
        }
    }
}
