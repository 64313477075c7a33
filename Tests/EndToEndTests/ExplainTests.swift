// SPDX-License-Identifier: Apache-2.0
//
// The explanation of real processes: who is named, and that what it proposes can be run as it stands.

import Glibc
import SiltHost
import SiltReport
import TestSupport
import Testing

@Suite struct ExplainTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func explain(_ targets: [String]) throws -> Program.Outcome {
        try Program([SiltCommand.path, "explain", "--dir", bench.directory] + targets).finish()
    }

    /// Each line below `Next:`, with the waiting left out.
    private func runWhatItProposes(_ text: String) throws {
        let lines = text.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "Next:"), "\(text)")
        #expect(start + 1 < lines.count)
        for line in lines[(start + 1)...] {
            let command = line.split(separator: "sleep 600", omittingEmptySubsequences: false).joined(separator: "true")
            let outcome = try Program(
                ["/bin/sh", "-ec", "PATH=\(ownFolder()):$PATH; \(command)"], directory: bench.directory
            ).finish()
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
    }

    @Test func aMomentTwoSnapshotsAndTheirNextSteps() throws {
        let program = try Program([
            SiltCommand.path, "run", "--interval", "1", "--dir", bench.directory, "--", Victims.program("TakesSignal"),
        ])
        _ = try program.lines(through: "ready")
        let pid = "\(program.pid)"
        let moment = try explain([pid])
        #expect(moment.status == 0 && moment.output.hasPrefix("Verdict: one moment\n"), "\(moment)")
        #expect(moment.output.contains("allocates_something"))
        try runWhatItProposes(moment.output)

        let base = try SiltCommand.report("dump", pid, "--dir", bench.directory)
        program.send("\n")
        _ = try program.lines(through: "taken")
        let grown = try explain([String(base.dropLast()), pid])
        #expect(
            grown.output.hasPrefix("Verdict: it grew; whether that goes on, two snapshots do not tell\n"), "\(grown)")
        #expect(grown.output.contains("allocates_something"))
        try runWhatItProposes(grown.output)
        let json = try explain(["--format", "json", String(base.dropLast()), pid])
        #expect(json.output.utf8.count <= Explanation.longest)
        #expect(json.output.contains(#""verdict":"grew""#))

        let same = try explain([pid, pid])
        #expect(same.status == 2 || same.output.hasPrefix("Verdict: nothing grew\n"), "\(same)")
        _ = try program.finish(input: "\n")
    }
}
