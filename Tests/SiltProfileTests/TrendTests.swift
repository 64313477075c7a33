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
