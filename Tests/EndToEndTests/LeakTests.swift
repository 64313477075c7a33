// SPDX-License-Identifier: Apache-2.0
//
// The main job: a Swift service that leaks, two snapshots, and the function that leaks in the first line.

import Glibc
import SiltFile
import TestSupport
import Testing

@Suite struct LeakTests {
    @Test func theDiffOfTwoDumpsNamesTheLeakFirstWithItsFileAndLine() throws {
        let bench = try Workbench()
        let service = try Program([
            SiltCommand.path, "run", "--dir", bench.directory, "--", Victims.program("PaymentService"), "--port", "0",
            "--leak", "tokens",
        ])
        let listening = try #require(try service.lines(through: "listening on ").last)
        let port = try #require(listening.split(separator: ":").last.map(String.init))
        let load = { (requests: Int) in _ = try bench.run([Victims.program("Load"), port, "\(requests)", "4"]) }

        try load(8000)
        let base = try SiltCommand.report("dump", "PaymentService", "--dir", bench.directory)
        try load(16000)
        let after = try SiltCommand.report("dump", "PaymentService", "--dir", bench.directory)
        let diff = try SiltCommand.report("diff", String(base.dropLast()), String(after.dropLast()))
        let lines = diff.split(separator: "\n", omittingEmptySubsequences: false)
        let head = try #require(lines.firstIndex { $0.hasSuffix("  function") }, "\(diff)")
        #expect(lines[head + 1].contains("  TokenCache.insert(_:) "), "\(diff)")
        #expect(lines[head + 1].contains("/TokenCache.swift:"), "\(diff)")

        service.signal(SIGKILL)
        #expect(try service.finish().status == 128 + SIGKILL)
        let top = try SiltCommand.report("top", "PaymentService", "--dir", bench.directory)
        #expect(Report(top).names.first?.contains("TokenCache.insert") == true, "\(top)")
    }
}
