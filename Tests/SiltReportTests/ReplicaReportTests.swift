// SPDX-License-Identifier: Apache-2.0
//
// The verdict on two fleets in each of its formats, compared as a whole.

import SiltProfile
import SiltReport
import TestFixtures
import Testing

struct ReplicaReportTests {
    private static func fleet(_ blocks: [Int], from pid: UInt32) -> [Profile] {
        blocks.enumerated().map { number, count in
            let service = RecordedService(pid: pid + UInt32(number))
            let session = service.snapshot(
                at: 60,
                [
                    ("main@m.c:3;Cache<\"a\">.insert@/src/cache.c:42", 0..<count, 1 << 20),
                    ("main@m.c:3;Pool.get@/src/pool.c:9", 0..<1, 1 << 20),
                ])
            return Profile.heap([session], symbols: service)
        }
    }

    private static func report(_ after: [Int], isStrict: Bool = false) -> ReplicaReport {
        ReplicaReport(
            Replicas(base: fleet([10, 12, 9, 11], from: 100), after: fleet(after, from: 200)), isStrict: isStrict)
    }

    @Test func aFleetThatGrewIsTheVerdictAndTheFunctionToBlame() {
        let report = Self.report([21, 24, 19, 22])
        #expect(!report.passes)
        #expect(
            report.text() == #"""
                File: service (8 processes)
                Type: inuse_space
                Time: 2026-07-12 04:31:00 UTC
                Sampling: every allocation
                Compared: 4 processes with 4, by what differs from process to process; figures are means of a process

                FAILED: 1 function grew, by more than processes differ

                   base    after  growth             95%  verdict  function
                11.50MB  22.50MB   ×1.96  ×1.64 to ×2.35  grew     whole heap
                10.50MB  21.50MB   ×2.05  ×1.69 to ×2.49  grew     Cache<"a">.insert /src/cache.c:42
                                                                     from main m.c:3
                    1MB      1MB   ×1.00  ×0.98 to ×1.02  within   Pool.get /src/pool.c:9

                Note: sizes are requested sizes, not usable ones: allocators round up.

                """#)
        #expect(
            report.junit() == #"""
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="silt check" tests="2" failures="2" errors="0" skipped="0">
                  <testsuite name="service" tests="2" failures="2" errors="0" skipped="0">
                    <testcase classname="silt.check" name="whole heap">
                      <failure type="exceeded" message="11.50MB to 22.50MB a process, ×1.96 (×1.64 to ×2.35)">11.50MB to 22.50MB a process, ×1.96 (×1.64 to ×2.35)
                </failure>
                    </testcase>
                    <testcase classname="silt.check" name="Cache&lt;&quot;a&quot;&gt;.insert">
                      <failure type="exceeded" message="10.50MB to 21.50MB a process, ×2.05 (×1.69 to ×2.49)">10.50MB to 21.50MB a process, ×2.05 (×1.69 to ×2.49)
                  from Cache&lt;&quot;a&quot;&gt;.insert /src/cache.c:42
                  from main m.c:3
                </failure>
                    </testcase>
                    <system-out>FAILED: 1 function grew, by more than processes differ
                sizes are requested sizes, not usable ones: allocators round up.
                </system-out>
                  </testsuite>
                </testsuites>

                """#)
        #expect(
            report.github(workspace: "/src") == #"""
                ::error file=cache.c,line=42,title=silt check%3A memory growth::grew: 10.50MB to 21.50MB a process, ×2.05 (×1.69 to ×2.49)%0ACache<"a">.insert /src/cache.c:42%0Amain m.c:3
                ::error title=silt check::FAILED: 1 function grew, by more than processes differ

                """#)
        let json = String(decoding: report.json(), as: UTF8.self)
        #expect(
            json.hasPrefix(
                #"{"format":"silt-check-replicas","version":1,"outcome":"failed","passes":false,"processes":{"base":4,"#
                    + #""after":4},"limit":null,"rows":[{"name":"whole heap","base":12058624,"after":23592960,"samples":136,"#
                    + #""growth":{"value":1.9595"#))
        #expect(
            json.contains(
                #""equal_load":null,"proven":true,"frames":[{"function":"Cache\u003c\"a\">.insert","#
                    + #""file":"/src/cache.c","line":42,"module":null,"offset":null}"#))
    }

    @Test func equalFleetsPassAndSayWhatWouldNotShow() {
        let report = Self.report([11, 9, 12, 10])
        #expect(report.passes)
        #expect(
            report.text().contains(
                "PASSED: nothing grew by more than processes differ; the whole heap by 2.48MB a process"))
    }

    @Test func twoProcessesAreSaidToTellNothing() {
        let report = Self.report([11, 12], isStrict: true)
        #expect(!report.passes)
        #expect(report.text().contains("UNDECIDED: so few processes decide nothing (4 and 2)"))
        #expect(report.junit().contains("<failure type=\"undecided\""))
        #expect(Self.report([11, 12]).passes)
    }
}
