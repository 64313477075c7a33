// SPDX-License-Identifier: Apache-2.0
//
// Which living samples of two moments are the same allocation: those with one address and one time of birth. A million are
// found among another million, so that no sample is copied: the table holds their places.

internal import SiltFile

/// The samples of a session by what identifies an allocation within a process.
struct Births {
    private let live: LiveSamples
    private let count: Int
    /// Open addressing with linear steps; a place in `live` and one, or 0: free. At most half of it is in use. Of samples that
    /// are the same allocation, only the first is in it.
    private var slots: [UInt32]
    private let mask: Int
    /// The sample that is looked for next is likely to be here: two dumps of one process have most samples in the same order.
    private var next = 0

    /// - Complexity: O(n) for n samples.
    init(_ live: LiveSamples) {
        self.live = live
        count = live.count
        var size = 16
        while size < 2 * count { size *= 2 }
        mask = size - 1
        slots = Array(repeating: 0, count: size)
        for (place, sample) in live.enumerated() {
            let slot = slot(of: sample)
            if slots[slot] == 0 { slots[slot] = UInt32(clamping: place + 1) }
        }
    }

    /// The place of a sample that is the same allocation; nil if none is. Of several, as only a damaged file has them, any.
    mutating func place(of sample: LiveSample) -> Int? {
        if next >= count || !Self.areSame(live[next], sample) {
            let found = slots[slot(of: sample)]
            guard found != 0 else { return nil }
            next = Int(found) - 1
        }
        next += 1
        return next - 1
    }

    mutating func contains(_ sample: LiveSample) -> Bool { place(of: sample) != nil }

    /// The slot that holds the place of such a sample, or the free one where it would be.
    private func slot(of sample: LiveSample) -> Int {
        var slot = Self.hash(sample) & mask
        while slots[slot] != 0, !Self.areSame(live[Int(slots[slot]) - 1], sample) { slot = (slot + 1) & mask }
        return slot
    }

    private static func areSame(_ one: LiveSample, _ other: LiveSample) -> Bool {
        one.address == other.address && one.time == other.time
    }

    /// Seeded anew in each run, so that no file can be made in which all samples meet.
    private static let seed = UInt64.random(in: 0...UInt64.max) | 1

    private static func hash(_ sample: LiveSample) -> Int {
        let product = (sample.address ^ seed).multipliedFullWidth(by: sample.time &* 0x9e37_79b9_7f4a_7c15 ^ seed)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
