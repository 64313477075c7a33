// SPDX-License-Identifier: Apache-2.0
//
// Known answers of the sampling law.

import SiltProfile
import Testing

private let e = 2.718281828459045

@Suite struct SamplingLawTests {
    @Test func everyAllocationIsCertainAtIntervalOne() {
        let law = SamplingLaw(interval: 1)
        #expect(law.probability(ofSize: 0) == 1)
        #expect(law.probability(ofSize: 1) == 1)
        let bytes = law.bytes(samples: 3, ofSize: 100)
        #expect(bytes.added == Estimate.Sum(value: 300, seen: 300, variance: 0, samples: 3))
        #expect(law.objects(samples: 3, ofSize: 0).value == 3)
        #expect(law.bytes(samples: 3, ofSize: 0).value == 0)
    }

    @Test func allocationsOfNoBytesAreNeverSampled() {
        #expect(SamplingLaw(interval: 1000).probability(ofSize: 0) == 0)
    }

    @Test func anAllocationOfTheIntervalHasProbabilityOneMinusOneOverE() {
        let law = SamplingLaw(interval: 1000)
        let p = 1 - 1 / e
        #expect(abs(law.probability(ofSize: 1000) - p) < 1e-15)
        let bytes = law.bytes(samples: 2, ofSize: 1000)
        #expect(abs(bytes.value - 2000 / p) < 1e-9)
        #expect(bytes.added.seen == 2000)
        #expect(abs(bytes.variance - 2e6 * (1 - p) / (p * p)) < 1e-6)
        let objects = law.objects(samples: 2, ofSize: 1000)
        #expect(abs(objects.value - 2 / p) < 1e-12)
        #expect(abs(objects.variance - 2 * (1 - p) / (p * p)) < 1e-12)
    }

    @Test func aSampleOfSmallObjectsStandsForTheInterval() {
        let law = SamplingLaw(interval: 524_288)
        // p = s/R − (s/R)²/2 + …: s/p = R + s/2 to first order.
        #expect(abs(law.bytes(samples: 1, ofSize: 1).value - 524_288.5) < 1e-4)
        #expect(abs(law.bytes(samples: 1, ofSize: 64).value - (524_288 + 32)) < 1e-2)
    }

    @Test func hugeAllocationsAreCertain() {
        let bytes = SamplingLaw(interval: 524_288).bytes(samples: 1, ofSize: 1e9)
        #expect(bytes.value == 1e9)
        #expect(bytes.variance == 0)
    }

    @Test func figuresOfOthersRecoverTheirSamples() {
        let law = SamplingLaw(interval: 524_288)
        let objects = law.objects(samples: 40, ofSize: 4096)
        let bytes = law.bytes(samples: 40, ofSize: 4096)
        let recovered = law.recovered(objects: objects.value, bytes: bytes.value)
        #expect(recovered.objects.samples == 40)
        #expect(abs(recovered.objects.variance / objects.variance - 1) < 1e-9)
        #expect(abs(recovered.bytes.variance / bytes.variance - 1) < 1e-9)
        #expect(abs(recovered.bytes.added.seen - 40 * 4096) < 1e-6)
        #expect(law.recovered(objects: -objects.value, bytes: -bytes.value).bytes.value == -bytes.value)
    }
}

@Suite struct EstimateTests {
    private let a = Estimate(added: .init(value: 10, seen: 4, variance: 9, samples: 2))
    private let b = Estimate(added: .init(value: 3, seen: 1, variance: 4, samples: 1))

    @Test func sumsAddUpOnEachSide() {
        #expect((a + b).added == .init(value: 13, seen: 5, variance: 13, samples: 3))
        #expect((a + b).removed == nil)
    }

    @Test func differencesKeepBothSidesAndAddVariances() {
        let difference = a - b
        #expect(difference.value == 7)
        #expect(difference.variance == 13)
        #expect(difference.samples == 3)
        #expect(difference.removed == b.added)
        #expect((-difference).value == -7)
        #expect((difference + b).added.value == 13)
    }

    @Test func scalingSquaresTheVariance() {
        #expect(a.scaled(by: 0.5).value == 5)
        #expect(a.scaled(by: 0.5).variance == 2.25)
    }

    @Test func aNegativeValueIsSomethingRemoved() {
        let lost = Estimate(value: -5, variance: 1, samples: 2)
        #expect(lost.value == -5)
        #expect(lost.added.value == 0)
        #expect(lost.removed?.value == 5)
    }
}
