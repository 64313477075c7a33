// SPDX-License-Identifier: Apache-2.0
//
// Which living samples of two moments are the same allocation: those with one address and one time of birth. A million are
// found among another million, so that no sample is copied: the table holds their places.

internal import SiltFile

/// The samples of a session by what identifies an allocation within a process.
struct Births {
    private let live: LiveSamples
    private let count: Int
    /// Open addressing with linear steps, at most half in use. In the low bits a place in `live` and one, 0: free; in the
    /// others as much of the sample's hash as there is room for, so that hardly any other sample is looked at.
    private var slots: [UInt32]
    private let placeBits: UInt32
    /// The sample that is looked for next is likely to be here: two dumps of one process have most samples in the same order.
    private var next = 0
    /// Samples that are the same allocation as one before, and the first of these. Only a damaged file has any.
    private var copies: [(place: Int, first: Int)] = []

    /// - Complexity: O(n) for n samples.
    init(_ live: LiveSamples) {
        self.live = live
        count = live.count
        var bits = 4
        while 1 << bits < 2 * count { bits += 1 }
        slots = Array(repeating: 0, count: 1 << bits)
        placeBits = UInt32(clamping: slots.count - 1)
        for (place, sample) in live.enumerated() {
            let hash = Self.hash(sample)
            let slot = slot(of: sample, hash)
            if slots[slot] == 0 {
                slots[slot] = tag(hash) | UInt32(clamping: place + 1)
            } else {
                copies.append((place, self.place(in: slot)))
            }
        }
    }

    /// The place of a sample that is the same allocation; nil if none is. Of several, any.
    mutating func place(of sample: LiveSample) -> Int? {
        if next >= count || !Self.areSame(live[next], sample) {
            let slot = slot(of: sample, Self.hash(sample))
            guard slots[slot] != 0 else { return nil }
            next = place(in: slot)
        }
        next += 1
        return next - 1
    }

    /// Has all samples that are the same allocation marked if one of them is.
    ///
    /// - Parameter marks: one for each sample.
    func markCopies(in marks: inout [Bool]) {
        for (place, first) in copies where marks[place] { marks[first] = true }
        for (place, first) in copies where marks[first] { marks[place] = true }
    }

    /// The slot that holds the place of such a sample, or the free one where it would be.
    private func slot(of sample: LiveSample, _ hash: UInt64) -> Int {
        let (tag, mask) = (tag(hash), slots.count - 1)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] & ~placeBits == tag, Self.areSame(live[place(in: slot)], sample) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func place(in slot: Int) -> Int { Int(slots[slot] & placeBits) - 1 }

    private func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) & ~placeBits }

    private static func areSame(_ one: LiveSample, _ other: LiveSample) -> Bool {
        one.address == other.address && one.time == other.time
    }

    /// Seeded anew in each run, so that no file can be made in which all samples meet.
    private static let seed = UInt64.random(in: 0...UInt64.max) | 1

    private static func hash(_ sample: LiveSample) -> UInt64 {
        let product = (sample.address ^ seed).multipliedFullWidth(by: sample.time &* 0x9e37_79b9_7f4a_7c15 ^ seed)
        return product.high ^ product.low
    }
}
