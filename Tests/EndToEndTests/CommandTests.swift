// SPDX-License-Identifier: Apache-2.0
//
// The command on sessions that run, were killed, or have ended.

import Glibc
import SiltFile
import TestSupport
import Testing

@Suite struct CommandTests {
    private func start(_ program: String, in bench: Workbench) throws -> Program {
        let program = try Program(
            [SiltCommand.path, "run", "--interval", "1", "--dir", bench.directory, "--", Victims.program(program)])
        _ = try program.lines(through: "ready")
        return program
    }

    @Test func aRunningSessionIsListedDumpedAndShown() throws {
        let bench = try Workbench()
        let program = try start("TakesSignal", in: bench)
        let list = try SiltCommand.report("list", "--dir", bench.directory).split(separator: "\n")
        try #require(list.count == 2)
        #expect(list[1].hasPrefix("TakesSignal  \(program.pid)  running  "), "\(list[1])")
        for target in ["TakesSignal", "\(program.pid)", bench.path("TakesSignal.\(program.pid).live.silt")] {
            let top = try SiltCommand.report("top", target, "--by", "inuse_objects", "--dir", bench.directory)
            #expect(Report(top).flat["allocates_something"] == "100", "\(top)")
        }
        let first = try SiltCommand.report("dump", "TakesSignal", "--dir", bench.directory)
        #expect(first == bench.path("TakesSignal.\(program.pid).r1.silt") + "\n")
        program.send("\n")
        _ = try program.lines(through: "taken")
        let second = try SiltCommand.run(
            "dump", "TakesSignal", "-o", bench.path("second"), "--dir", bench.directory)
        #expect(second.output == bench.path("second") + "\n")
        let diff = try SiltCommand.report(
            "diff", String(first.dropLast()), bench.path("second"), "--by", "inuse_objects")
        #expect(diff.contains("allocates_something"), "\(diff)")
        #expect(diff.contains("100"), "\(diff)")
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func aKilledSessionIsListedAsKilledAndStillTells() throws {
        let bench = try Workbench()
        let program = try start("TakesSignal", in: bench)
        program.signal(SIGKILL)
        #expect(try program.finish().status == 128 + SIGKILL)
        let list = try SiltCommand.report("list", "--dir", bench.directory)
        #expect(list.contains("TakesSignal  \(program.pid)  killed  "), "\(list)")
        let top = try SiltCommand.report("top", "TakesSignal", "--by", "inuse_objects", "--dir", bench.directory)
        #expect(Report(top).flat["allocates_something"] == "100")
        let dump = try SiltCommand.run("dump", "TakesSignal", "--dir", bench.directory)
        #expect(dump.status == 0)
        #expect(dump.errors == "silt: process \(program.pid) has ended; the dump shows what it held at its end\n")
        #expect(try Session(contentsOf: String(dump.output.dropLast())).header.kind == .dump)
    }

    @Test func whatExitedIsListedAndFoundByItsName() throws {
        let bench = try Workbench()
        let program = try start("TakesSignal", in: bench)
        #expect(try program.finish(input: "\n\n").status == 0)
        let last = bench.path("TakesSignal.\(program.pid).1.silt")
        for list in [
            try SiltCommand.report("list", "--dir", bench.directory),
            try SiltCommand.report("list", "--dumps", "--dir", bench.directory),
        ] {
            let rows = list.split(separator: "\n")
            try #require(rows.count == 2)
            #expect(rows[1].hasPrefix("TakesSignal  \(program.pid)  exited  "), "\(rows[1])")
            #expect(rows[1].hasSuffix("  \(last)"), "\(rows[1])")
        }
        for target in [last, "TakesSignal", "\(program.pid)"] {
            let top = try SiltCommand.report("top", target, "--by", "inuse_objects", "--dir", bench.directory)
            #expect(Report(top).flat["allocates_something"] == "200")
        }
        let dump = try SiltCommand.run("dump", "TakesSignal", "--dir", bench.directory)
        #expect(dump.status == 2)
        #expect(dump.errors == "silt: \(last): is a dump already; copy it instead\n")
    }

    @Test func sinceShowsWhatTheRingRemembersAndHowFarBack() throws {
        let bench = try Workbench()
        let program = try start("TakesSignal", in: bench)
        let top = try SiltCommand.report(
            "top", "TakesSignal", "--since", "24h", "--by", "alloc_objects", "--dir", bench.directory)
        #expect(Report(top).flat["allocates_something"] == "100", "\(top)")
        #expect(top.contains("the ring reaches back"), "\(top)")
        _ = try program.finish(input: "\n\n")
    }

    @Test func aSnapshotWithTenThousandStacksIsShown() throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "ManyStacks", "exit", in: bench)
        let session = try Session(contentsOf: dump)
        #expect(session.stacks.count >= 1 << 14)
        #expect(session.live.count >= 1 << 16)
        #expect(session.losses.isEmpty, "\(session.losses)")
        let top = try SiltCommand.report("top", dump, "--by", "inuse_objects")
        #expect(Report(top).flat["keep_blocks"] == "65536", "\(top)")
    }

    @Test func runStartsTheProgramWithItsArgumentsItsInputAndItsStatus() throws {
        let bench = try Workbench()
        let outcome = try Program(
            [
                SiltCommand.path, "run", "--dir", bench.directory, "--", "/bin/sh", "-c",
                "cat; printf '%s|' \"$@\"; echo oops >&2; exit 3", "sh", "a b", "", "--interval",
            ]
        ).finish(input: "text\n")
        #expect(outcome.status == 3)
        #expect(outcome.output == "text\na b||--interval|\n")
        #expect(outcome.errors == "oops\n")
    }
}
