// SPDX-License-Identifier: Apache-2.0
//
// What must hold for any sessions, tried on random ones. Each case is a seed, which the test's name shows.

import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@Suite struct PropertyTests {
    /// Two snapshots of one process: some samples stayed, some went, some came; sites only grew.
    private func snapshots(seed: UInt64) -> (Session, Session) {
        var random = SplitMix(seed: seed)
        let interval = [1, 1000, 524_288].randomElement(using: &random) ?? 1
        let stacks = Dictionary(
            uniqueKeysWithValues: (UInt32(1)...9).map { id in
                (
                    id,
                    (0..<Int.random(in: 1...6, using: &random)).map { _ in
                        UInt64.random(in: 0x1000..<0x1100, using: &random)
                    }
                )
            })
        func sample(at address: UInt64, time: UInt64) -> LiveSample {
            live(
                address << 12, size: UInt64.random(in: 0...100_000, using: &random), at: time,
                site: UInt32.random(in: 1...10, using: &random))
        }
        let first = (0..<40).map { sample(at: $0, time: 101) }
        // Addresses are used again.
        let second = first.filter { _ in Bool.random(using: &random) } + (20..<60).map { sample(at: $0, time: 120) }
        let sites = Dictionary(
            uniqueKeysWithValues: (UInt32(1)...9).map { ($0, site(stack: $0, samples: 50, bytes: 50_000)) })
        let later = sites.mapValues { known in
            let more = UInt64.random(in: 0...9, using: &random)
            return site(stack: known.stack, samples: 50 + more, bytes: 50_000 + more * 700)
        }
        return (
            session(header(interval: UInt64(interval), dumpedAfter: 10), stacks: stacks, sites: sites, live: first),
            session(header(interval: UInt64(interval), dumpedAfter: 30), stacks: stacks, sites: later, live: second)
        )
    }

    private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func aDiffIsTheDifferenceOfTheProfiles(seed: UInt64) {
        let (first, second) = snapshots(seed: seed)
        let before = Profile.heap([first], symbols: AddressNames())
        let after = Profile.heap([second], symbols: AddressNames())
        let within = Diff(from: first, to: second, symbols: AddressNames())
        let between = Diff(from: before, to: after)
        for kind in [Profile.Kind.inuseObjects, .inuseSpace] {
            let growth = after.total(kind).value - before.total(kind).value
            #expect(isClose(within.profile.total(kind).value, growth))
            #expect(isClose(between.profile.total(kind).value, growth))
            #expect(within.profile.total(kind).variance <= between.profile.total(kind).variance * (1 + 1e-9))
            let leaves = between.profile.leaves(kind)
            for (leaf, value) in within.profile.leaves(kind) { #expect(isClose(value, leaves[leaf] ?? 0)) }
        }
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func theOtherWayRoundIsTheNegative(seed: UInt64) {
        let (first, second) = snapshots(seed: seed)
        let forth = Diff(from: first, to: second, symbols: AddressNames()).profile
        let back = Diff(from: second, to: first, symbols: AddressNames()).profile
        for kind in Profile.Kind.heap {
            #expect(isClose(forth.total(kind).value, -back.total(kind).value))
            #expect(isClose(forth.total(kind).variance, back.total(kind).variance))
        }
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func aTrendOfTwoIsTheirDiff(seed: UInt64) {
        let (first, second) = snapshots(seed: seed)
        let diff = Diff(from: first, to: second, symbols: AddressNames())
        let trend = Trend(of: [[first], [second]], symbols: AddressNames())
        for kind in [Profile.Kind.inuseObjects, .inuseSpace] {
            #expect(isClose(trend.profile.total(kind).value, diff.profile.total(kind).value))
            #expect(isClose(trend.profile.total(kind).variance, diff.profile.total(kind).variance))
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func anIntervalHoldsItsValueAndWidensWithConfidence(seed: UInt64) throws {
        let (first, second) = snapshots(seed: seed)
        let diff = Diff(from: first, to: second, symbols: AddressNames())
        for kind in Profile.Kind.heap {
            let confidence = try #require(diff.profile.confidence(in: kind))
            for sample in diff.profile.samples {
                let column = try #require(diff.profile.kinds.firstIndex(of: kind))
                let estimate = sample.values[column]
                let narrow = confidence.interval(of: estimate, level: 0.8)
                let wide = confidence.interval(of: estimate, level: 0.99)
                let slack = 1e-6 * max(1, wide.upper - wide.lower, estimate.value.magnitude)
                #expect(narrow.lower >= wide.lower - slack && narrow.upper <= wide.upper + slack)
                #expect(wide.lower <= estimate.value + slack && estimate.value <= wide.upper + slack)
            }
        }
    }

    @Test func intervalsOfFewSamplesHoldTheTruth() {
        let law = SamplingLaw(interval: 1 << 30)
        let confidence = Confidence(law: law, unit: .bytes)
        var random = SplitMix(seed: 5)
        var sums = 0
        var differences = 0
        for run in 0..<1000 {
            let means = (came: 1 + Double(run % 20), went: Double(run % 7))
            let came = law.bytes(samples: random.poisson(means.came), ofSize: 1)
            let went = law.bytes(samples: random.poisson(means.went), ofSize: 1)
            let scale = Double(law.interval)
            if confidence.interval(of: came).contains(means.came * scale) { sums += 1 }
            if confidence.interval(of: came - went).contains((means.came - means.went) * scale) { differences += 1 }
        }
        // 95 % of 1,000 runs, seed 5; three standard errors are 21.
        #expect((929...971).contains(sums))
        #expect((929...975).contains(differences))
    }
}
