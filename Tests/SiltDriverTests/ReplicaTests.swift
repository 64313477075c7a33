// SPDX-License-Identifier: Apache-2.0
//
// Fleets that can be compared, and those that cannot, by files that the shim has left.

import SiltProfile
import SiltReport
import TestSupport
import Testing

@testable import SiltDriver

@Suite struct ReplicaTests {
    @Test func processesOfTwoBuildsAreCompared() throws {
        let bench = try Workbench()
        let base = try (0..<3).map { _ in try Recorded.dump(of: "Orders", "10", in: bench) }
        let after = try (0..<3).map { _ in try Recorded.dump(of: "Orders", "40", in: bench) }
        let report = try Driver().check(base: base, after: after, against: CheckRequest())
        #expect(report.outcome == .failed && !report.passes)
        #expect(report.rows.dropFirst().contains { $0.figures.isProven })
        #expect(
            try Driver().check(
                base: base,
                after: try (0..<3).map { _ in
                    try Recorded.dump(of: "Orders", "10", in: bench)
                }, against: CheckRequest()
            ).passes)
        for format in CheckFormat.allCases { #expect(!report.rendered(as: format).isEmpty) }
    }

    @Test func oneProcessAndProcessesNamedTwiceAreRefused() throws {
        let bench = try Workbench()
        let dumps = try (0..<3).map { _ in try Recorded.dump(of: "Orders", "10", in: bench) }
        #expect(
            throws: Failure.use(
                "--after has one process: how far processes differ shows from two on, and little below eight; two "
                    + "snapshots are compared without --base")
        ) { try Driver().check(base: [dumps[0], dumps[1]], after: [dumps[2]], against: CheckRequest()) }
        #expect(
            throws: Failure.use(
                "\(dumps[0]): its process is named twice; snapshots of one process are compared without --base")
        ) { try Driver().check(base: [dumps[0], dumps[1]], after: [dumps[0], dumps[2]], against: CheckRequest()) }
        let rate = try #require(ByteRate("1k/s"))
        #expect(
            throws: Failure.use(
                "--base and --after go with --max-growth and --ignore: other limits are for snapshots of one process")
        ) { try Driver().check(base: dumps, after: dumps, against: CheckRequest(maxRate: rate)) }
    }
}
