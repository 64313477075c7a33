// SPDX-License-Identifier: Apache-2.0
//
// The diff report compared as a whole, on a leak worked out by hand.

import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import Testing

struct DiffReportTests {
    /// Growth of 500 MiB in a cache, a little of a parser, a shrunken pool, and noise.
    private static func profile() -> Profile {
        var profile = stackProfile([
            ("main@m.c:3;serve@s.c:20;TokenCache.insert@cache.c:42", 400 * mebi, 800),
            ("main@m.c:3;warmUp@s.c:70;TokenCache.insert@cache.c:44", 100 * mebi, 200),
            ("main@m.c:3;serve@s.c:20;parse@parse.c:7", 20 * mebi, 40),
            ("main@m.c:3;serve@s.c:20;Pool.get@pool.c:9", -8 * mebi, 16),
            ("main@m.c:3;serve@s.c:20;log@log.c:1", 0.5 * mebi, 7),
        ])
        profile.kinds = [.inuseObjects, .inuseSpace]
        for index in profile.samples.indices {
            let bytes = profile.samples[index].values[0]
            let objects = Estimate(value: bytes.value / 512, variance: 0, samples: bytes.samples)
            profile.samples[index].values = [objects, bytes]
        }
        return profile
    }

    private static func comparison() -> DiffReport.Comparison {
        DiffReport.Comparison(
            profile: profile(), relation: .sameProcess, seconds: 300,
            before: Estimate(value: 100 * mebi, variance: 0, samples: 200),
            after: Estimate(value: 612.5 * mebi, variance: 0, samples: 1200))
    }

    /// As g++ writes them for a thread's function.
    @Test func whatStandsBetweenAThreadAndItsFunctionIsNoCaller() {
        var profile = stackProfile([("start_thread@t.c:1;__invoke_impl@h:61;work@w.cc:9;grow@w.cc:5", 8 * mebi, 16)])
        for index in profile.locations.indices where profile.locations[index].frames.first?.file == "h" {
            profile.locations[index].frames[0].file = "/usr/include/c++/12/bits/invoke.h"
        }
        let comparison = DiffReport.Comparison(
            profile: profile, relation: .sameProcess, seconds: 1, before: .zero,
            after: profile.total(kind: profile.kinds[0]))
        var options = DiffReport.Options()
        func callers() -> [String] {
            let report = DiffReport(comparison, kind: profile.kinds[0], options: options)
            return report.rows.flatMap(\.stacks).flatMap(\.frames).map(\.function)
        }
        #expect(callers() == ["grow", "work", "start_thread"])
        options.showsLibraryFrames = true
        #expect(callers() == ["grow", "work", "__invoke_impl", "start_thread"])
    }

