// SPDX-License-Identifier: Apache-2.0
//
// Comparing and checking: what can be compared, the memory limit of a diff, and the baseline that a check keeps.

import SiltFile
import SiltProfile
import SiltReport
import TestSupport
import Testing

@testable import SiltDriver

@Suite struct ComparisonTests {
    private func limit(_ base: Session, _ after: [Session]) throws -> TimeToLimit? {
        let diff = try Driver().change(from: .sessions([base]), to: .sessions(after))
        return Input.sessions(after).timeToLimit(growth: diff.profile, elapsed: diff.elapsed)
    }

    /// 1 MiB of 4 MiB is used, and 512 KiB came in ten seconds: 3 MiB more take a minute.
    @Test func aDiffTellsWhenTheLimitIsReached() throws {
        let base = Recorded.session(at: 10, bytes: 524_288)
        var after = Recorded.session(at: 20, bytes: 524_288)
        after.live += base.live
        let found = try #require(try limit(base, [after]))
        #expect(found.limit == 4 << 20)
        #expect(found.used == 1 << 20)
        #expect(found.estimate == .seconds(60))
    }

    @Test func nothingIsToldOfALimitThatIsNotKnownOrNotOne() throws {
        let base = Recorded.session(at: 10, bytes: 524_288)
        var after = Recorded.session(at: 20, bytes: 524_288, limit: nil)
        after.live += base.live
        #expect(try limit(base, [after]) == nil)
        // Two processes may have two limits.
        after = Recorded.session(at: 20, bytes: 524_288)
        after.live += base.live
        #expect(try limit(base, [after, Recorded.session(pid: 8, at: 20, bytes: 1)]) == nil)
        // What shrinks reaches none.
        #expect(try limit(after, [Recorded.session(at: 30, bytes: 1)]) == nil)
    }

    @Test func aComparisonNeedsTwoMomentsAndOneFigure() throws {
        let bench = try Workbench()
        let dump = try Recorded.dump(of: "Orders", in: bench)
        let driver = Driver()
        #expect(throws: Failure.use("one snapshot cannot be compared: name two or more")) {
            try driver.compare([dump])
        }
        #expect(throws: Failure.use("one snapshot cannot be checked: name two or more")) {
            try driver.check([dump], against: CheckRequest())
        }
        #expect(throws: Failure.use("these snapshots are all of the same moment")) {
            try driver.compare([dump, dump, dump])
        }
        #expect(
            throws: Failure.use("--by alloc_space: over several snapshots, growth is told of inuse_space only")
        ) { try driver.compare([dump, dump, dump], view: ComparisonView(kind: "alloc_space")) }
        let rate = try #require(ByteRate("1k/s"))
        #expect(
            throws: Failure.use("--max-growth-rate: no time passes from the first snapshot to the last")
        ) { try driver.check([dump, dump], against: CheckRequest(maxRate: rate)) }
    }

    @Test func twoSnapshotsAreADiffAndThreeATrend() throws {
        let bench = try Workbench()
        let dumps = try ["10", "20", "30"].map { try Recorded.dump(of: "Orders", $0, in: bench) }
        guard case .diff(let diff, let threads) = try Driver().compare([dumps[0], dumps[2]]) else {
            Issue.record("not a diff")
            return
        }
        // Twenty orders more, each with 4096 and twice 64 bytes.
        #expect(diff.growth.value == 20 * (4096 + 2 * 64))
        #expect(threads == nil)
        guard case .trend(let trend) = try Driver().compare(dumps) else {
            Issue.record("not a trend")
            return
        }
        #expect(trend.course.moments.count == 3)
    }

    @Test func growthThatIsAcceptedPassesFromThenOn() throws {
        let bench = try Workbench()
        let dumps = try ["10", "30"].map { try Recorded.dump(of: "Orders", $0, in: bench) }
        let remarks = Remarks()
        let driver = Driver(reporter: remarks.reporter)
        var request = CheckRequest(baselinePath: bench.path("accepted.txt"))
        #expect(throws: Failure.self) { try driver.check(dumps, against: request) }
        #expect(try !driver.check(dumps, against: CheckRequest()).passes)
        request.updatesBaseline = true
        #expect(try driver.check(dumps, against: request).passes)
        #expect(remarks.sentences == ["2 entries written to \(bench.path("accepted.txt"))"])
        request.updatesBaseline = false
        #expect(try driver.check(dumps, against: request).passes)
        // Ten orders more than were accepted.
        let more = try Recorded.dump(of: "Orders", "40", in: bench)
        #expect(try !driver.check([dumps[0], more], against: request).passes)
        #expect(throws: Failure.use("--update-baseline needs --baseline-file")) {
            try driver.check(dumps, against: CheckRequest(updatesBaseline: true))
        }
    }

    @Test func everyFormatOfACheckHoldsItsVerdict() throws {
        let bench = try Workbench()
        let dumps = try ["10", "30"].map { try Recorded.dump(of: "Orders", $0, in: bench) }
        let report = try Driver().check(dumps, against: CheckRequest())
        for (format, words) in [
            (.text, "\nFAILED: "), (.json, "\"outcome\":\"failed\""), (.junit, "<failure"), (.github, "\n::error "),
        ] as [(CheckFormat, String)] {
            let text = String(decoding: report.rendered(as: format), as: UTF8.self)
            #expect(text.contains(words), "\(text)")
        }
    }
}
