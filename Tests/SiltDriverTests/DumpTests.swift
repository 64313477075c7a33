// SPDX-License-Identifier: Apache-2.0
//
// Dumps of sessions that run, were killed, or are copies: what is written, and what a person is told with it.

import SiltFile
import SiltHost
import SiltReport
import TestSupport
import Testing

@testable import SiltDriver

@Suite struct DumpTests {
    @Test func aRunningSessionIsDumpedWithoutAWord() throws {
        let bench = try Workbench()
        let program = try Recorded.running("Orders", in: bench)
        let remarks = Remarks()
        let driver = Driver(directory: bench.directory, reporter: remarks.reporter)
        #expect(try driver.dump("Orders").path == bench.path("Orders.\(program.pid).r1.silt"))
        #expect(try driver.dump("\(program.pid)", to: bench.path("out")).path == bench.path("out"))
        let dump = try Session(contentsOf: bench.path("out"))
        #expect(dump.live.count == 250)
        #expect(dump.header.dump?.rss ?? 0 > 0)
        #expect(remarks.sentences.isEmpty)
        let failure = Failure.use("\(bench.path("out")): is a dump already; copy it instead")
        #expect(throws: failure) { try driver.dump(bench.path("out")) }
        #expect(throws: Failure.self) { try driver.dump("Orders", to: "/nonexistent/out") }
    }

    @Test func whatIsGoneOrACopyIsToldAsSuch() throws {
        let bench = try Workbench()
        let program = try Recorded.running("Orders", in: bench)
        let remarks = Remarks()
        let driver = Driver(directory: bench.directory, reporter: remarks.reporter)
        let live = bench.path("Orders.\(program.pid).live.silt")
        try bench.run(["/bin/cp", live, bench.path("copy")])
        _ = try driver.dump(bench.path("copy"), to: bench.path("out"))
        // A copy shows the moment it was made, not this one.
        #expect(try Snapshot(path: bench.path("copy")).process == nil)
        #expect(try Snapshot(path: live).process?.pid == UInt32(program.pid))
        program.signal(9)
        _ = try program.finish()
        _ = try driver.dump("\(program.pid)")
        #expect(
            remarks.sentences == [
                "process \(program.pid) no longer writes this file: it has called exec, or this is a copy",
                "process \(program.pid) has ended; the dump shows what it held at its end",
            ])
        #expect(try Session(contentsOf: bench.path("out")).header.dump?.rss == nil)
    }

    @Test func whatIsNotKnownOfAProcessIsNotClaimed() {
        let header = Recorded.session(at: 1, bytes: 1).header
        #expect(
            Driver.remarks(on: header, process: .elsewhere) == [
                "process 7 is in another pid namespace: whether it still runs is not known"
            ])
        #expect(
            Driver.remarks(on: header, process: .otherBoot) == [
                "process 7 ran before this boot or on another machine; the dump shows what it held at its end"
            ])
    }

    @Test(arguments: [Header.Flags.signalTaken, .signalForeign])
    func aSignalThatIsTheProgramsOwnIsTold(flag: Header.Flags) {
        var header = Recorded.session(at: 1, bytes: 1).header
        header.signal = 12
        #expect(Driver.remarks(on: header, process: .detached).count == 1)
        header.flags = flag
        #expect(
            Driver.remarks(on: header, process: .detached).first
                == "the program handles signal 12 itself, so that kill -12 makes no dump; silt dump does")
    }

    @Test func residentMemoryIsOfARunningProcessOrADump() throws {
        let bench = try Workbench()
        let program = try Recorded.running("Orders", in: bench)
        let driver = Driver(directory: bench.directory)
        #expect(try driver.resident("Orders").text().hasPrefix("File: Orders (pid \(program.pid))\n"))
        let live = bench.path("Orders.\(program.pid).live.silt")
        program.signal(9)
        _ = try program.finish()
        #expect(
            throws: Failure.input(
                "\(live): has no figure of resident memory; name a dump or a running process")
        ) { try driver.resident("Orders") }
    }

    @Test func sessionsAreListedOrWhatToDoWithoutAny() throws {
        let bench = try Workbench()
        let remarks = Remarks()
        let driver = Driver(directory: bench.directory, reporter: remarks.reporter)
        #expect(
            driver.sessions().text()
                == "No sessions in \(bench.directory). Start a program with: silt run -- PROGRAM\n")
        let dump = try Recorded.dump(of: "Orders", in: bench)
        let row = try #require(driver.sessions().list.rows.first)
        #expect(row.program == "Orders")
        #expect(row.state == "exited")
        #expect(row.inUse == 275_200)
        #expect(row.path == dump)
        #expect(remarks.sentences.isEmpty)
        try bench.write("text", to: "broken.silt")
        #expect(driver.sessions().list.rows.count == 1)
        #expect(remarks.sentences.count == 1)
    }

    @Test func whoMayNotTraceIsToldWhatGivesTheRight() {
        #expect(Failure.advice(restriction: 3, isRoot: true).contains("until the next boot"))
        #expect(
            Failure.advice(restriction: 2, isRoot: false).hasPrefix("kernel.yama.ptrace_scope is 2: run silt as root"))
        #expect(Failure.advice(restriction: 1, isRoot: false).contains("set it to 0 with sysctl"))
        #expect(Failure.advice(restriction: 0, isRoot: true).hasPrefix("this root lacks the capability SYS_PTRACE"))
        #expect(Failure.advice(restriction: nil, isRoot: false).hasPrefix("run silt as the process's user"))
    }
}
