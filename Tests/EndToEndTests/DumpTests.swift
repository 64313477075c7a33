// SPDX-License-Identifier: Apache-2.0
//
// The occasions on which the shim writes a dump, and that each dump says which it was.

import Glibc
import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct DumpTests {
    private func start(
        _ program: String, in bench: Workbench, _ more: [(name: String, value: String)] = []
    ) throws -> Program {
        try Program([Victims.program(program)], environment: Victims.environment(directory: bench.directory, more))
    }

    @Test(arguments: [(nil, SIGUSR2), ("USR1", SIGUSR1), ("SIGUSR1", SIGUSR1), ("10", SIGUSR1)] as [(String?, Int32)])
    func aSignalMakesADump(setting: String?, signal: Int32) throws {
        let bench = try Workbench()
        let program = try start("Allocators", in: bench, setting.map { [("SILT_SIGNAL", $0)] } ?? [])
        let truth = Victims.truth(in: try program.lines(through: "ready"))
        let dumps = try Arrivals(in: bench.directory)
        let symbolizer = Symbolizer()
        for sequence in 1...3 as ClosedRange<UInt32> {
            program.signal(signal)
            let session = try Session(contentsOf: try dumps.next())
            #expect(session.path == bench.path("Allocators.\(program.pid).\(sequence).silt"))
            #expect(session.header.state == .running)
            #expect(session.header.dump?.reason == .signal)
            #expect(session.header.dump?.sequence == sequence)
            #expect(session.header.signal == UInt32(signal))
            #expect(session.header.dump?.rss ?? 0 > 0)
            let recorded = Victims.recorded(in: session, for: truth.keys, by: symbolizer)
            for (function, expected) in truth { #expect(recorded[function] ?? Tally() == expected, "\(function)") }
        }
        #expect(try program.finish().status == 0)
    }

    @Test func noSignalIsTakenWhenNoneIsWanted() throws {
        let bench = try Workbench()
        let program = try start("Allocators", in: bench, [("SILT_SIGNAL", "none")])
        _ = try program.lines(through: "ready")
        program.signal(SIGUSR2)
        #expect(try program.finish().status == 128 + SIGUSR2)
    }

    @Test func aProgramThatTakesTheSignalKeepsItAndThisIsTold() throws {
        let bench = try Workbench()
        let program = try start("TakesSignal", in: bench)
        _ = try program.lines(through: "ready")
        program.send("\n")
        _ = try program.lines(through: "taken")
        program.signal(SIGUSR2)
        #expect(try program.lines(through: "signal") == ["signal"])
        let dump = try SiltCommand.run("dump", "\(program.pid)", "--dir", bench.directory)
        #expect(dump.status == 0)
        #expect(try program.finish(input: "\n").status == 0)
        let dumps = Catalog(directories: [bench.directory]).dumps
        #expect(dumps.map(\.header.dump?.reason) == [.reader, .exit])
        let last = try #require(dumps.last)
        #expect(last.header.flags.contains(.signalTaken))
        #expect(!last.header.flags.contains(.signalForeign))
    }

    @Test func aSignalThatWasSpokenForIsLeftAlone() throws {
        let bench = try Workbench()
        // What a shell ignores, its programs ignore.
        let program = try Program(
            ["/bin/bash", "-c", "trap '' USR2; exec \(Victims.program("TakesSignal"))"],
            environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        program.signal(SIGUSR2)
        let outcome = try program.finish(input: "\n\n")
        #expect(outcome.status == 0)
        let session = try #require(
            Catalog(directories: [bench.directory]).dumps.first { $0.header.comm == "TakesSignal" })
        #expect(session.header.flags.contains(.signalForeign))
        #expect(session.header.dump?.reason == .exit)
    }

    @Test func growthMakesADumpEachTime() throws {
        let bench = try Workbench()
        let growth = 64 << 20
        let outcome = try Program(
            [Victims.program("Churn"), "exit", "\(4 * growth)", "1000"],
            environment: Victims.environment(
                directory: bench.directory, interval: nil, [("SILT_DUMP_GROWTH", "64M")])
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let dumps = Catalog(directories: [bench.directory]).dumps
        let grown = dumps.filter { $0.header.dump?.reason == .growth }
        #expect((3...5).contains(grown.count), "\(grown.count)")
        #expect(dumps.count == grown.count + 1)
        // The one at exit may hold less: the program goes on to free as much as it allocates.
        let held = try grown.map { try Session(contentsOf: $0.path).live.count }
        #expect(held == held.sorted())
    }

    @Test func anIntervalMakesDumpsWhileTheProgramAllocates() throws {
        let bench = try Workbench()
        let arrivals = try Arrivals(in: bench.directory)
        let program = try Program(
            ["/bin/bash", "-c", "exec \(Victims.program("Victim")) >/dev/null"],
            environment: Victims.environment(directory: bench.directory, [("SILT_DUMP_EVERY", "1")]))
        let dumps = try [arrivals.next(), arrivals.next()].map { try Session(contentsOf: $0) }
        program.signal(SIGKILL)
        #expect(dumps.map(\.header.dump?.reason) == [.interval, .interval])
        #expect(dumps.map(\.header.dump?.sequence) == [1, 2])
        // Never before its time, however late the program runs.
        for (number, dump) in zip([1, 2] as [UInt64], dumps) {
            let time = try #require(dump.header.dump?.monotonic)
            #expect(time >= dump.header.startMonotonic + number * 1_000_000_000)
        }
    }

    @Test func dumpsOfEightAllocatingThreadsAreWhole() throws {
        let bench = try Workbench()
        let program = try start("Heavy", in: bench, [("SILT_CAPACITY", "4M")])
        let truth = Victims.truth(in: try program.lines(through: "ready"))
        #expect(truth["holds_blocks"]?.liveObjects == 4000)
        let arrivals = try Arrivals(in: bench.directory)
        let symbolizer = Symbolizer()
        for _ in 0..<12 {
            program.signal(SIGUSR2)
            let session = try Session(contentsOf: try arrivals.next())
            #expect(session.header.dump?.reason == .signal)
            #expect(Victims.recorded(in: session, for: truth.keys, by: symbolizer) == truth)
        }
        let outcome = try program.finish()
        #expect(outcome.status == 0)
        #expect(outcome.output == "done\n")
    }
}
