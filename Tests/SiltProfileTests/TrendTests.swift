// SPDX-License-Identifier: Apache-2.0
//
// Growth over several snapshots, and the courses that figures take.

import SiltFile
import SiltProfile
import SiltSymbols
import Testing

/// Snapshots ten seconds apart, of blocks of `size`; each element lists the numbers of the blocks alive.
private func snapshots(_ alive: [[UInt64]], size: UInt64 = 100, interval: UInt64 = 1) -> [[Session]] {
    alive.enumerated().map { index, blocks in
        [
            session(
                header(interval: interval, dumpedAfter: 10 * UInt64(index + 1)), stacks: [1: [0x1100]],
                sites: [1: site(stack: 1, samples: 50, bytes: 50 * size)],
                live: blocks.map { live($0 << 12, size: size) })
        ]
    }
}

@Suite struct TrendTests {
    @Test func twoSnapshotsAreTheDiff() {
        let points = snapshots([[1, 2, 3], [1, 4, 5, 6]], interval: 1000)
        let trend = Trend(of: points, symbols: AddressNames())
        let diff = Diff(from: points[0][0], to: points[1][0], symbols: AddressNames())
        let fitted = trend.profile.total(.inuseSpace)
        let growth = diff.profile.total(.inuseSpace)
        #expect(abs(fitted.value - growth.value) < 1e-9)
        #expect(abs(fitted.variance - growth.variance) < 1e-6)
        #expect(fitted.samples == growth.samples)
        #expect(trend.elapsed == .seconds(10))
        #expect(trend.relation == .sameProcess)
    }

    @Test func exactGrowthIsFittedExactly() {
        let trend = Trend(of: snapshots([[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]), symbols: AddressNames())
        let fitted = trend.profile.total(.inuseSpace)
        #expect(abs(fitted.value - 300) < 1e-9)
        #expect(abs((trend.perSecond(fitted)?.value ?? 0) - 10) < 1e-9)
        let course = trend.course(of: trend.profile.samples[0].values)
        #expect(course.levels.map(\.value) == [100, 200, 300, 400])
        #expect(course.changes.map(\.value) == [100, 100, 100])
        #expect(course.growth.value == 300)
    }

    @Test func whatStayedAddsNothing() {
        let trend = Trend(of: snapshots([[1, 2], [1, 2], [1, 2]], interval: 1000), symbols: AddressNames())
        #expect(trend.profile.total(.inuseSpace).samples == 0)
        #expect(trend.profile.samples.count == 1)
        #expect(trend.course(of: trend.profile.samples[0].values).levels.map(\.samples) == [2, 2, 2])
    }

    @Test func orderOfSnapshotsDoesNotMatter() {
        let points = snapshots([[1], [1, 2], [1, 2, 3]])
        let trend = Trend(of: [points[2], points[0], points[1]], symbols: AddressNames())
        #expect(abs(trend.profile.total(.inuseSpace).value - 200) < 1e-9)
        #expect(trend.moments == [.zero, .seconds(10), .seconds(20)])
    }

    @Test func aSampleThatCameAndWentCountsByItsPlaceInTime() {
        // Four moments, equal weights: c = (−0.9, −0.3, 0.3, 0.9). Alive at the second only: −0.3 of its bytes.
        let trend = Trend(of: snapshots([[], [1], [], []]), symbols: AddressNames())
        #expect(abs(trend.profile.total(.inuseSpace).value + 30) < 1e-9)
        let course = trend.course(of: trend.profile.samples[0].values)
        #expect(course.changes.map(\.value) == [100, -100, 0])
        #expect(course.growth.value == 0)
    }
}

@Suite struct CourseTests {
    private func shape(_ alive: [[UInt64]]) -> Course.Shape? {
        let trend = Trend(of: snapshots(alive), symbols: AddressNames())
        guard let confidence = trend.profile.confidence(in: .inuseSpace), let sample = trend.profile.samples.first
        else { return nil }
        let course = trend.course(of: sample.values)
        return course.shape(judged: confidence.judge([course.fitted])[0].change, by: confidence)
    }

