// SPDX-License-Identifier: Apache-2.0
//
// Growth over several snapshots, compared as a whole with courses that can be worked out in one's head.

import SiltFile
import SiltProfile
import SiltReport
import TestFixtures
import Testing

struct TrendReportTests {
    private static let block: UInt64 = 1 << 20

    /// Every minute: a leak of 2 MB, a cache that fills once, a pool that gives back, a buffer that comes and goes.
    private static func leakingService() -> Trend {
        let service = RecordedService()
        return service.trend(
            (0..<5).map { minute in
                service.snapshot(
                    at: UInt64(minute) * 60,
                    [
                        ("main@m.c:3;serve@s.c:20;insert@cache.c:42", 0..<4 + 2 * minute, block),
                        ("main@m.c:3;warmUp@s.c:70", 0..<(minute < 2 ? 1 : 4), block),
                        ("main@m.c:3;serve@s.c:21;release@pool.c:9", 0..<5 - minute, block),
                        ("main@m.c:3;parse@p.c:7", minute % 2 == 0 ? 0..<1 : 5..<8, block),
                        ("main@m.c:3;settings@m.c:4", 0..<9, block),
                    ])
            })
    }

    @Test func leakStandsInTheFirstLineWithItsRateAndCourse() throws {
        let trend = Self.leakingService()
        let confidence = try #require(trend.profile.confidence(in: .inuseSpace))
        let dump = Header.Dump(
            reason: .signal, sequence: 1, realtime: 0, monotonic: 0, memoryLimit: 200 << 20, memoryCurrent: 80 << 20)
        let limit = try #require(
            TimeToLimit(
                dump: dump, growth: trend.profile.total(kind: .inuseSpace), over: trend.elapsed, confidence: confidence)
        )
        #expect(
            TrendReport(trend, limit: limit).text() == """
                File: service (pid 812)
                Type: inuse_space
                Time: 2026-07-12 04:34:00 UTC
                Sampling: every allocation
                Snapshots: 5, at 0s, 1m00s, 2m00s, 3m00s, 4m00s
                inuse_space: 20MB → 27MB in 4m00s, grows by 32.43kB/s (steady growth)
                At this rate 200MB is reached in 1h03m; 80MB is in use now.
                Compared: samples matched within one process: only what came or went is uncertain

                Grew: 2 functions, 49.49kB/s
                     rate  growth  samples  levels  course                   function
                34.13kB/s     8MB        8  ▃▅▆▇█   steady growth            insert cache.c:42
                                                                               from serve s.c:20
                                                                               from main m.c:3
                15.36kB/s  3.60MB        3  ▃▃███   one step, at snapshot 3  warmUp s.c:70
                                                                               from main m.c:3

                Shrank: 1 function, -17.07kB/s
                      rate  growth  samples  levels  course     function
                -17.07kB/s    -4MB        4  █▇▅▄▂   shrinking  release pool.c:9
                                                                  from serve s.c:21
                                                                  from main m.c:3

                Within noise: 1 function, 0/s
                rate  growth  samples  levels  course  function
                 0/s       0        0  ▃█▃█▃   churn   parse p.c:7

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """)
    }

    @Test func jsonHoldsEveryFunction() {
        let service = RecordedService()
        let trend = service.trend(
            (0..<3).map { minute in
                service.snapshot(at: UInt64(minute) * 60, [("main@m.c:3;insert@c.c:4", 0..<1 + minute, 600)])
            })
        #expect(
            String(decoding: TrendReport(trend).json(), as: UTF8.self) == #"""
                {"format":"silt-trend","version":1,"compared":"same_process","moments":[0,60,120],"levels":[600,\#
                1200,1800],"growth":{"value":1200,"lower":1200,"upper":1200,"samples":2},"per_second":10,\#
                "course":"steady","step":null,"limit":null,"functions":[{"group":"grew",\#
                "place":{"function":"insert","file":"c.c","line":4,"module":null,"offset":null},\#
                "growth":{"value":1200,"lower":1200,"upper":1200,"samples":2},"per_second":10,"course":"steady",\#
                "step":null,"levels":[600,1200,1800],"hint":null,"stacks":[{"growth":1200,\#
                "guessed":false,"frames":[{"function":"insert","file":"c.c","line":4,"module":null,"offset":null},\#
                {"function":"main","file":"m.c","line":3,"module":null,"offset":null}]}]}],\#
                "notes":["sizes are requested sizes, not usable ones: allocators round up."]}

                """#)
    }

    @Test func nothingGrewWhereNothingChanged() {
        let service = RecordedService()
        let trend = service.trend((0..<3).map { service.snapshot(at: $0, [("main;cache", 0..<3, 10)]) })
        #expect(
            TrendReport(trend).text() == """
                File: service (pid 812)
                Type: inuse_space
                Time: 2026-07-12 04:30:02 UTC
                Sampling: every allocation
                Snapshots: 3, at 0s, 1s, 2s
                inuse_space: 30B → 30B in 2s, no growth
                Compared: samples matched within one process: only what came or went is uncertain

                Nothing changed.

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """)
    }

    @Test func growthWithinNoiseSaysWhatItWouldTakeToTell() throws {
        let service = RecordedService(interval: 512 << 10)
        let trend = service.trend(
            (0..<3).map { service.snapshot(at: $0 * 60, [("main;cache", 0..<Int($0), 600)]) })
        let row = try #require(TrendReport(trend).rows.first)
        #expect(row.group == .noise)
        #expect(row.shape == .flat)
        let hint = try #require(row.hint)
        #expect(hint.hasPrefix("to tell: ") && hint.contains(" in all, or --interval "), "\(hint)")
        #expect(TrendReport(trend, showsIntervals: false).rows[0].interval == nil)
    }

    @Test func stackCutShortIsToldOnceOfTheSamplesShown() {
        let service = RecordedService()
        var snapshots = (0..<3).map { second in
            service.snapshot(at: UInt64(second), cut: .depth, [("main;cache", 0..<second, 10)])
        }
        snapshots[2].losses = [Loss(reason: .depth, count: 7, bytes: 70)]
        let report = TrendReport(service.trend(snapshots))
        #expect(
            report.notes == [
                "sizes are requested sizes, not usable ones: allocators round up.",
                "2 of 2 samples have a stack cut short (deeper than the shim records 2).",
            ])
    }
}

struct TimeToLimitTests {
    private static func report(
        growth bytes: Double, seconds: Double, gone: Double = 0, variance: Double = 0, used: UInt64 = 1 << 30
    ) throws -> String {
        var profile = stackProfile([("main;cache", bytes, 64)])
        let came = Estimate(value: max(0, bytes) + gone, variance: variance, samples: 64).added
        let went = Estimate(value: max(0, -bytes) + gone, variance: variance, samples: 64).added
        profile.samples[0].values[0] = Estimate(added: came, removed: went)
        profile.interval = variance > 0 ? 512 << 10 : 1
        let confidence = try #require(profile.confidence(in: .inuseSpace))
        let dump = Header.Dump(
            reason: .signal, sequence: 1, realtime: 0, monotonic: 0, memoryLimit: 2 << 30, memoryCurrent: used)
        let limit = TimeToLimit(
            dump: dump, growth: profile.total(kind: .inuseSpace), over: .seconds(seconds), confidence: confidence)
        let comparison = DiffReport.Comparison(
            profile: profile, relation: .sameProcess, seconds: seconds, limit: limit)
        let lines = DiffReport(comparison, kind: .inuseSpace).text().split(separator: "\n")
        return lines.first { $0.contains("limit") || $0.contains("reached") }.map(String.init) ?? ""
    }

    @Test func exactGrowthGivesOneTime() throws {
        #expect(
            try Self.report(growth: mebi, seconds: 3600)
                == "At this rate 2GB is reached in 42 d 16 h; 1GB is in use now.")
    }

    @Test func sampledGrowthGivesARange() throws {
        let line = try Self.report(
            growth: 64 * mebi, seconds: 3600, gone: mebi, variance: 16 * mebi * mebi)
        #expect(line.hasPrefix("At this rate 2GB is reached in 16h00m (1"), "\(line)")
        #expect(line.hasSuffix("); 1GB is in use now."), "\(line)")
    }

    @Test func growthThatMayBeNoneMayNeverReachIt() throws {
        let line = try Self.report(growth: mebi, seconds: 60, gone: 4 * mebi, variance: 2 * mebi * mebi)
        #expect(line.hasPrefix("Growth is within noise: 2GB is reached in "), "\(line)")
        #expect(line.hasSuffix(" at the soonest, perhaps never; 1GB is in use now."), "\(line)")
    }

    @Test func limitThatIsReachedIsSaidToBe() throws {
        #expect(try Self.report(growth: 1, seconds: 60, used: 2 << 30) == "The limit of 2GB is reached.")
    }

    @Test func timeBeyondTenYearsIsNoPrediction() throws {
        #expect(
            try Self.report(growth: 100, seconds: 3600) == "At this rate 2GB is not reached within ten years.")
    }

    @Test func shrinkageNeverReachesIt() throws {
        #expect(try Self.report(growth: -1, seconds: 60).isEmpty)
    }
}
