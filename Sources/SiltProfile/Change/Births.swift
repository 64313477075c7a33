// SPDX-License-Identifier: Apache-2.0
//
// Which living samples of two moments are the same allocation: those with one address and one time of birth. A million are
// found among another million, so that no sample is copied: the table holds their places.

internal import SiltFile

/// The samples of a session by what identifies an allocation within a process.
struct Births {
    private let live: LiveSamples
    /// Open addressing with linear steps; a place in `live` and one, or 0: free. At most half of it is in use.
    private var slots: [UInt32]
    private let mask: Int

    /// - Complexity: O(n) for n samples.
    init(_ live: LiveSamples) {
        self.live = live
        var size = 16
        while size < 2 * live.count { size *= 2 }
        mask = size - 1
        slots = Array(repeating: 0, count: size)
        for (place, sample) in live.enumerated() {
            var slot = Self.hash(sample) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(clamping: place + 1)
        }
    }

    /// The place of the first sample that is the same allocation; nil if none is.
    func place(of sample: LiveSample) -> Int? {
        var slot = Self.hash(sample) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if live[place].address == sample.address, live[place].time == sample.time { return place }
            slot = (slot + 1) & mask
        }
        return nil
    }

    func contains(_ sample: LiveSample) -> Bool { place(of: sample) != nil }

    /// Seeded anew in each run, so that no file can be made in which all samples meet.
    private static let seed = UInt64.random(in: 0...UInt64.max) | 1

    private static func hash(_ sample: LiveSample) -> Int {
        let product = (sample.address ^ seed).multipliedFullWidth(by: sample.time &* 0x9e37_79b9_7f4a_7c15 ^ seed)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