    private func blocks(_ counts: [UInt64]) -> [[UInt64]] { counts.map { count in Array(1...max(1, count)) } }

    @Test func growthOnAndOnIsSteady() {
        #expect(shape(blocks([10, 20, 31, 39, 50])) == .steady)
        #expect(shape(blocks([10, 12, 14])) == .steady)
    }

    @Test func growthOnceIsAStepWithItsPlace() {
        #expect(shape(blocks([10, 10, 50, 50, 50])) == .step(2))
        #expect(shape(blocks([1, 40, 44, 45, 45])) == .step(1))
        #expect(shape(blocks([10, 10, 10, 50])) == .step(3))
    }

    @Test func upAndDownIsChurn() {
        #expect(shape(blocks([10, 60, 12, 55, 13, 58])) == .churn)
    }

    @Test func nothingButNoiseIsFlat() {
        #expect(shape(blocks([10, 10, 10])) == .flat)
    }

    @Test func lessAndLessIsShrinking() {
        #expect(shape(blocks([50, 40, 30, 20])) == .shrinking)
    }

    @Test func twoSnapshotsCannotTell() {
        #expect(shape(blocks([10, 20])) == nil)
    }
}

@Suite struct TimeToLimitTests {
    private let confidence = Confidence(law: SamplingLaw(interval: 1 << 20), unit: .bytes)
    private let law = SamplingLaw(interval: 1 << 20)

    private func dump(limit: UInt64?, used: UInt64?, rss: UInt64? = nil) -> Header.Dump {
        Header.Dump(
            reason: .signal, sequence: 1, realtime: 0, monotonic: 0, rss: rss, memoryLimit: limit,
            memoryCurrent: used)
    }

    @Test func roomDividedByTheRate() {
        let growth = law.bytes(samples: 100, ofSize: 1) - .zero
        let time = TimeToLimit(
            dump: dump(limit: 3 << 30, used: 1 << 30), growth: growth, over: .seconds(3600), confidence: confidence)
        // 100 MiB an hour, 2 GiB to go: 20.48 hours.
        #expect(abs((time?.estimate ?? .zero) / .seconds(3600) - 20.48) < 1e-3)
        let interval = confidence.interval(of: growth)
        #expect(abs((time?.soonest ?? .zero) / .seconds(3600) - 2 * 0x1p30 / interval.upper) < 1e-6)
        #expect(abs((time?.latest ?? .zero) / .seconds(3600) - 2 * 0x1p30 / interval.lower) < 1e-6)
    }

    @Test func growthWithinNoiseMayNeverReachIt() {
        let growth = law.bytes(samples: 5, ofSize: 1) - law.bytes(samples: 3, ofSize: 1)
        let time = TimeToLimit(
            dump: dump(limit: 2 << 30, used: nil, rss: 1 << 30), growth: growth, over: .seconds(60),
            confidence: confidence)
        #expect(time != nil)
        #expect(time?.latest == nil)
        #expect(time?.used == 1 << 30)
    }

    @Test func noLimitOrNoGrowthIsNoAnswer() {
        let growth = law.bytes(samples: 5, ofSize: 1) - .zero
        #expect(
            TimeToLimit(dump: dump(limit: nil, used: 1), growth: growth, over: .seconds(1), confidence: confidence)
                == nil)
        #expect(
            TimeToLimit(dump: dump(limit: 9, used: 1), growth: -growth, over: .seconds(1), confidence: confidence)
                == nil)
    }

    @Test func beyondTheLimitIsNow() {
        let growth = law.bytes(samples: 5, ofSize: 1) - .zero
        let time = TimeToLimit(
            dump: dump(limit: 5, used: 9), growth: growth, over: .seconds(1), confidence: confidence)
        #expect(time?.estimate == .zero)
    }
}
