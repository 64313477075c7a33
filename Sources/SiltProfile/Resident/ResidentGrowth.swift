// SPDX-License-Identifier: Apache-2.0
//
// How resident memory changed over snapshots, and how much of that malloc can explain. The kernel counts what is
// resident, so that only malloc's part is uncertain. It must never take a snapshot that does not tell for one of 0 bytes.

/// What was resident at each snapshot, beside the growth of what malloc gave.
package struct ResidentGrowth: Hashable, Sendable {
    /// What the kernel counted at one snapshot, all its processes together.
    package struct Level: Hashable, Sendable {
        /// Bytes.
        package var total: UInt64
        /// Of these, pages of files and of shared memory; nil: not known.
        package var files: UInt64?

        package init(total: UInt64, files: UInt64? = nil) {
            self.total = total
            self.files = files
        }
    }

    /// In the order of the snapshots; two at least.
    package let levels: [Level]
    /// Growth of the bytes in use, from the first snapshot to the last; of the whole heap, whatever a report shows of it.
    package let heap: Estimate
    package let heapInterval: Interval
    /// The same by parts, of the first and the last snapshot; nil: nobody has asked.
    package var parts: PartGrowth?

    /// - Parameter levels: nil for a snapshot that does not tell; then nothing can be said.
    package init?(_ levels: [Level?], heap: Estimate, confidence: Confidence) {
        let known = levels.compactMap(\.self)
        guard known.count == levels.count, known.count > 1 else { return nil }
        self.levels = known
        self.heap = heap
        heapInterval = confidence.interval(of: heap)
    }

    package var first: Level { levels[0] }
    package var last: Level { levels[levels.count - 1] }

    /// Bytes, from the first snapshot to the last; negative: less is resident.
    package var growth: Double { Double(last.total) - Double(first.total) }

    /// The part of files and shared memory in ``growth``; nil: not known.
    package var fileGrowth: Double? {
        guard let before = first.files, let after = last.files else { return nil }
        return Double(after) - Double(before)
    }

    /// Bytes of ``growth`` that are surely neither in use by malloc's callers nor of files; never negative.
    package var elsewhere: Double { max(0, growth - max(0, heapInterval.upper) - max(0, fileGrowth ?? 0)) }
}
