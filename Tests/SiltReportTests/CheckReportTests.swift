// SPDX-License-Identifier: Apache-2.0
//
// The gate's verdict in each of its formats, compared as a whole, on services whose growth is known.

import SiltFile
import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

struct CheckReportTests {
    private static let cache = "main@m.c:3;serve@s.c:20;Cache<Int, \"a&b\">.insert@/src/cache.c:42"
    private static let pool = "main@m.c:3;serve@s.c:21;Pool.get@/src/pool.c:9"

    /// Grows by 12 MB in its cache and 1 MB in its pool in ten minutes.
    private static func trend(interval: UInt64 = 1, cache count: Int = 12) -> Trend {
        let service = RecordedService(interval: interval)
        return service.trend([
            service.snapshot(at: 60, [(cache, 0..<4, 1 << 20), (pool, 0..<1, 1 << 20)]),
            service.snapshot(at: 660, [(cache, 0..<4 + count, 1 << 20), (pool, 0..<2, 1 << 20)]),
        ])
    }

    private static func report(_ check: Check, isStrict: Bool = false) -> CheckReport {
        let trend = trend()
        return CheckReport(check.verdict(on: trend), on: trend, isStrict: isStrict)
    }

    @Test func failureNamesTheStackToBlameWithFileAndLine() throws {
        let report = Self.report(Check(maxGrowth: 8 * mebi))
        #expect(report.outcome == .failed)
        #expect(!report.passes)
        #expect(
            report.text() == #"""
                File: service (pid 812)
                Type: inuse_space
                Time: 2026-07-12 04:41:00 UTC
                Sampling: every allocation
                Compared: 2 snapshots over 10m00s, samples matched within one process: only what came or went is \#
                uncertain

                FAILED: 2 limits exceeded by more than noise

                limit  growth  verdict   rule
                  8MB    13MB  exceeded  growth
                  8MB    12MB  exceeded  stack Cache<Int, "a&b">.insert

                To blame:
                growth  stack
                  12MB  Cache<Int, "a&b">.insert /src/cache.c:42
                          from serve s.c:20
                          from main m.c:3
                   1MB  Pool.get /src/pool.c:9
                          from serve s.c:21
                          from main m.c:3

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """#)
    }

    @Test func growthWithinItsLimitsPasses() throws {
        let check = Check(
            maxGrowth: 8 * mebi, maxRate: mebi / 60,
            sites: [try Check.SiteLimit(pattern: Pattern("^Cache"), bytes: 16 * mebi)])
        let report = Self.report(check)
        #expect(report.passes)
        #expect(
            report.text() == #"""
                File: service (pid 812)
                Type: inuse_space
                Time: 2026-07-12 04:41:00 UTC
                Sampling: every allocation
                Compared: 2 snapshots over 10m00s, samples matched within one process: only what came or went is \#
                uncertain

                PASSED: all growth is within its limits

                    limit    growth  verdict  rule
                      8MB       1MB  within   growth
                17.07kB/s  1.71kB/s  within   rate of growth
                     16MB      12MB  within   site ^Cache

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """#)
    }

    @Test func whatTheBaselineAcceptsIsCounted() throws {
        let trend = Self.trend()
        let strict = Check(maxGrowth: 0)
        let entries = strict.accepting(trend)
        #expect(entries.map(\.bytes) == [12 << 20, 1 << 20])
        let check = Check(maxGrowth: 0, baseline: Baseline(entries: entries))
        let report = CheckReport(check.verdict(on: trend), on: trend)
        #expect(report.outcome == .passed)
        #expect(report.accepted == 2)
        #expect(report.text().contains("\n2 stacks within what the baseline accepts\n"))
        #expect(check.accepting(trend).isEmpty)
    }

    @Test func growthBeyondTheBaselineIsRaisedByAnUpdateAndCommentsStay() throws {
        let accepted = try Baseline(parsing: "1048576 Pool.get < serve\n1000 Cache<Int, \"a&b\">.insert\n")
        let check = Check(maxGrowth: 8 * mebi, baseline: accepted)
        let trend = Self.trend()
        let report = CheckReport(check.verdict(on: trend), on: trend)
        #expect(report.rules.map(\.name) == ["growth", "baseline Cache<Int, \"a&b\">.insert"])
        #expect(report.rules.map(\.state) == [.within, .exceeded])
        #expect(
            try Baseline.text("# why\n1000 Cache<Int, \"a&b\">.insert\n\n# pool\n", putting: check.accepting(trend))
                == "# why\n12582912 Cache<Int, \"a&b\">.insert\n\n# pool\n")
    }

    @Test func undecidedPassesInWordsAndFailsWhenStrict() throws {
        let trend = Self.trend(interval: 512 << 10, cache: 0)
        let verdict = Check(maxGrowth: 2 * mebi).verdict(on: trend)
        let report = CheckReport(verdict, on: trend)
        #expect(report.outcome == .undecided)
        #expect(report.passes)
        #expect(report.text().contains("UNDECIDED: no growth beyond a limit is proven, but it cannot be excluded"))
        #expect(report.rules[0].hint?.hasPrefix("--interval ") == true)
        #expect(report.stacks.map { $0.frames[0].function } == ["Pool.get"])
        #expect(report.junit().contains("<skipped message=\"undecided: grew by "))
        #expect(report.github().hasPrefix("::warning file=/src/pool.c,line=9,"))
        let strict = CheckReport(verdict, on: trend, isStrict: true)
        #expect(!strict.passes)
        #expect(strict.text().contains("that fails, as --strict asks"))
        #expect(strict.junit().contains("<failure type=\"undecided\""))
        #expect(strict.github().hasPrefix("::error "))
    }

    @Test func undecidedRateSaysHowLongToWait() throws {
        let trend = Self.trend(interval: 512 << 10, cache: 0)
        let report = CheckReport(Check(maxRate: 2 * mebi / 600).verdict(on: trend), on: trend)
        #expect(report.rules[0].state == .undecided)
        let hint = try #require(report.rules[0].hint)
        #expect(hint.contains(" in all, or --interval "), "\(hint)")
    }

    /// Nearly all of it is known for certain: finer sampling would tell no more of how it goes on.
    @Test(arguments: [1, 512 << 10] as [UInt64])
    func aRateWhoseCourseIsOpenAsksForSnapshots(interval: UInt64) throws {
        let service = RecordedService(interval: interval)
        let trend = service.trend(
            [8, 14, 40].enumerated().map { minute, count in
                service.snapshot(at: UInt64(minute) * 60, [(Self.cache, 0..<count, 8 << 20)])
            })
        let report = CheckReport(Check(maxRate: mebi / 60).verdict(on: trend), on: trend)
        #expect(report.rules[0].state == .undecided)
        #expect(report.rules[0].hint == "more snapshots, over 4m00s or longer")
    }

    /// It grew sixfold in the last minute, while another one made room: it may have begun to leak, and nothing excludes it.
    @Test(
        arguments: [
            (interval: 1, grown: [139, 139, 815], shrunk: [9000, 8000, 7000], limit: 1024.0),
            // Thirteen samples of 16 KiB: surely more than nothing, and 200 kB at best, where 160 kB are allowed.
            (interval: 16 << 10, grown: [2, 2, 15], shrunk: [900, 800, 700], limit: 1365.0),
        ])
    func aStackThatSurelyGrewAndMayGrowOnLeavesTheRateOpen(
        interval: UInt64, grown: [Int], shrunk: [Int], limit: Double
    ) throws {
        let service = RecordedService(interval: interval)
        let trend = service.trend(
            zip(grown, shrunk).enumerated().map { minute, counts in
                service.snapshot(
                    at: UInt64(minute) * 60,
                    [(Self.pool, 0..<counts.0, 1024), (Self.cache, 0..<counts.1, 1024)])
            })
        let report = CheckReport(Check(maxRate: limit).verdict(on: trend), on: trend)
        #expect(report.outcome == .undecided)
        #expect(report.rules.map(\.name).contains("stack Pool.get"))
        // What it grew by is within ten times the limit.
        let allowed = CheckReport(Check(maxRate: 10 * limit).verdict(on: trend), on: trend)
        #expect(allowed.outcome == .passed)
    }

    @Test func sarifNamesTheLineAndTheStack() throws {
        let report = Self.report(Check(maxGrowth: 8 * mebi))
        let sarif = String(decoding: report.sarif(workspace: "/src"), as: UTF8.self)
            .replacing("\\u003c", with: "<").replacing("\\u000a", with: " / ")
        let frame = { (uri: String, line: Int, name: String) in
            #"{"location":{"physicalLocation":{"artifactLocation":{"uri":"\#(uri)"},"region":{"startLine":\#(line)}},"#
                + #""message":{"text":"\#(name)"}}}"#
        }
        let cache = #"Cache<Int, \"a&b\">.insert"#
        let stack = [
            frame("cache.c", 42, "\(cache) /src/cache.c:42"), frame("s.c", 20, "serve s.c:20"),
            frame("m.c", 3, "main m.c:3"),
        ]
        let start = #"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"#
        #expect(sarif.hasPrefix(start))
        for part in [
            #""ruleId":"memory-growth","level":"error","message":{"text":"grew by 12MB / \#(cache) /src/cache.c:42 / serve"#,
            #""locations":[{"physicalLocation":{"artifactLocation":{"uri":"cache.c"},"region":{"startLine":42}}"#,
            #""stacks":[{"frames":[\#(stack.joined(separator: ","))]}]"#,
            #""partialFingerprints":{"siltStack/v1":"\#(cache);serve;main"}"#, #""exitCode":1"#,
        ] {
            #expect(sarif.contains(part), "\(part)")
        }
        let passed = String(decoding: Self.report(Check(maxGrowth: 1e12)).sarif(), as: UTF8.self)
        #expect(passed.contains(#""results":[]"#) && passed.contains(#""exitCode":0"#))
    }

    /// GitHub shows no more, and would leave the verdict out.
    @Test func atMostTenAnnotationsAndTheVerdictIsOne() {
        let service = RecordedService(interval: 1)
        let stacks = (0..<25).map { "main@m.c:3;leak\($0)@/src/leak.c:\(10 + $0)" }
        let trend = service.trend(
            [1, 20].enumerated().map { minute, count in
                service.snapshot(at: UInt64(minute) * 60, stacks.map { ($0, 0..<count, 1 << 20) })
            })
        let report = CheckReport(Check(maxGrowth: mebi).verdict(on: trend), on: trend)
        let lines = report.github().split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.last?.hasPrefix("::error title=silt check::FAILED: ") == true, "\(lines)")
        #expect(lines.last?.hasSuffix("%0A16 more of these are in the report") == true, "\(lines)")
    }

    @Test func junitIsWellFormedAndHoldsTheStack() throws {
        let report = Self.report(
            Check(maxGrowth: 8 * mebi, sites: [try Check.SiteLimit(pattern: Pattern("Pool"), bytes: 1e9)]))
        let xml = report.junit()
        #expect(
            xml == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="silt check" tests="3" failures="2" errors="0" skipped="0">
                  <testsuite name="service" tests="3" failures="2" errors="0" skipped="0">
                    <testcase classname="silt.check" name="growth">
                      <failure type="exceeded" message="grew by 12MB, limit 8MB">grew by 12MB, limit 8MB

                12MB Cache&lt;Int, &quot;a&amp;b&quot;&gt;.insert /src/cache.c:42
                  from serve s.c:20
                  from main m.c:3
                </failure>
                    </testcase>
                    <testcase classname="silt.check" name="stack Cache&lt;Int, &quot;a&amp;b&quot;&gt;.insert">
                      <failure type="exceeded" message="grew by 12MB, limit 8MB">grew by 12MB, limit 8MB

                12MB Cache&lt;Int, &quot;a&amp;b&quot;&gt;.insert /src/cache.c:42
                  from serve s.c:20
                  from main m.c:3
                </failure>
                    </testcase>
                    <testcase classname="silt.check" name="site Pool"/>
                    <system-out>FAILED: 2 limits exceeded by more than noise
                sizes are requested sizes, not usable ones: allocators round up.
                </system-out>
                  </testsuite>
                </testsuites>

                """)
        let bench = try Workbench()
        let python = try #require(Workbench.find("python3"), "python3 is missing: make setup-test")
        let path = try bench.write(xml, to: "report.xml")
        let script = "import sys, xml.dom.minidom as m; print(m.parse(sys.argv[1]).documentElement.tagName)"
        #expect(try bench.run([python, "-c", script, path]) == "testsuites\n")
    }

    @Test func githubAnnotatesTheLineThatAllocates() throws {
        let report = Self.report(Check(maxGrowth: 8 * mebi))
        #expect(
            report.github(workspace: "/src") == #"""
                ::error file=cache.c,line=42,title=silt check%3A memory growth::grew by 12MB%0ACache<Int,\#
                 "a&b">.insert /src/cache.c:42%0Aserve s.c:20%0Amain m.c:3
                ::error file=pool.c,line=9,title=silt check%3A memory growth::grew by 1MB%0APool.get \#
                /src/pool.c:9%0Aserve s.c:21%0Amain m.c:3
                ::error title=silt check::FAILED: 2 limits exceeded by more than noise%0Agrowth: grew by 13MB,\#
                 limit 8MB%0Astack Cache<Int, "a&b">.insert: grew by 12MB, limit 8MB

                """#)
    }

    @Test func jsonHoldsRulesAndStacks() throws {
        let report = Self.report(Check(maxGrowth: 8 * mebi))
        #expect(
            String(decoding: report.json(), as: UTF8.self) == #"""
                {"format":"silt-check","version":1,"outcome":"failed","passes":false,"missed_frees":null,"compared":"same_process",\#
                "snapshots":2,"seconds":600,"resident":null,"rules":[{"name":"growth","rule":"growth","limit":8388608,\#
                "growth":{"value":13631488,"lower":13631488,"upper":13631488,"samples":13},"state":"exceeded",\#
                "hint":null,"function_growth":null},{"name":"stack Cache\u003cInt, \"a&b\">.insert","rule":"stack","limit":8388608,\#
                "growth":{"value":12582912,"lower":12582912,"upper":12582912,"samples":12},"state":"exceeded",\#
                "hint":null,"function_growth":null}],"accepted":0,"stacks":[{"growth":{"value":12582912,"lower":12582912,\#
                "upper":12582912,"samples":12},"proven":true,"course":null,"step":null,\#
                "since":null,"likeliest":null,"probability":null,"guessed":false,\#
                "frames":[{"function":"Cache\u003cInt, \"a&b\">.insert","file":"/src/cache.c","line":42,\#
                "module":null,"offset":null},{"function":"serve","file":"s.c","line":20,"module":null,\#
                "offset":null},{"function":"main","file":"m.c","line":3,"module":null,"offset":null}]},\#
                {"growth":{"value":1048576,"lower":1048576,"upper":1048576,"samples":1},"proven":true,\#
                "course":null,"step":null,"since":null,"likeliest":null,"probability":null,\#
                "guessed":false,"frames":[{"function":"Pool.get","file":"/src/pool.c","line":9,\#
                "module":null,"offset":null},{"function":"serve","file":"s.c","line":21,"module":null,\#
                "offset":null},{"function":"main","file":"m.c","line":3,"module":null,"offset":null}]}],\#
                "notes":["sizes are requested sizes, not usable ones: allocators round up."]}

                """#)
    }

    /// Buffers of which each is replaced: equal levels, but 1 kB/s could not be seen in them.
    @Test func whatSamplingCannotShowIsNotExcluded() {
        let service = RecordedService(interval: 512 << 10)
        let trend = service.trend(
            (0..<3).map { service.snapshot(at: UInt64($0) * 60, [("main;buffer", $0 * 8..<$0 * 8 + 8, 64 << 10)]) })
        let report = CheckReport(Check(maxRate: 1024).verdict(on: trend), on: trend)
        #expect(report.rules.map(\.state) == [.undecided], "\(report.text())")
        let generous = CheckReport(Check(maxRate: mebi).verdict(on: trend), on: trend)
        #expect(generous.rules.map(\.state) == [.within], "\(generous.text())")
    }

    /// 12 MB went at one line of a function, and came at another: the diff adds both up to nothing.
    @Test func memoryThatMovesBetweenTheStacksOfAFunctionIsCalledThat() {
        let service = RecordedService()
        let (old, new) = ("main@m.c:3;insert@cache.c:42", "main@m.c:3;insert@cache.c:57")
        let trend = service.trend([
            service.snapshot(at: 60, [(old, 0..<12, 1 << 20)]), service.snapshot(at: 660, [(new, 0..<12, 1 << 20)]),
        ])
        let report = CheckReport(Check(maxGrowth: 8 * mebi).verdict(on: trend), on: trend)
        #expect(report.rules.map(\.functionGrowth) == [nil, 0])
        let row = "8MB    12MB  exceeded  stack insert cache.c:57"
        let remark = "the function's stacks together: 0; memory moved between them"
        #expect(report.text().contains("\(row) (\(remark))\n"), "\(report.text())")
        #expect(report.github().contains("grew by 12MB, limit 8MB; \(remark)"))
    }

    @Test func stacksOfOneFunctionAreToldApartInTheTable() {
        let service = RecordedService()
        let stacks = [
            "main@m.c:3;insert@cache.c:42", "main@m.c:5;insert@cache.c:42", "main@m.c:3;insert@cache.c:57",
            "main@m.c:3;put@pool.c:9",
        ]
        let trend = service.trend([
            service.snapshot(at: 60, []), service.snapshot(at: 660, stacks.map { ($0, 0..<12, 1 << 20) }),
        ])
        let report = CheckReport(Check(maxGrowth: 8 * mebi).verdict(on: trend), on: trend)
        #expect(
            report.rules.map(\.name) == [
                "growth", "stack insert cache.c:42 from main m.c:3", "stack insert cache.c:42 from main m.c:5",
                "stack insert cache.c:57", "stack put",
            ])
    }

    @Test(arguments: [(limit: 8.0, state: CheckReport.State.exceeded), (limit: 90, state: .within)])
    func residentMemoryHasItsOwnLimit(limit: Double, state: CheckReport.State) {
        var trend = Self.trend()
        trend.resident = ResidentGrowth(
            [.init(total: 20 << 20, files: 4 << 20), .init(total: 100 << 20, files: 4 << 20)],
            heap: trend.course.growth, confidence: trend.confidence)
        let report = CheckReport(Check(maxResidentGrowth: limit * mebi).verdict(on: trend), on: trend)
        #expect(report.rules.map(\.name) == ["resident memory"])
        #expect(report.rules.map(\.state) == [state])
        #expect(report.passes == (state == .within))
        #expect(
            report.text().contains(
                "\nResident memory: 20MB → 100MB, grew by 80MB; malloc explains 13MB of it, 67MB or more lie elsewhere "
                    + "(mmap, thread stacks, fragmentation): silt rss\n"))
    }

    @Test func residentMemoryThatIsNotKnownIsUndecided() {
        let trend = Self.trend()
        let verdict = Check(maxResidentGrowth: 8 * mebi).verdict(on: trend)
        let report = CheckReport(verdict, on: trend)
        #expect(report.outcome == .undecided)
        #expect(report.text().contains("  unknown  undecided  resident memory (to decide: "), "\(report.text())")
        #expect(report.junit().contains("<skipped message=\"undecided: growth not known, limit 8MB; to decide: "))
        #expect(String(decoding: report.json(), as: UTF8.self).contains("\"limit\":8388608,\"growth\":null,"))
        #expect(!CheckReport(verdict, on: trend, isStrict: true).passes)
    }

    @Test func twoBuildsAreComparedInTheOrderGiven() throws {
        let (old, new) = (RecordedService(pid: 1), RecordedService(pid: 2))
        let base = old.snapshot(at: 500, [("main;cache", 0..<10, 1 << 20)])
        let after = new.snapshot(at: 100, [("main;cache", 0..<30, 1 << 20)])
        let trend = Trend(of: [[base], [after]], symbols: new)
        let report = CheckReport(Check(maxGrowth: 8 * mebi).verdict(on: trend), on: trend)
        #expect(report.relation == .independent)
        #expect(report.rules.first?.growth?.value == 20 * mebi)
        #expect(report.outcome == .failed)
    }
}
