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
        let use = MemoryUse(bound: .controlGroup("/service"), limit: 200 << 20, used: 80 << 20...80 << 20)
        let limit = TimeToLimit(use, course: trend.course, judge: trend.courseJudge)
        #expect(
            TrendReport(trend, limit: limit).text() == """
                File: service (pid 812)
                Type: inuse_space
                Time: 2026-07-12 04:34:00 UTC
                Sampling: every allocation
                Snapshots: 5, at 0s, 1m00s, 2m00s, 3m00s, 4m00s
                inuse_space: 20MB → 27MB in 4m00s, grew by 7MB (undecided, likely growth that slows down (58%))
                200MB, the limit of control group /service; 80MB is in use now.
                Compared: samples matched within one process: only what came or went is uncertain

                Grew: 2 functions, 49.49kB/s
                     rate   ±95%  growth  samples  levels  course                   function
                34.13kB/s   ±10%     8MB        8  ▃▅▆▇█   steady growth            insert cache.c:42
                                                                                      from serve s.c:20
                                                                                      from main m.c:3
                15.36kB/s  ±106%     3MB        3  ▃▃███   one step, at snapshot 3  warmUp s.c:70
                                                                                      from main m.c:3

                Shrank: 1 function, -17.07kB/s
                      rate  ±95%  growth  samples  levels  course     function
                -17.07kB/s          -4MB        4  █▇▅▄▂   shrinking  release pool.c:9
                                                                        from serve s.c:21
                                                                        from main m.c:3

                Within noise: 1 function, 0/s
                rate        ±95%  growth  samples  levels  course                         function
                 0/s  ±21.71kB/s       0        0  ▃█▃█▃   undecided, likely churn (61%)  parse p.c:7

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """)
    }

    @Test func jsonHoldsEveryFunction() throws {
        let service = RecordedService()
        let trend = service.trend(
            (0..<3).map { minute in
                service.snapshot(at: UInt64(minute) * 60, [("main@m.c:3;insert@c.c:4", 0..<1 + minute, 600)])
            })
        let report = TrendReport(trend)
        let rate = try #require(report.rows[0].verdict?.rate)
        let probability = try #require(report.rows[0].verdict?.probability)
        #expect(abs(rate.value - 10) < 0.01)
        let growth = #"""
            "change":{"value":1200,"lower":1200,"upper":1200,"samples":2},\#
            "growth":{"value":1200,"lower":1200,"upper":1200,"samples":2},"per_second":\#(rate.value),\#
            "rate":{"value":\#(rate.value),"lower":\#(rate.interval.lower),"upper":\#(rate.interval.upper)},\#
            "course":"steady","step":null,"since":null,"likeliest":"steady","probability":\#(probability)
            """#
        #expect(
            String(decoding: report.json(), as: UTF8.self) == #"""
                {"format":"silt-trend","version":1,"compared":"same_process","missed_frees":null,"moments":[0,60,120],\#
                "levels":[600,1200,1800],\#(growth),"limit":null,"resident":null,"threads":null,"functions":[{"group":"grew",\#
                "place":{"function":"insert","file":"c.c","line":4,"module":null,"offset":null},\#
                \#(growth),"levels":[600,1200,1800],"hint":null,"stacks":[{"growth":1200,\#
                "guessed":false,"frames":[{"function":"insert","file":"c.c","line":4,"module":null,"offset":null},\#
                {"function":"main","file":"m.c","line":3,"module":null,"offset":null}]}]}],\#
                "notes":["sizes are requested sizes, not usable ones: allocators round up."]}

                """#)
    }

    /// A cache that has filled grows no more: no rate of now is told of it, in the headline or as its growth.
    @Test(
        arguments: [
            ([1, 1, 4, 4, 4], "grew by 3MB (one step, at snapshot 3)"),
            ([1, 5, 9, 9, 9, 9], "grew by 8MB (growth that slows down)"),
        ])
    func whatDoesNotGoOnIsToldInThePast(levels: [Int], expected: String) {
        let service = RecordedService()
        let trend = service.trend(
            levels.enumerated().map { minute, level in
                service.snapshot(at: UInt64(minute) * 60, [("main@m.c:3;warmUp@s.c:70", 0..<level, 1 << 20)])
            })
        let text = TrendReport(trend).text()
        #expect(text.contains(", \(expected)\n"), "\(text)")
        #expect(text.contains(" \(expected.dropFirst(8).prefix(3)) "), "\(text)")
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
        #expect(row.verdict?.shape == .undecided)
        let hint = try #require(row.hint)
        #expect(hint.hasPrefix("to decide: ") && hint.contains(" in all, or --interval "), "\(hint)")
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
                "2 of 2 samples have an incomplete stack (2 deeper than libsilt.so records).",
            ])
    }
}

struct TimeToLimitTests {
    private func sentence(_ use: MemoryUse, _ forecast: CourseJudge.Forecast? = nil) -> String {
        var limit = TimeToLimit(use)
        limit.forecast = forecast
        let comparison = DiffReport.Comparison(
            profile: stackProfile([("main;cache", 5, 1)]), relation: .sameProcess, seconds: 60, limit: limit)
        let lines = DiffReport(comparison, kind: .inuseSpace).text().split(separator: "\n")
        return lines.first { $0.contains("limit") }.map(String.init) ?? ""
    }

    private let half = MemoryUse(bound: .controlGroup("/payments"), limit: 2 << 30, used: 1 << 30...1 << 30)

    @Test func timeIsARange() {
        let forecast = CourseJudge.Forecast(estimate: .seconds(3600), soonest: .seconds(3000), latest: .seconds(4200))
        #expect(
            sentence(half, forecast)
                == "At this rate 2GB, the limit of control group /payments, is reached in 1h00m (50m00s to 1h10m); 1GB is "
                + "in use now.")
    }

    @Test func timeThatMayNeverComeHasASoonestOnly() {
        var use = half
        use.bound = .addressSpace
        let forecast = CourseJudge.Forecast(estimate: nil, soonest: .seconds(3600), latest: nil)
        #expect(
            sentence(use, forecast)
                == "2GB, the limit of its address space (RLIMIT_AS), is reached in 1h00m at the soonest; 1GB is in use now."
        )
    }

    @Test func withoutAForecastOnlyTheRoomIsTold() {
        var use = half
        use.bound = .controlGroup(nil)
        use.swap = 512 << 20
        #expect(
            sentence(use)
                == "2GB, the limit of its control group; 1GB is in use now, and 512MB can go to swap beyond the limit.")
        use.swap = nil
        use.used = 256 << 20...1 << 30
        #expect(
            sentence(use)
                == "2GB, the limit of its control group; 256MB to 1GB, depending on file cache, is in use now.")
    }

    @Test func aLimitThatSlowsDownIsNoneThatKills() {
        var use = half
        use.bound = .controlGroupThrottle("/payments")
        #expect(
            sentence(use)
                == "2GB, the limit from which on control group /payments is slowed down (memory.high); 1GB is in use now."
        )
    }

    @Test func limitThatIsReachedIsSaidToBe() {
        var use = half
        use.used = 2 << 30...2 << 30
        #expect(sentence(use) == "2GB, the limit of control group /payments, is reached.")
    }

    @Test func timeBeyondTenYearsIsNoPrediction() {
        let forecast = CourseJudge.Forecast(estimate: .seconds(4e8), soonest: .seconds(3.5e8), latest: nil)
        #expect(
            sentence(half, forecast)
                == "2GB, the limit of control group /payments, and not reached within ten years; 1GB is in use now.")
    }
}
