// SPDX-License-Identifier: Apache-2.0
//
// `top` compared as a whole with figures worked out by hand.

import SiltProfile
import SiltReport
import TestFixtures
import Testing

struct TopTests {
    private static let service = stackProfile([
        ("main;serve;Cache.insert", 60 * mebi, 120),
        ("main;serve;parse", 30 * mebi, 60),
        ("main;warmUp", 10 * mebi, 20),
    ])

    @Test func flatAndCumAreShownInPprofsWords() {
        #expect(
            TopReport(Self.service, kind: .inuseSpace).text() == """
                Type: inuse_space
                Showing nodes accounting for 100MB, 100% of 100MB total (200 samples)
                flat   flat%    sum%    cum    cum%  samples  name
                60MB  60.00%  60.00%   60MB  60.00%      120  Cache.insert
                30MB  30.00%  90.00%   30MB  30.00%       60  parse
                10MB  10.00%    100%   10MB  10.00%       20  warmUp
                   0      0%    100%  100MB    100%        0  main
                   0      0%    100%   90MB  90.00%        0  serve

                """)
    }

    @Test func sortingByCumShowsTheSamplesOfCum() {
        #expect(
            TopReport(Self.service, kind: .inuseSpace, options: ReportOptions(order: .cum, nodeCount: 2)).text() == """
                Type: inuse_space
                Showing nodes accounting for 0, 0% of 100MB total (200 samples)
                Showing top 2 nodes out of 5
                flat  flat%  sum%    cum    cum%  samples  name
                   0     0%    0%  100MB    100%      200  main
                   0     0%    0%   90MB  90.00%      180  serve

                """)
    }

    @Test func jsonSaysHowMuchIsLeftOut() {
        func end(_ options: ReportOptions) -> String? {
            String(decoding: TopReport(Self.service, kind: .inuseSpace, options: options).json(), as: UTF8.self)
                .split(separator: "]").last { $0.contains("left_out") }.map(String.init)
        }
        #expect(end(ReportOptions(nodeCount: 2)) == #","left_out":{"nodes":3,"small":0},"notes":["#)
        #expect(end(ReportOptions(nodeFraction: 0.2, nodeCount: 2)) == #","left_out":{"nodes":3,"small":1},"notes":["#)
        #expect(end(ReportOptions()) == #","left_out":{"nodes":0,"small":0},"notes":["#)
    }

    @Test func headerNamesProgramMomentAndSampling() {
        var profile = Self.service
        profile.processes = [Profile.Process(name: "payments", pid: 4711, exe: "/opt/payments")]
        profile.time = 1_783_830_600_000_000_000
        profile.duration = 125_000_000_000
        profile.interval = 524_288
        profile.notes = [.told("3 samples were lost since the table of stacks was full.")]
        profile.samples[1].truncated = .told("depth")
        #expect(
            TopReport(profile, kind: .inuseSpace, options: ReportOptions(nodeCount: 1)).text() == """
                File: payments (pid 4711)
                Type: inuse_space
                Time: 2026-07-12 04:30:00 UTC
                Duration: 2m05s
                Sampling: one in 512kB on average
                Showing nodes accounting for 60MB, 60.00% of 100MB total (200 samples)
                Showing top 1 nodes out of 5
                flat   flat%    sum%   cum    cum%  samples  name
                60MB  60.00%  60.00%  60MB  60.00%      120  Cache.insert

                Note: 3 samples were lost since the table of stacks was full.
                Note: 60 of 200 samples have an incomplete stack (60 depth).

                """)
    }

    @Test func recursionCountsOnceInCum() {
        let report = TopReport(
            stackProfile([("main;walk;visit;walk;visit", 8, 1), ("main;walk", 2, 1)]), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["visit", "walk", "main"])
        #expect(report.rows.map(\.flat.value) == [8, 2, 0])
        #expect(report.rows.map(\.cum.value) == [8, 10, 10])
        #expect(report.rows.map(\.cum.samples) == [1, 2, 2])
        #expect(report.rows.map(\.sum) == [8, 10, 10])
    }

    @Test func inlinedFramesAreNodesOfTheirOwn() {
        let profile = stackProfile([("main;insert+grow+allocate", 4, 1), ("main;grow", 2, 1)])
        #expect(
            TopReport(profile, kind: .inuseSpace).text() == """
                Type: inuse_space
                Showing nodes accounting for 6B, 100% of 6B total (2 samples)
                flat   flat%    sum%  cum    cum%  samples  name
                  4B  66.67%  66.67%   4B  66.67%        1  allocate (inline)
                  2B  33.33%    100%   6B    100%        1  grow (partial-inline)
                   0      0%    100%   4B  66.67%        0  insert
                   0      0%    100%   6B    100%        0  main

                """)
    }

    @Test func tiesBreakByName() {
        let report = TopReport(stackProfile([("c", 1, 1), ("a", 1, 1), ("b", 1, 1)]), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["a", "b", "c"])
    }

    @Test func emptyProfileSaysSo() {
        #expect(
            TopReport(stackProfile([]), kind: .inuseSpace).text() == """
                Type: inuse_space
                Showing nodes accounting for 0, 0% of 0 total (0 samples)
                flat  flat%  sum%  cum  cum%  samples  name

                """)
    }

    @Test func stackWithoutFramesIsNotLost() {
        let report = TopReport(stackProfile([("", 5, 1), ("main", 5, 1)]), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["<unknown>", "main"])
        #expect(report.summary.shown == 10)
    }

    @Test func sharesOfADiffRelateToTheSumOfMagnitudes() {
        let profile = stackProfile([("main;leak", 60, 6), ("main;shrink", -40, 4)])
        #expect(
            TopReport(profile, kind: .inuseSpace).text() == """
                Type: inuse_space
                Showing nodes accounting for 20B, 20.00% of 100B total (sum 20B, 10 samples)
                flat   flat%    sum%   cum    cum%  samples  name
                 60B  60.00%  60.00%   60B  60.00%        6  leak
                -40B  40.00%  20.00%  -40B  40.00%        4  shrink
                   0      0%  20.00%   20B  20.00%        0  main

                """)
    }

    @Test func smallNodesAreDroppedAndCounted() {
        let profile = stackProfile([("main;big", 9_900, 9), ("main;small", 60, 1), ("main;tiny", 40, 1)])
        let text = TopReport(profile, kind: .inuseSpace, options: ReportOptions(nodeFraction: 0.005)).text()
        #expect(text.contains("Showing nodes accounting for 9.73kB, 99.60% of 9.77kB total (11 samples)\n"))
        #expect(text.contains("Dropped 1 node (cum <= 0.05kB)\n"))
        #expect(!text.contains("tiny"))
    }

    @Test func framesWithoutANameShowModuleAndOffset() {
        let report = TopReport(stackProfile([("main;?1f0", 1, 1), ("main;?20", 2, 1)]), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["service+0x20", "service+0x1f0", "main"])
        var bare = stackProfile([("main;?1f0", 1, 1)])
        bare.locations[0].mapping = nil
        #expect(TopReport(bare, kind: .inuseSpace).rows.map(\.name) == ["0x101f0", "main"])
    }

    @Test func granularityChoosesTheNodes() {
        let profile = stackProfile([
            ("main@main.c:3;insert@cache.c:10", 4, 1), ("main@main.c:4;insert@cache.c:11+push@list.h:7", 2, 1),
        ])
        func names(_ granularity: Granularity) -> [String] {
            TopReport(profile, kind: .inuseSpace, options: ReportOptions(granularity: granularity)).rows.map(\.name)
        }
        #expect(names(.functions) == ["insert", "push", "main"])
        #expect(
            names(.lines) == [
                "insert cache.c:10", "push list.h:7", "insert cache.c:11", "main main.c:3", "main main.c:4",
            ])
        #expect(names(.files) == ["cache.c", "list.h", "main.c"])
        #expect(names(.modules) == ["[service]"])
        #expect(
            names(.addresses) == [
                "10000 insert cache.c:10", "10200 push list.h:7", "10100 main main.c:3", "10200 insert cache.c:11",
                "10300 main main.c:4",
            ])
    }

    @Test func intervalsStandBesideTheFigureSortedBy() {
        let text = TopReport(Self.service, kind: .inuseSpace, options: ReportOptions(nodeCount: 3)) { estimate in
            estimate.samples == 0 ? 0...mebi : (estimate.value * 0.9)...(estimate.value * 1.2)
        }.text()
        #expect(
            text == """
                Type: inuse_space
                Showing nodes accounting for 100MB, 100% of 100MB total (200 samples, -10+20%)
                Showing top 3 nodes out of 5
                flat   flat%    sum%   cum    cum%  samples    ±flat  name
                60MB  60.00%  60.00%  60MB  60.00%      120  -10+20%  Cache.insert
                30MB  30.00%  90.00%  30MB  30.00%       60  -10+20%  parse
                10MB  10.00%    100%  10MB  10.00%       20  -10+20%  warmUp

                """)
    }

    @Test func unknownAgesAreLeftBlank() {
        #expect(
            TopReport(stackProfile([("main", 1, 1)]), kind: .inuseSpace).text(showsAges: true) == """
                Type: inuse_space
                Showing nodes accounting for 1B, 100% of 1B total (1 sample)
                flat  flat%  sum%  cum  cum%  samples  age  oldest  name
                  1B   100%  100%   1B  100%        1               main

                """)
    }

    @Test func exactFiguresNeedNoIntervalColumn() {
        let report = TopReport(Self.service, kind: .inuseSpace) { $0.value...$0.value }
        #expect(!report.text().contains("±flat"))
    }

    @Test func namesAreCutOnlyWhenAWidthIsGiven() {
        let name = "std::vector<" + String(repeating: "x", count: 100) + ">::push_back"
        let profile = stackProfile([(name, 1, 1)])
        #expect(TopReport(profile, kind: .inuseSpace).text().contains(name))
        let lines = TopReport(profile, kind: .inuseSpace).text(width: 80).split(separator: "\n")
        #expect(lines.last?.hasSuffix("  std::vector<…>::push_back") == true)
    }

    @Test func namesCannotSteerTheTerminal() {
        #expect(TopReport(stackProfile([("a\u{1B}[31mb", 1, 1)]), kind: .inuseSpace).text().contains("a\u{FFFD}[31mb"))
    }
}
