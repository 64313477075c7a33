// SPDX-License-Identifier: Apache-2.0
//
// Which changes are told from noise when many are looked at together.

import SiltProfile
import TestSupport
import Testing

/// A change in samples of tiny blocks: each stands for the interval.
private func change(_ law: SamplingLaw, came: UInt64, went: UInt64) -> Estimate {
    law.bytes(samples: came, ofSize: 1) - law.bytes(samples: went, ofSize: 1)
}

@Suite struct SignificanceTests {
    private let law = SamplingLaw(interval: 1 << 30)
    private var confidence: Confidence { Confidence(law: law, unit: .bytes) }

    @Test func sixSamplesThatCameAndNoneThatWentAreGrowth() {
        // Two-sided p = 2 · 2⁻⁶ = 0.031; with five it is 0.0625.
        #expect(confidence.judge([change(law, came: 6, went: 0)]).map(\.change) == [.grew])
        #expect(confidence.judge([change(law, came: 0, went: 6)]).map(\.change) == [.shrank])
        #expect(confidence.judge([change(law, came: 5, went: 0)]).map(\.change) == [.withinNoise])
    }

    /// Where nothing is sampled, nothing of it varies; whose it was, nobody knows.
    @Test func whatAnExactRecordLostMayBeMoreThanWhatGrew() {
        let law = SamplingLaw(interval: 1)
        func changes(missing: Double) -> [Judgement.Change] {
            let changes = [8.0, 900].map { size in
                var change = law.bytes(samples: 1, ofSize: size) - law.bytes(samples: 0, ofSize: size)
                change.removed?.missing = missing
                return change
            }
            return Confidence(law: law, unit: .bytes).judge(changes).map(\.change)
        }
        #expect(changes(missing: 0) == [.grew, .grew])
        #expect(changes(missing: 50) == [.withinNoise, .grew])
    }

    @Test func manyTestsNeedMoreEvidence() {
        let quiet = Array(repeating: change(law, came: 10, went: 10), count: 19)
        // 2 · 2⁻⁶ is above 0.05 / 20, 2 · 2⁻¹⁰ = 0.00195 is below.
        #expect(confidence.judge([change(law, came: 6, went: 0)] + quiet)[0].change == .withinNoise)
        #expect(confidence.judge([change(law, came: 10, went: 0)] + quiet)[0].change == .grew)
    }

    @Test func sitesThatCannotTellDoNotHideThoseThatCan() {
        // Three samples can at best have p = 0.25: a thousand such sites cost nothing.
        let hopeless = Array(repeating: change(law, came: 2, went: 1), count: 1000)
        let judgements = confidence.judge([change(law, came: 6, went: 0)] + hopeless)
        #expect(judgements[0].change == .grew)
        #expect(judgements.dropFirst().allSatisfy { $0.change == .withinNoise })
    }

    @Test func onceTheGreatestIsToldTheOthersAreEasier() {
        // 8 samples: p = 0.0078 is above 0.05/7 = 0.0071, but below 0.05/6 once the first is told.
        let changes =
            [change(law, came: 30, went: 0), change(law, came: 8, went: 0)]
            + Array(repeating: change(law, came: 10, went: 10), count: 5)
        #expect(confidence.judge(changes).prefix(2).map(\.change) == [.grew, .grew])
        #expect(confidence.judge(Array(changes.dropFirst())).map(\.change).first == .grew)
        #expect(confidence.judge(Array(changes[1...]) + [change(law, came: 10, went: 10)])[0].change == .withinNoise)
    }

    @Test func exactFiguresAreNeverNoise() {
        let exact = SamplingLaw(interval: 1)
        let confidence = Confidence(law: exact, unit: .bytes)
        let one = exact.bytes(samples: 1, ofSize: 16)
        let judgements = confidence.judge([one - .zero, .noDifference - one, one - one])
        #expect(judgements.map(\.change) == [.grew, .shrank, .withinNoise])
        #expect(judgements[2].requirement == nil)
    }

    @Test func whatItTakesIsTheFactorBetweenSignalAndNoise() {
        // 4 came, 1 went: value 3, variance 5 in units of the interval; (1.96 + 0.84)² · 5 / 9 = 4.3556.
        let judgement = confidence.judge([change(law, came: 4, went: 1)], elapsed: .seconds(60))[0]
        #expect(judgement.change == .withinNoise)
        let wait = judgement.requirement?.wait.map { $0 / .seconds(1) } ?? 0
        #expect(abs(wait - 60 * 4.3555) < 0.05)
        #expect(judgement.requirement?.interval == UInt64(Double(1 << 30) / (wait / 60)))
        #expect(confidence.judge([change(law, came: 2, went: 2)])[0].requirement == nil)
    }

    /// As much as is at hand is never what it takes.
    @Test func moreIsAskedForThanIsAtHand() {
        let requirement = confidence.judge([change(law, came: 5, went: 0)], elapsed: .seconds(60))[0].requirement
        #expect(requirement?.wait == .seconds(120))
        #expect(requirement?.interval == 1 << 29)
    }

    @Test func aServiceThatStaysAsItIsSeldomAlarms() {
        var random = SplitMix(seed: 11)
        var alarms = 0
        for _ in 0..<400 {
            let changes = (0..<30).map { site in
                let mean = Double(site % 6) * 3
                return change(law, came: random.poisson(mean), went: random.poisson(mean))
            }
            if confidence.judge(changes).contains(where: { $0.change != .withinNoise }) { alarms += 1 }
        }
        // At most 5 % are promised; 400 reports, seed 11.
        #expect(alarms <= 20)
    }
}
