// SPDX-License-Identifier: Apache-2.0
//
// Intervals and p-values against published limits and exact tests, computed independently (SciPy 1.17).

import Testing

@testable import SiltProfile

@Suite struct GammaDistributionTests {
    @Test(arguments: [
        (0.01, 1e-3, 0.9385706525261288), (0.5, 0.2, 0.47291074313446196), (1, 3, 0.950212931632136),
        (5, 2, 0.052653017343711125), (50, 70, 0.994859497541494), (900, 850, 0.045762494179241775),
    ])
    func probabilitiesAreThoseOfTheTables(shape: Double, x: Double, expected: Double) {
        let found = GammaDistribution(shape: shape, scale: 2).probability(atMost: 2 * x)
        #expect(abs(found / expected - 1) < 1e-9)
    }

    @Test func manySamplesAreGoodToSixDigits() {
        let found = GammaDistribution(shape: 5000, scale: 1).probability(atMost: 5100)
        #expect(abs(found - 0.9206711189223811) < 1e-6)
    }

    @Test(arguments: [0.02, 0.3, 1, 2.5, 40, 3000])
    func pointsIntegrateMomentsAndTails(shape: Double) {
        let gamma = GammaDistribution(shape: shape, scale: 3)
        var total = 0.0
        var mean = 0.0
        var square = 0.0
        gamma.forEachPoint { x, weight in
            total += weight
            mean += weight * x
            square += weight * x * x
        }
        #expect(abs(total - 1) < 1e-9)
        #expect(abs(mean / gamma.mean - 1) < 1e-4)
        #expect(abs((square - mean * mean) / gamma.variance - 1) < 1e-3)
    }

    /// Shape and scale of two, the limit of their difference, its probability (mpmath 1.3).
    @Test(arguments: [
        (0.5, 1, 0.5, 1, -2.2, 0.0244814378), (0.5, 1, 0.5, 1, 2.2, 0.9755185622),
        (0.5, 1, 0.5, 1, -0.3, 0.2765579006), (1, 1, 1, 1, -3, 0.02489353418), (1.5, 1, 0.5, 3, -2, 0.1425115568),
        (0.5, 4, 6, 1, -3, 0.6670427165), (6, 1, 0.5, 4, 3, 0.3329572835), (2, 1, 1, 1, 0, 0.25),
        (30, 1, 2, 1, 12, 0.0006175486522), (30, 1, 20, 2, -20, 0.1671047381), (2, 5, 30, 1, -25, 0.2934029009),
        (0.1, 3, 1, 1, -1, 0.3202576547), (5, 1, 1, 1, 0, 0.03125), (40, 1, 10, 1, 0, 4.631773205e-6),
    ])
    func differencesHaveTheirProbabilities(a: Double, s: Double, b: Double, t: Double, x: Double, expected: Double) {
        let first = GammaDistribution(shape: a, scale: s)
        let second = GammaDistribution(shape: b, scale: t)
        let found = GammaDistribution.probability(of: first, minus: second, atMost: x)
        #expect(abs(found / expected - 1) < 3e-3)
        let other = GammaDistribution.probability(of: second, minus: first, atMost: -x)
        #expect(abs(found + other - 1) < 1e-4)
    }

    @Test func momentsOfNothingAreAPoint() {
        let point = GammaDistribution(mean: 0, variance: 0)
        #expect(point.isPoint)
        #expect(point.probability(atMost: 0) == 1)
        #expect(point.probability(atMost: -1) == 0)
    }
}

@Suite struct ConfidenceTests {
    /// So rare a sampling that a sample stands for an interval exactly.
    private static let rare = SamplingLaw(interval: 1 << 40)
    private let bytes = Confidence(law: rare, unit: .bytes)
    private let objects = Confidence(law: rare, unit: .objects)
    private let scale = Double(1 << 40)

    private func sum(_ samples: UInt64) -> Estimate { Self.rare.bytes(samples: samples, ofSize: 1) }

