// SPDX-License-Identifier: Apache-2.0
//
// Samples in bytes behave as an array of them does; seeded random changes are made to both.

import TestSupport
import Testing

@testable import SiltFile

@Suite struct LiveSamplesTests {
    private func sample(_ random: inout SplitMix) -> LiveSample {
        func word() -> UInt64 { UInt64.random(in: 0...UInt64.max, using: &random) }
        return LiveSample(
            address: word(), size: word(), time: word(), site: UInt32(truncatingIfNeeded: word()),
            thread: UInt32(truncatingIfNeeded: word()))
    }

    @Test func changesAreThoseOfAnArray() {
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("changesAreThoseOfAnArray: seed \(random.seed)")
        var (samples, array): (LiveSamples, [LiveSample]) = ([], [])
        for _ in 0..<500 {
            let low = Int.random(in: 0...array.count, using: &random)
            let high = Int.random(in: low...min(array.count, low + 3), using: &random)
            let new = (0..<Int.random(in: 0...3, using: &random)).map { _ in sample(&random) }
            switch Int.random(in: 0...3, using: &random) {
            case 0:
                samples.append(contentsOf: new)
                array.append(contentsOf: new)
            case 1 where low < array.count:
                samples[low].size = 7
                array[low].size = 7
            case 2:
                samples.removeAll { $0.site.isMultiple(of: 5) }
                array.removeAll { $0.site.isMultiple(of: 5) }
            default:
                samples.replaceSubrange(low..<high, with: new)
                array.replaceSubrange(low..<high, with: new)
            }
            #expect(Array(samples) == array && samples == LiveSamples(array) && samples.count == array.count)
        }
    }

    /// Larger elements than samples, and some that are left out.
    @Test(arguments: [32, 40, 33]) func elementsAreConvertedWhereTheyLie(size: Int) {
        let elements = (0..<10 * size).map { UInt8(truncatingIfNeeded: $0 / size) }
        let samples = LiveSamples(converting: elements + [1, 2, 3], ofSize: size) { bytes, index in
            // What has not been reached is as it was.
            #expect(bytes[(index * size)...].prefix(size).allSatisfy { $0 == UInt8(index) })
            return index.isMultiple(of: 3)
                ? nil : LiveSample(address: UInt64(index), size: 1, time: 2, site: 3, thread: 4)
        }
        #expect(samples.map(\.address) == [1, 2, 4, 5, 7, 8])
        #expect(samples.allSatisfy { $0.size == 1 && $0.time == 2 && $0.site == 3 && $0.thread == 4 })
    }
}
