// SPDX-License-Identifier: Apache-2.0
//
// The stacks of running threads as `silt threads --stacks` shows them, and that a process is afterwards as it was:
// nothing stopped that ran, nothing running that was stopped, no signal lost, however silt ends.

import Glibc
import SiltFile
import TestSupport
import Testing

@testable import SiltHost

// One after the other: each program keeps two CPUs busy.
@Suite(.serialized) struct ThreadStackTests {
    private let table = ProcessTable()

    private func start(_ arguments: String..., environment: [(name: String, value: String)] = []) throws -> Program {
        let program = try Program([Victims.program("Blocked")] + arguments, environment: environment)
        _ = try program.lines(through: "ready")
        return program
    }

    /// Groups by the functions of the program that are on their stacks, innermost first; lines may differ.
    private func groups(in report: String) -> [[String]: Int] {
        var result: [[String]: Int] = [:]
        var group: (count: Int, functions: [String])?
        for line in report.split(separator: "\n").drop(while: { !$0.hasPrefix("threads  ") }).dropFirst() {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "from", words.count > 1 {
                group?.functions.append(words[1])
            } else if let count = Int(words[0]), words.count > 2, words[1].last == "s" {
                if let group { result[group.functions, default: 0] += group.count }
                group = (count, [words[2]])
            }
        }
        if let group { result[group.functions, default: 0] += group.count }
        return result
    }

    private func report(on pid: Int32) throws -> String {
        try SiltCommand.report(
            "threads", "--stacks", "\(pid)", "--show",
            "^(blocked_in_.*|spin|interrupted|signalled|send_signals|wait_for_line)$")
    }

    private let answers: [[String]: Int] = [
        ["blocked_in_condition"]: 5, ["blocked_in_read"]: 4, ["spin"]: 1, ["blocked_in_handler", "interrupted"]: 1,
        ["signalled"]: 1, ["send_signals"]: 1, ["wait_for_line"]: 1,
    ]

    @Test func everyThreadIsInTheFunctionThatTheProgramSays() throws {
        let program = try start()
        let report = try report(on: program.pid)
        #expect(groups(in: report) == answers, "\(report)")
        #expect(report.contains("\nThreads: 14 in "))
        #expect(report.contains("Note: each thread was stopped to be read, for "))
        // Of the deep stack the upper part is not copied.
        #expect(report.contains("1 of 14 samples have an incomplete stack (1 larger than what is copied of it)"))
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func whoCreatedTheThreadsIsShownIfItWasRecorded() throws {
        let bench = try Workbench()
        let program = try start(environment: Victims.environment(directory: bench.directory))
        for target in ["\(program.pid)", "Blocked"] {
            let report = try SiltCommand.report(
                "threads", "--stacks", target, "--focus", "blocked_in_condition", "--dir", bench.directory)
            #expect(report.contains("5 sleeping in "), "\(report)")
            #expect(report.contains("  5 created by create "), "\(report)")
            #expect(report.contains("Threads: 5 in 1 stack\n"))
        }
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func aThreadThatCannotStopIsLeftOutAndCounted() throws {
        let program = try start("0", "vfork")
        let report = try report(on: program.pid)
        #expect(groups(in: report) == answers, "\(report)")
        #expect(report.contains("Note: 1 thread could not be stopped"))
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func noSignalIsLost() throws {
        let program = try start()
        for _ in 1...10 {
            let report = try report(on: program.pid)
            #expect(groups(in: report) == answers, "\(report)")
        }
        program.send("\n")
        let words = try #require(program.nextLine()).split(separator: " ")
        #expect(words.count == 3 && words[1] == words[2] && words[1] != "0", "\(words)")
        #expect(try program.finish().status == 0)
    }

    @Test func aStoppedProcessStaysStopped() throws {
        let program = try start()
        program.signal(SIGSTOP)
        try wait { states(of: program.pid) == ["T"] }
        let report = try report(on: program.pid)
        #expect(groups(in: report) == answers, "\(report)")
        try wait { states(of: program.pid) == ["T"] }
        program.signal(SIGCONT)
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test(arguments: [SIGKILL, SIGINT, SIGTERM]) func noThreadStaysStoppedIfSiltIsKilled(signal: Int32) throws {
        let program = try start("500")
        // Silt is frozen until it is seen to hold a thread.
        var silt = try Program([SiltCommand.path, "threads", "--stacks", "\(program.pid)"])
        var isHolding = false
        while !isHolding {
            if silt.hasEnded { silt = try Program([SiltCommand.path, "threads", "--stacks", "\(program.pid)"]) }
            // silt holds threads from a second thread of its own, which exists only as long.
            try wait { silt.hasEnded || table.threads(of: UInt32(silt.pid)).count > 1 }
            silt.signal(SIGSTOP)
            try wait { silt.hasEnded || states(of: silt.pid) == ["T"] }
            isHolding = states(of: program.pid).contains("t")
            if !isHolding { silt.signal(SIGCONT) }
        }
        silt.signal(signal)
        silt.signal(SIGCONT)
        #expect(try silt.finish().status == 128 + signal)
        try wait { !states(of: program.pid).contains("t") }
        let threads = table.threads(of: UInt32(program.pid)).keys
        #expect(threads.allSatisfy { table.tracing(of: $0, in: UInt32(program.pid))?.tracer == nil })
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test(.enabled(if: Nobody.mayRun(SiltCommand.path))) func whoMayNotTraceIsToldWhatToDo() throws {
        let program = try start()
        let outcome = try Program(Nobody.command + [SiltCommand.path, "threads", "--stacks", "\(program.pid)"]).finish()
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("silt: process \(program.pid) cannot be traced by this user: "))
        #expect(outcome.errors.contains("as root"))
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func aProcessThatIsTracedAlreadyIsLeftAlone() throws {
        let program = try start("0", "traced")
        let outcome = try SiltCommand.run("threads", "--stacks", "\(program.pid)")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("process \(program.pid) is already traced by process "))
        #expect(try program.finish(input: "\n").status == 0)
    }

    @Test func whatDoesNotRunHasNoStacks() throws {
        let bench = try Workbench()
        let program = try start(environment: Victims.environment(directory: bench.directory))
        let dump = try SiltCommand.report("dump", "Blocked", "--dir", bench.directory).split(separator: "\n")[0]
        program.signal(SIGKILL)
        _ = try program.finish()
        let ofDump = try SiltCommand.run("threads", "--stacks", String(dump))
        #expect(ofDump.status == 2)
        #expect(ofDump.errors.contains("is a dump: --stacks looks into running processes"))
        let ofKilled = try SiltCommand.run("threads", "--stacks", "Blocked", "--dir", bench.directory)
        #expect(ofKilled.status == 3)
        #expect(ofKilled.errors == "silt: Blocked: process \(program.pid) is not running\n")
        let ofNobody = try SiltCommand.run("threads", "--stacks", "\(program.pid)")
        #expect(ofNobody.status == 3)
        #expect(ofNobody.errors == "silt: no process \(program.pid)\n")
    }

    // MARK: What /proc says

    private func states(of pid: Int32) -> Set<Character> { Set(table.threads(of: UInt32(pid)).values.map(\.state)) }

    /// Waits for what the kernel does in a moment, and gives up after ten seconds.
    private func wait(for condition: () -> Bool) throws {
        for _ in 1...10_000 {
            if condition() { return }
            usleep(1000)
        }
        throw Workbench.ToolFailure(description: "waited in vain")
    }
}