    @Test func leakingFunctionStandsInTheFirstLine() {
        #expect(
            DiffReport(Self.comparison(), kind: .inuseSpace).text() == """
                Type: inuse_space
                inuse_space: 100MB → 612.50MB, grew by 512.50MB in 5m00s, 1.71MB/s
                Compared: samples matched within one process: only what came or went is uncertain

                Grew: 3 functions, 520.50MB
                growth  objects       rate  samples  function
                 500MB  1024000   1.67MB/s     1000  TokenCache.insert cache.c:42
                                                       from serve s.c:20
                                                       from main m.c:3
                  20MB    40960  68.27kB/s       40  parse parse.c:7
                                                       from serve s.c:20
                                                       from main m.c:3
                 512kB     1024   1.71kB/s        7  log log.c:1
                                                       from serve s.c:20
                                                       from main m.c:3

                Shrank: 1 function, -8MB
                growth  objects        rate  samples  function
                  -8MB   -16384  -27.31kB/s       16  Pool.get pool.c:9
                                                        from serve s.c:20
                                                        from main m.c:3

                """)
    }

    @Test func severalStacksSayWhatEachCarries() {
        let options = DiffReport.Options(stacks: 2, frames: 1, count: 1)
        var comparison = Self.comparison()
        comparison.seconds = nil
        comparison.before = nil
        #expect(
            DiffReport(comparison, kind: .inuseSpace, options: options).text() == """
                Type: inuse_space
                inuse_space: grew by 512.50MB
                Compared: samples matched within one process: only what came or went is uncertain

                Grew: 3 functions, 520.50MB
                growth  objects  samples  function
                 500MB  1024000     1000  TokenCache.insert cache.c:42
                 400MB                      from serve s.c:20
                 100MB                      at TokenCache.insert cache.c:44
                                            from warmUp s.c:70
                and 2 more, together 20.50MB

                Shrank: 1 function, -8MB
                growth  objects  samples  function
                  -8MB   -16384       16  Pool.get pool.c:9
                                            from serve s.c:20

                """)
    }

    @Test func judgeSetsNoiseApart() {
        let report = DiffReport(
            Self.comparison(), kind: .inuseSpace, options: DiffReport.Options(frames: 0),
            interval: { ($0.value - mebi)...($0.value + mebi) },
            judge: { growths in
                growths.map { growth in
                    if growth.value.magnitude <= mebi {
                        return DiffReport.Verdict(.noise, hint: "wait 20m00s more to tell")
                    }
                    return DiffReport.Verdict(growth.value > 0 ? .grew : .shrank)
                }
            })
        #expect(
            report.text() == """
                Type: inuse_space
                inuse_space: 100MB → 612.50MB, grew by 512.50MB ±0.2% in 5m00s, 1.71MB/s
                Compared: samples matched within one process: only what came or went is uncertain

                Grew: 2 functions, 520MB
                growth  objects       rate  samples   ±95%  function
                 500MB  1024000   1.67MB/s     1000  ±0.2%  TokenCache.insert cache.c:42
                  20MB    40960  68.27kB/s       40    ±5%  parse parse.c:7

                Shrank: 1 function, -8MB
                growth  objects        rate  samples  ±95%  function
                  -8MB   -16384  -27.31kB/s       16  ±12%  Pool.get pool.c:9

                Within noise: 1 function, 512kB
                growth  objects      rate  samples   ±95%  function
                 512kB     1024  1.71kB/s        7  ±200%  log log.c:1 (wait 20m00s more to tell)

                """)
        #expect(report.rows.map(\.group) == [.grew, .grew, .shrank, .noise])
    }

    /// Waiting tells nothing of what does not grow.
    @Test func onlyGrowthHasAHint() {
        let profile = stackProfile([("main;log", mebi, 7), ("main;free", -mebi, 7)])
        let report = DiffReport(
            DiffReport.Comparison(profile: profile, relation: .independent), kind: .inuseSpace,
            judge: { $0.map { _ in DiffReport.Verdict(.noise, hint: "wait") } })
        #expect(report.rows.map(\.name) == ["free", "log"])
        #expect(report.rows.map(\.hint) == [nil, "wait"])
    }

    @Test func nothingChanged() {
        let comparison = DiffReport.Comparison(profile: stackProfile([]), relation: .independent, seconds: 60)
        #expect(
            DiffReport(comparison, kind: .inuseSpace).text() == """
                Type: inuse_space
                inuse_space: no growth in 1m00s, 0/s
                Compared: independent profiles: their uncertainties add up

                Nothing changed.

                """)
    }

    @Test func equalGrowthBreaksByName() {
        let profile = stackProfile([("b", 5, 1), ("a", 5, 1), ("c", -5, 1)])
        let report = DiffReport(DiffReport.Comparison(profile: profile, relation: .mixed), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["a", "b", "c"])
        #expect(report.rows.allSatisfy { $0.perSecond == nil && $0.objects == nil })
    }

    @Test func functionThatShrankShowsTheLineThatShrankMost() {
        let profile = stackProfile([("f@f.c:1", 5, 1), ("f@f.c:2", -20, 1), ("f@f.c:3", -10, 1)])
        let report = DiffReport(DiffReport.Comparison(profile: profile, relation: .mixed), kind: .inuseSpace)
        #expect(report.rows.map(\.name) == ["f f.c:2"])
        #expect(report.rows[0].growth.value == -25)
    }

    @Test func diffOfTwoProfilesIsShownAsItIs() {
        var base = stackProfile([("main;cache", 100, 1), ("main;pool", 0.1 + 0.2, 1)])
        var after = stackProfile([("main;cache", 340, 3), ("main;pool", 0.3, 1)])
        base.time = 1_000_000_000
        after.time = 121_000_000_000
        let diff = Diff(from: base, to: after)
        let comparison = DiffReport.Comparison(
            profile: diff.profile, relation: diff.relation, seconds: 120,
            before: diff.before.total(kind: .inuseSpace), after: diff.after.total(kind: .inuseSpace))
        #expect(
            DiffReport(comparison, kind: .inuseSpace).text() == """
                Type: inuse_space
                Time: 1970-01-01 00:02:01 UTC
                inuse_space: 100B → 340B, grew by 240B in 2m00s, 7.03kB/h
                Compared: independent profiles: their uncertainties add up

                Grew: 1 function, 240B
                growth      rate  samples  function
                  240B  7.03kB/h        4  cache
                                             from main

                """)
    }

    @Test func sessionsAreListedInColumns() {
        let list = SessionList([
            SessionList.Row(
                program: "redis", pid: 70_000, state: "running", isRunning: true, start: 0, age: 125, inUse: 3 * mebi,
                path: "/tmp/r"),
            SessionList.Row(
                program: "payments", pid: 12, state: "killed", start: 1_783_830_600_000_000_000, age: 273_600,
                inUse: 1536, path: "/tmp/p"),
        ])
        #expect(
            list.text() == """
                PROGRAM     PID  STATE    STARTED                      AGE  IN USE  FILE
                redis     70000  running  1970-01-01 00:00:00 UTC    2m05s     3MB  /tmp/r
                payments     12  killed   2026-07-12 04:30:00 UTC  3 d 4 h  1.50kB  /tmp/p

                """)
    }
}
