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
        #expect(moment.status == 0 && moment.output.hasPrefix("Verdict: one snapshot\n"), "\(moment)")
        #expect(moment.output.contains("allocates_something"))
        try runWhatItProposes(moment.output)

        let base = try SiltCommand.report("dump", pid, "--dir", bench.directory)
        program.send("\n")
        _ = try program.lines(through: "taken")
        let grown = try explain([String(base.dropLast()), pid])
        #expect(
            grown.output.hasPrefix("Verdict: the heap grew; two snapshots cannot tell whether that goes on\n"),
            "\(grown)")
        #expect(grown.output.contains("allocates_something"))
        try runWhatItProposes(grown.output)
        let json = try explain(["--format", "json", String(base.dropLast()), pid])
        #expect(json.output.utf8.count <= Explanation.longest)
        #expect(json.output.contains(#""verdict":"grew""#))

        // In any order, and a file that is named twice counts once.
        let unordered = try explain([pid, String(base.dropLast()), String(base.dropLast())])
        #expect(unordered.output.hasPrefix("Verdict: the heap grew; "), "\(unordered)")
        _ = try program.finish(input: "\n")
    }

    /// Only of a process that is known to have ended it is said.
    @Test func whoHasEndedIsToldAndWhoRunsIsNot() throws {
        let program = try Program([
            SiltCommand.path, "run", "--interval", "1", "--dir", bench.directory, "--", Victims.program("TakesSignal"),
        ])
        _ = try program.lines(through: "ready")
        let live = bench.path("TakesSignal.\(program.pid).live.silt")
        let elsewhere = try Workbench()
        try bench.run(["/bin/cp", live, elsewhere.path("copy")])
        let ended = "\nThe process has ended.\n"
        for file in [live, elsewhere.path("copy")] {
            let told = try SiltCommand.report("explain", file, "--dir", elsewhere.directory)
            #expect(told.hasPrefix("Verdict: one snapshot\n") && !told.contains(ended), "\(told)")
        }
        program.signal(SIGKILL)
        _ = try program.finish()
        #expect(try SiltCommand.report("explain", live, "--dir", elsewhere.directory).contains(ended))
    }
}