    @Test(arguments: [
        (0, 0, 2.995732273553991), (1, 0.050020344835336565, 4.931860524706769),
        (3, 0.7630962977977795, 8.1644692083687), (10, 5.079521847217342, 17.82485369656969),
        (25, 16.537594890902866, 36.36073747940071),
    ])
    func smallBlocksHaveTheMidPLimitsOfAPoissonCount(samples: UInt64, lower: Double, upper: Double) {
        let interval = bytes.interval(of: sum(samples))
        #expect(abs(interval.lower / scale - lower) < 1e-4)
        #expect(abs(interval.upper / scale - upper) < 1e-4)
        let count = objects.interval(of: Self.rare.objects(samples: samples, ofSize: 1))
        #expect(abs(count.lower / scale - lower) < 1e-4)
        #expect(abs(count.upper / scale - upper) < 1e-4)
    }

    @Test(arguments: [
        (5, 0, 0.03125), (12, 3, 0.017578125), (30, 18, 0.05570144553050939), (1, 0, 0.5), (7, 5, 0.38720703125),
    ])
    func growthHasThePValueOfTheConditionalTest(came: UInt64, went: UInt64, expected: Double) {
        let change = sum(came) - sum(went)
        #expect(abs(bytes.evidence(change) / expected - 1) < 1e-3)
        #expect(abs(objects.evidence(change) / expected - 1) < 1e-3)
        #expect(abs(bytes.evidence(-change) - bytes.evidence(sum(went) - sum(came))) < 1e-12)
    }

    @Test func exactFiguresHaveNoWidth() {
        let exact = SamplingLaw(interval: 1)
        let confidence = Confidence(law: exact, unit: .bytes)
        let came = exact.bytes(samples: 3, ofSize: 100)
        #expect(confidence.interval(of: came) == Interval(lower: 300, upper: 300))
        #expect(confidence.interval(of: came - came).isExact)
        #expect(confidence.interval(of: .zero) == Interval(lower: 0, upper: 0))
        #expect(confidence.evidence(came - exact.bytes(samples: 1, ofSize: 299)) == 0)
        #expect(confidence.evidence(came - came) == 1)
        #expect(Confidence(law: exact, unit: .objects).interval(of: .zero).isExact)
    }

    @Test func hugeBlocksAreCertainSaveForWhatHidesBesideThem() {
        let law = SamplingLaw(interval: 524_288)
        let seen = law.bytes(samples: 4, ofSize: 67_108_864)
        let interval = Confidence(law: law, unit: .bytes).interval(of: seen)
        #expect(interval.lower == seen.value)
        #expect(abs((interval.upper - seen.value) / 524_288 - 2.9957) < 1e-3)
        let objects = Confidence(law: law, unit: .objects).interval(of: law.objects(samples: 4, ofSize: 67_108_864))
        #expect(objects == Interval(lower: 4, upper: 4))
    }

    @Test func whatWasSampledIsALowerLimit() {
        let law = SamplingLaw(interval: 524_288)
        let confidence = Confidence(law: law, unit: .objects)
        for samples: UInt64 in 1...30 {
            let interval = confidence.interval(of: law.objects(samples: samples, ofSize: 1_048_576))
            #expect(interval.lower >= Double(samples))
            #expect(interval.upper > law.objects(samples: samples, ofSize: 1_048_576).value)
        }
    }

    @Test func nothingSeenToComeOrGoMayStillHaveDone() {
        let interval = bytes.interval(of: .noDifference)
        #expect(abs(interval.upper / scale - 2.9957) < 1e-3)
        #expect(interval.lower == -interval.upper)
    }

    @Test func intervalAndTestAgree() {
        for came: UInt64 in 0...12 {
            for went: UInt64 in 0...12 {
                let change = sum(came) - sum(went)
                if bytes.evidence(change) < 0.025 { #expect(bytes.interval(of: change).lower > 0) }
                if bytes.evidence(-change) < 0.025 { #expect(bytes.interval(of: change).upper < 0) }
            }
        }
    }
}
