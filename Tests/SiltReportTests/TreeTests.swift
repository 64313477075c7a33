// SPDX-License-Identifier: Apache-2.0
//
// The call tree, callers and callees, and source lines, compared as a whole with figures worked out by hand.

import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import Testing

struct TreeTests {
    private static let profile = stackProfile([
        ("main;serve;insert+grow", 600, 6),
        ("main;serve;parse", 300, 3),
        ("main;warmUp;insert+grow", 80, 1),
        ("main;serve", 20, 1),
    ])

    @Test func treeRunsFromTheRootLargestFirst() {
        #expect(
            TreeReport(Self.profile, kind: .inuseSpace).text() == """
                Type: inuse_space
                Showing nodes accounting for 1000B, 100% of 1000B total (11 samples)
                  cum    cum%  flat  samples  name
                1000B    100%     0       11  main
                 920B  92.00%   20B       10    serve
                 600B  60.00%     0        6      insert
                 600B  60.00%  600B        6        grow (inline)
                 300B  30.00%  300B        3      parse
                  80B   8.00%     0        1    warmUp
                  80B   8.00%     0        1      insert
                  80B   8.00%   80B        1        grow (inline)

                """)
    }

    @Test func treeIsPrunedByFractionAndCount() {
        let byFraction = TreeReport(Self.profile, kind: .inuseSpace, options: ReportOptions(nodeFraction: 0.1))
        #expect(byFraction.rows.map(\.name) == ["main", "serve", "insert", "grow", "parse"])
        #expect(byFraction.summary.dropped == 3)
        let byCount = TreeReport(Self.profile, kind: .inuseSpace, options: ReportOptions(nodeCount: 4))
        #expect(byCount.rows.map(\.name) == ["main", "serve", "insert", "grow"])
        #expect(byCount.text().contains("Showing top 4 nodes out of 8\n"))
    }

    @Test func treeOfADiffKeepsBranchesThatCancel() {
        let profile = stackProfile([("main;a", 500, 5), ("main;b", -500, 5), ("main;c", 1, 1)])
        let report = TreeReport(profile, kind: .inuseSpace, options: ReportOptions(nodeFraction: 0.1))
        #expect(report.rows.map(\.name) == ["main", "a", "b"])
        #expect(report.rows.map(\.cum.value) == [1, 500, -500])
    }

    @Test func treeShowsRecursionLevelByLevel() {
        let profile = stackProfile([("main;walk;walk;leaf", 1, 1)])
        #expect(TreeReport(profile, kind: .inuseSpace).rows.map(\.depth) == [0, 1, 2, 3])
        let byModule = TreeReport(profile, kind: .inuseSpace, options: ReportOptions(granularity: .modules))
        #expect(byModule.rows.map(\.name) == ["[service]"])
    }

    @Test func peekShowsCallersAndCallees() throws {
        #expect(
            PeekReport(Self.profile, kind: .inuseSpace, matching: try Pattern("^insert$")).text() == """
                Type: inuse_space
                Showing nodes accounting for 1000B, 100% of 1000B total (11 samples)
                flat  flat%  sum%   cum    cum%  samples  calls  calls%  + context
                                                           600B  88.24%  |   serve
                                                            80B  11.76%  |   warmUp
                   0     0%    0%  680B  68.00%        7                 | insert
                                                           680B    100%  |   grow (inline)

                """)
        let nothing = PeekReport(Self.profile, kind: .inuseSpace, matching: try Pattern("nothing"))
        #expect(nothing.entries.isEmpty)
        #expect(nothing.notes == ["nothing matches no function of this profile."])
    }

    @Test func recursiveCallsCountOnce() throws {
        let profile = stackProfile([("main;walk;visit;walk;visit", 8, 1)])
        let report = PeekReport(profile, kind: .inuseSpace, matching: try Pattern("walk"))
        let walk = report.entries.first { $0.name == "walk" }
        #expect(walk?.callers.map(\.name) == ["main", "visit"])
        #expect(walk?.callees.map(\.weight.value) == [8])
    }

    @Test func listShowsSourceLinesWithTheirFigures() throws {
        let profile = stackProfile([
            ("main@m.c:3;insert@c.c:7", 4, 1), ("main@m.c:3;insert@c.c:9;insert@c.c:7", 2, 1),
        ])
        let source = (1...20).map { "line \($0)\n" }.joined()
        #expect(
            SourceListing(profile, kind: .inuseSpace, matching: try Pattern("insert")) { _ in source }.text() == """
                Type: inuse_space
                Total: 6B
                ROUTINE ======================== insert in c.c
                        6B         6B (flat, cum) 100% of Total
                         .          .      2:line 2
                         .          .      3:line 3
                         .          .      4:line 4
                         .          .      5:line 5
                         .          .      6:line 6
                        6B         6B      7:line 7
                         .          .      8:line 8
                         .         2B      9:line 9
                         .          .     10:line 10
                         .          .     11:line 11
                         .          .     12:line 12
                         .          .     13:line 13
                         .          .     14:line 14

                """)
    }

    @Test func listSaysWhyThereIsNoSource() throws {
        struct Missing: Error, CustomStringConvertible { var description = "No such file" }
        let profile = stackProfile([("main@m.c:3;insert@c.c:7", 4, 1), ("start", 1, 1)])
        #expect(
            SourceListing(profile, kind: .inuseSpace, matching: try Pattern("main|start")) { _ in throw Missing() }
                .text() == """
                    Type: inuse_space
                    Total: 5B
                    ROUTINE ======================== main in m.c
                             0         4B (flat, cum) 80.00% of Total
                      cannot read m.c: No such file
                             .         4B      3
                    ROUTINE ======================== start
                            1B         1B (flat, cum) 20.00% of Total
                      no source file is recorded for it: is debug information at hand?
                            1B         1B      ?

                    """)
        let other = SourceListing(profile, kind: .inuseSpace, matching: try Pattern("insert")) { _ in "one\ntwo\n" }
        #expect(
            other.routines[0].problem
                == "c.c has 2 lines but figures stand at line 7: it is not the file that was compiled")
    }
}
