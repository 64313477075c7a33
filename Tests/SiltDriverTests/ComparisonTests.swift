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
    @Test func theLimitOfOneProcessIsTold() throws {
        let use = try #require(Input.sessions([Recorded.session(at: 20, bytes: 524_288)]).memoryUse)
        #expect(use == MemoryUse(bound: .controlGroup(nil), limit: 4 << 20, used: 1 << 20...1 << 20))
        #expect(Input.sessions([Recorded.session(at: 20, bytes: 1, limit: nil)]).memoryUse == nil)
        // Two processes may have two limits.
        let two = [Recorded.session(at: 20, bytes: 1), Recorded.session(pid: 8, at: 20, bytes: 1)]
        #expect(Input.sessions(two).memoryUse == nil)
    }

    /// The other way round a leak is shrinkage.
    @Test func snapshotsInTheWrongOrderAreRefused() throws {
        let inputs = [20, 10].map { Input.sessions([Recorded.session(at: $0, bytes: 1)]) }
        #expect(
            throws: Failure.use("service.7.10.silt was made before service.7.20.silt: name the earlier one first")
        ) { try inputs.requireOrder() }
        try Array(inputs.reversed()).requireOrder()
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
        let two = try [dump, Recorded.dump(of: "Orders", "20", in: bench)].sorted {
            let times = try [$0, $1].map { try SessionSummary(contentsOf: $0).header.dump?.realtime ?? 0 }
            return times[0] < times[1]
        }
        #expect(
            throws: Failure.use(
                "--max-growth-rate: no process is in all of these snapshots, so there is no rate: give --max-growth")
        ) { try driver.check(two, against: CheckRequest(maxRate: rate)) }
    }

    @Test func twoSnapshotsAreADiffAndThreeATrend() throws {
        let bench = try Workbench()
        let dumps = try ["10", "20", "30"].map { try Recorded.dump(of: "Orders", $0, in: bench) }
        guard case .diff(let diff) = try Driver().compare([dumps[0], dumps[2]]) else {
            Issue.record("not a diff")
            return
        }
        // Twenty orders more, each with 4096 and twice 64 bytes.
        #expect(diff.growth.value == 20 * (4096 + 2 * 64))
        #expect(diff.comparison.threads == nil)
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
