// SPDX-License-Identifier: Apache-2.0
//
// Frees that the shim did not see: by another name, or by the allocator's own. How many were noticed, and whether figures of
// what is in use can still be counted on. It corrects no figure: nobody knows what else was freed.

/// Frees that did not pass through libsilt.so, noticed when the memory was handed out again.
package struct MissedFrees: Hashable, Sendable {
    package var count: UInt64
    /// Whether they are so many that any of what shows as in use may have been freed, too: then it has no lower limit.
    package var mayMatter: Bool

    package init(count: UInt64, mayMatter: Bool) {
        self.count = count
        self.mayMatter = mayMatter
    }
}

extension Profile {
    /// Those of all its processes; nil: none was noticed.
    package var missedFrees: MissedFrees? {
        notes.reduce(nil) { sum, note in
            guard let missed = note.missedFrees else { return sum }
            return MissedFrees(
                count: (sum?.count ?? 0).addingSaturated(missed.count),
                mayMatter: sum?.mayMatter ?? false || missed.mayMatter)
        }
    }
}

extension Note {
    fileprivate var missedFrees: MissedFrees? {
        switch self {
        case .missedFrees(let missed): missed
        case .ofProcess(_, let note): note.missedFrees
        default: nil
        }
    }
}
