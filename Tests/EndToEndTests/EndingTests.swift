// SPDX-License-Identifier: Apache-2.0
//
// What a program leaves behind when it ends, in each of the ways in which programs end.

import SiltFile
import TestSupport
import Testing

@Suite struct EndingTests {
    private func run(
        _ how: String, in bench: Workbench, _ more: [(name: String, value: String)] = []
    ) throws -> Program.Outcome {
        try Program(
            [Victims.program("Endings"), how], environment: Victims.environment(directory: bench.directory, more)
        ).finish()
    }

    private func expectTruth(_ outcome: Program.Outcome, in session: Session) {
        let truth = Victims.truth(in: outcome.output.split(separator: "\n"))
        #expect(!truth.isEmpty)
        #expect(Victims.recorded(in: session, for: truth.keys) == truth)
    }

    @Test(arguments: ["return", "exit", "_exit", "_Exit", "quick_exit"])
    func aNormalEndLeavesOneDumpThatSaysSo(how: String) throws {
        let bench = try Workbench()
        let outcome = try run(how, in: bench)
        #expect(outcome.status == 7)
        let files = try Victims.files(in: bench.directory, suffix: ".silt")
        try #require(files.count == 1, "\(files)")
        let session = try Session(contentsOf: files[0])
        #expect(session.header.kind == .dump)
        #expect(session.header.state == .exited)
        #expect(session.header.dump?.reason == .exit)
        #expect(session.header.dump?.sequence == 1)
        expectTruth(outcome, in: session)
    }

    @Test(arguments: [("syscall", 7 as Int32), ("abort", 134)])
    func anEndThatNobodyHearsOfLeavesTheSessionItself(how: String, status: Int32) throws {
        let bench = try Workbench()
        let outcome = try run(how, in: bench)
        #expect(outcome.status == status)
        let sessions = Catalog(directories: [bench.directory]).sessions
        try #require(sessions.count == 1)
        #expect("\(sessions[0].status)" == "killed")
        expectTruth(outcome, in: try Session(contentsOf: sessions[0].path))
    }

    @Test func discardLeavesNothing() throws {
        let bench = try Workbench()
        #expect(try run("return", in: bench, [("SILT_EXIT", "discard")]).status == 7)
        #expect(try Victims.files(in: bench.directory, suffix: "").isEmpty)
    }

    @Test func onlyTheNewestFilesOfAProgramAreKept() throws {
        let bench = try Workbench()
        var last = ""
        for _ in 0..<5 {
            #expect(try run("return", in: bench, [("SILT_KEEP", "2")]).status == 7)
            let files = try Victims.files(in: bench.directory, suffix: ".silt")
            last = try #require(files.max { modified($0) < modified($1) })
        }
        let kept = try Victims.files(in: bench.directory, suffix: ".silt")
        #expect(kept.count == 2)
        #expect(kept.contains(last))
    }

    /// Files of other programs, and what only looks like one of ours, are never taken away.
    @Test func pruningTouchesNothingElse() throws {
        let bench = try Workbench()
        let others = ["Endings.silt", "Endings.1.silt.txt", "Other.1.1.silt", "Endings-2.1.1.silt", "notes"]
        for name in others { try bench.write("", to: name) }
        for _ in 0..<3 { #expect(try run("return", in: bench, [("SILT_KEEP", "1")]).status == 7) }
        let left = try Victims.files(in: bench.directory, suffix: "").map {
            $0.split(separator: "/").last.map(String.init)
        }
        #expect(Set(others).isSubset(of: Set(left.compactMap { $0 })))
        #expect(left.count == others.count + 1)
    }

    /// Nanoseconds since 1970.
    private func modified(_ path: String) -> UInt64 {
        (try? SessionSummary(contentsOf: path))?.header.dump?.realtime ?? 0
    }
}
