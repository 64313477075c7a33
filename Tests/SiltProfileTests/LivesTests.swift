// SPDX-License-Identifier: Apache-2.0
//
// Samples that are added up in one pass come to what each of them adds by itself, and those of several snapshots are matched
// as by comparing each with each. Random sessions: the seed is in the test's name.

import SiltFile
import TestSupport
import Testing

@testable import SiltProfile

@Suite struct LivesTests {
    /// Samples of few addresses, times, sites and sizes, so that many are alike and some are the same twice.
    private func samples(_ count: Int, _ random: inout SplitMix) -> [LiveSample] {
        (0..<count).map { _ in
            LiveSample(
                address: UInt64.random(in: 1...30, using: &random),
                size: [16, 48, 100_000].randomElement(using: &random) ?? 0,
                time: UInt64.random(in: 1...3, using: &random), site: UInt32.random(in: 1...4, using: &random),
                thread: 7)
        }
    }

    private func session(interval: UInt64, _ live: [LiveSample]) -> Session {
        var one = SiltProfileTests.session(
            header(interval: interval), stacks: [1: [0x1000]],
            sites: [1: site(stack: 1), 2: site(stack: 1), 3: site(stack: 1)], live: live)
        one.sites[2]?.interval = 4096
        return one
    }

    private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func sumsAreThoseOfTheSamples(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let one = session(interval: [1, 1000, 524_288].randomElement(using: &random) ?? 1, samples(200, &random))
        let sums = LivingSums(of: one).bySite
        #expect(sums.map(\.site) == Set(one.live.map(\.site)).sorted())
        for (site, sum) in sums {
            let mine = one.live.filter { $0.site == site }
            let law = one.law(of: site)
            let objects = mine.reduce(.zero) { $0 + law.objects(samples: 1, ofSize: Double($1.size)) } as Estimate
            let space = mine.reduce(.zero) { $0 + law.bytes(samples: 1, ofSize: Double($1.size)) } as Estimate
            #expect(sum.samples == UInt64(mine.count) && sum.bytes == mine.reduce(0) { $0 + $1.size })
            for (a, b) in [(sum.objects, objects), (sum.space, space)] {
                #expect(isClose(a.value, b.value) && isClose(a.variance, b.variance))
                #expect(isClose(a.added.seen, b.added.seen) && a.added.oneMore == b.added.oneMore)
                #expect(a.samples == b.samples && a.sizes == b.sizes && a.removed == nil)
            }
        }
    }

    /// As a hostile file may have them.
    @Test func sumsBeyondSixtyFourBitsAreTheLargestNumber() {
        let most = (1 << 48) - 1 as UInt64
        let sizes = Array(repeating: most, count: 70_000) + [1, most]
        let one = session(interval: 1, sizes.map { LiveSample(address: 1, size: $0, time: 1, site: 1, thread: 1) })
        #expect(LivingSums(of: one).bySite.map(\.allocations.bytes) == [.max])
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func birthsAreFoundAsInASet(seed: UInt64) {
        struct Birth: Hashable { var address, time: UInt64 }
        var random = SplitMix(seed: seed)
        let (one, other) = (samples(Int(seed) * 3 - 3, &random), samples(100, &random))
        var births = Births(LiveSamples(one))
        let known = Set(one.map { Birth(address: $0.address, time: $0.time) })
        for sample in other {
            let place = births.place(of: sample)
            #expect((place != nil) == known.contains(Birth(address: sample.address, time: sample.time)))
            if let place {
                #expect(one[place].address == sample.address && one[place].time == sample.time)
            }
        }
    }

    /// Each sample of which the other moment has any that is the same stays, however often a file has it.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func whatCameAndWentIsWhatOnlyOneMomentHas(seed: UInt64) {
        struct Birth: Hashable { var address, time: UInt64 }
        func birth(_ sample: LiveSample) -> Birth { Birth(address: sample.address, time: sample.time) }
        func bytes(_ sums: LivingSums) -> [UInt32: UInt64] {
            Dictionary(uniqueKeysWithValues: sums.bySite.map { ($0.site, $0.allocations.bytes) })
        }
        func bytes(_ samples: [LiveSample]) -> [UInt32: UInt64] {
            Dictionary(samples.map { ($0.site, $0.size) }, uniquingKeysWith: +)
        }
        var random = SplitMix(seed: seed)
        let old = samples(Int(seed) * 3 - 3, &random)
        let kept = old.filter { _ in Bool.random(using: &random) }
        let new = (samples(40, &random) + kept).shuffled(using: &random)
        let turnover = Turnover(from: session(interval: 1000, old), to: session(interval: 1000, new))
        let (before, after) = (Set(old.map(birth)), Set(new.map(birth)))
        #expect(bytes(turnover.before) == bytes(old) && bytes(turnover.after) == bytes(new))
        #expect(bytes(turnover.gone) == bytes(old.filter { !after.contains(birth($0)) }))
        #expect(bytes(turnover.come) == bytes(new.filter { !before.contains(birth($0)) }))
    }

    /// Against the plain way: a table of all births, each with the snapshots at which it was seen.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func livesAreThoseOfEachSampleByItself(seed: UInt64) {
        struct Birth: Hashable { var address, time: UInt64 }
        struct Life: Hashable {
            var session: Int
            var snapshots: [Int]
            var site: UInt32
        }
        var random = SplitMix(seed: seed)
        let count = Int.random(in: 1...5, using: &random)
        // A process need not be in every snapshot.
        let process = (0..<count).map { number in
            (snapshot: 2 * number, session: session(interval: 1000, unique(samples(60, &random))))
        }
        var lives: [Birth: Life] = [:]
        var bytes: [Birth: UInt64] = [:]
        for (number, point) in process.enumerated() {
            for sample in point.session.live {
                let birth = Birth(address: sample.address, time: sample.time)
                lives[birth, default: Life(session: number, snapshots: [], site: sample.site)].snapshots
                    .append(point.snapshot)
                bytes[birth] = bytes[birth] ?? sample.size
            }
        }
        var expected: [Life: UInt64] = [:]
        for (birth, life) in lives { expected[life, default: 0] += bytes[birth, default: 0] }
        var found: [Life: UInt64] = [:]
        for group in Lives(process).groups {
            for (site, allocations) in group.sums.bySite {
                let life = Life(session: group.session, snapshots: group.snapshots, site: site)
                #expect(found[life] == nil)
                found[life] = allocations.bytes
            }
        }
        #expect(found == expected)
    }

    private func unique(_ samples: [LiveSample]) -> [LiveSample] {
        var known: Set<[UInt64]> = []
        return samples.filter { known.insert([$0.address, $0.time]).inserted }
    }

    @Test func anAllocationThatAFileHasTwiceCountsTwiceAtThatSnapshot() {
        let one = session(interval: 1, [live(0x100, size: 48), live(0x100, size: 48)])
        let groups = Lives([(0, one), (1, one)]).groups
        let sums = groups.map { ($0.snapshots, $0.sums.bySite.map(\.allocations.samples)) }
        let alive = [0, 1].map { snapshot in
            sums.filter { $0.0.contains(snapshot) }.reduce(0) { $0 + $1.1.reduce(0, +) }
        }
        #expect(alive == [2, 2])
    }
}
