// SPDX-License-Identifier: Apache-2.0
//
// Which snapshots of the past are kept.

import Testing

@testable import SiltServer

@Suite struct ThinningTests {
    private let now: UInt64 = 1_700_000_000 / 600 * 600

    private func snapshots(_ process: String, ages: some Sequence<UInt64>, bytes: UInt64 = 100) -> [PastSnapshot] {
        ages.map { PastSnapshot(process: process, time: now - $0, bytes: bytes, path: "\(process)/\(now - $0)") }
    }

    /// What is left after a snapshot a minute for two days, thinned out each time.
    @Test func aMinuteForAnHourAndTenMinutesForADay() {
        var kept: [PastSnapshot] = []
        for minute in 0..<2880 {
            let time = now - 172_800 + UInt64(minute) * 60
            kept.append(PastSnapshot(process: "a", time: time, bytes: 1, path: "\(time)"))
            let gone = Set(Thinning.superfluous(kept, now: time, budget: .max))
            kept.removeAll { gone.contains($0) }
        }
        let last = now - 60
        let ages = kept.map { last - $0.time }.sorted()
        #expect(ages.prefix(61) == (0...60).map { UInt64($0) * 60 }[...])
        #expect(ages.dropFirst(61).allSatisfy { $0 <= 86_400 })
        // 23 hours of six an hour.
        #expect((137...139).contains(ages.count - 61))
        let sparse = kept.filter { last - $0.time > 3600 }.map(\.time)
        #expect(zip(sparse, sparse.dropFirst()).allSatisfy { $1 - $0 == 600 })
    }

    @Test func overTheBudgetTheLargestLosesItsOldest() {
        let large = snapshots("large", ages: [60, 120, 180], bytes: 1000)
        let small = snapshots("small", ages: [60, 120, 180, 240], bytes: 10)
        let removed = Thinning.superfluous(large + small, now: now, budget: 2100)
        #expect(removed == [large[2]])
        #expect(Thinning.superfluous(large + small, now: now, budget: 3040) == [])
        // All that is there may be too much.
        #expect(Set(Thinning.superfluous(large + small, now: now, budget: 5)) == Set(large + small))
    }

    @Test func aClockThatWasSetBackRemovesNothing() {
        let future = [PastSnapshot(process: "a", time: now + 5000, bytes: 1, path: "f")]
        #expect(Thinning.superfluous(future, now: now, budget: 10) == [])
    }
}
