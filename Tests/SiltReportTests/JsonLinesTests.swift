// SPDX-License-Identifier: Apache-2.0
//
// JSON lines as text, and as a database sees them.

import SiltProfile
import SiltReport
import TestFixtures
import TestSupport
import Testing

@Suite struct JsonLinesTests {
    private let origin = Origin(host: "web-1", service: nil)

    @Test func aRowTellsWhereWhenWhoAndHowMuch() throws {
        var profile = PprofFixture.small
        profile.time += 250_000
        let text = String(decoding: profile.jsonLines(origin: origin), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(text.hasSuffix("}\n"))
        #expect(
            lines[0] == """
                {"time":"2023-11-14T22:13:20.000250Z","duration_seconds":null,"host":"web-1","service":"server",\
                "pid":4242,"exe":"/opt/demo/server","build_id":"a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",\
                "function":"grow","frames":["grow","Cache.insert(_:)","serve(Request const&)","main"],\
                "places":["/src/cache.cpp:99","/src/Cache.swift:7","/src/serve.cpp:40","/src/main.cpp:12"],\
                "truncated":null,"alloc_objects":20,"alloc_objects_variance":0,"alloc_space":83886080,\
                "alloc_space_variance":0,"inuse_objects":16,"inuse_objects_variance":0,"inuse_space":67108864,\
                "inuse_space_variance":0}
                """)
        #expect(lines[2].contains("\"truncated\":\"depth\""))
        #expect(lines[3].contains("\"function\":\"libplain.so+0x1040\",\"frames\":[\"libplain.so+0x1040\",\"main\"]"))
        #expect(lines[3].contains("\"places\":[null,\"/src/main.cpp:12\"]"))
    }

    @Test func aChangeHasItsDuration() {
        let text = String(decoding: PprofFixture.diff.jsonLines(origin: origin), as: UTF8.self)
        #expect(text.contains("\"duration_seconds\":60,"))
        #expect(text.contains("\"inuse_space\":-524288,"))
    }

    @Test func whatIsNotKnownIsNull() {
        var profile = PprofFixture.small
        (profile.time, profile.interval) = (0, 0)
        profile.processes[0] = Profile.Process(name: "x", pid: nil, exe: "/elsewhere")
        let text = String(decoding: profile.jsonLines(origin: Origin(service: "shop")), as: UTF8.self)
        #expect(
            text.hasPrefix("{\"time\":null,\"duration_seconds\":null,\"host\":null,\"service\":\"shop\",\"pid\":null,"))
        #expect(text.contains("\"build_id\":null"))
        #expect(text.contains("\"inuse_space\":100,\"inuse_space_variance\":null"))
    }

    @Test(.enabled(if: Python.has("duckdb"), "\(Python.missing("duckdb"))"))
    func aDatabaseTellsWhichFunctionHoldsMostByBuild() throws {
        let bench = try Workbench()
        var rows: [UInt8] = []
        for host in 0..<20 {
            var profile = PprofFixture.small
            // Every second host has the later build, which holds more elsewhere.
            if host % 2 == 1 {
                profile.mappings[0].buildID = "ffff"
                profile.samples[1].values[3] = PprofFixture.exact(1024 * mebi)
            }
            rows += profile.jsonLines(origin: Origin(host: "web-\(host)", service: "shop"))
        }
        let answer = try Python.run(
            """
            import duckdb, sys
            for row in duckdb.sql(f\"\"\"
                SELECT build_id[:4], arg_max(function, bytes), max(bytes)::BIGINT, max(hosts), max(latest) > '2023-11-14'
                FROM (
                    SELECT build_id, function, sum(inuse_space) AS bytes, count(DISTINCT host) AS hosts, max(time) AS latest
                    FROM read_json('{sys.argv[1]}') GROUP BY 1, 2)
                GROUP BY 1 ORDER BY 1\"\"\").fetchall():
                print(*row)
            """, bench.write(rows, to: "heap.jsonl"))
        #expect(
            answer == """
                a1b2 grow 671088640 10 True
                ffff std::vector<int>::push_back(int&&) 10737418240 10 True

                """)
    }
}
