// SPDX-License-Identifier: Apache-2.0
//
// Threads alive by the function that created them: what the shim holds must be what the program says, at every dump.

import Glibc
import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct ThreadTests {
    /// The threads that a function has created and that are alive.
    private struct Lives: Equatable {
        var count: UInt64 = 0
        /// Bytes reserved for their stacks; 0 in an answer stands for the system's default.
        var stackBytes: UInt64 = 0
    }

    /// What a step of the program says.
    private struct Step {
        var pid: Int32 = 0
        var answers: [String: Lives] = [:]

        init(_ lines: [String]) {
            for line in lines {
                let words = line.split(separator: " ").map(String.init)
                if words.first == "process", words.count == 3 {
                    pid = Int32(words[2]) ?? 0
                    answers = [:]
                } else if words.first == "threads", words.count == 4 {
                    answers[words[1]] = Lives(count: UInt64(words[2]) ?? 0, stackBytes: UInt64(words[3]) ?? 0)
                }
            }
        }
    }

    private func recorded(in session: Session) -> [String: Lives] {
        let symbolizer = Symbolizer()
        let names = session.stacks.mapValues { Victims.names(in: $0, of: session, by: symbolizer) }
        var result: [String: Lives] = [:]
        for record in session.threads {
            for name in names[record.stack, default: []] {
                result[name, default: Lives()].count += 1
                result[name, default: Lives()].stackBytes += record.stackSize
            }
        }
        return result
    }

    private func expect(_ session: Session, toHold answers: [String: Lives]) {
        let recorded = recorded(in: session)
        for (function, expected) in answers.sorted(by: { $0.key < $1.key }) {
            var found = recorded[function] ?? Lives()
            if expected.stackBytes == 0 { found.stackBytes = 0 }
            #expect(found == expected, "\(function)")
        }
        #expect(UInt64(session.threads.count) == answers.values.map(\.count).reduce(0, +))
        #expect(session.torn.total == 0)
        #expect(session.losses.isEmpty, "\(session.losses)")
        #expect(session.threads.allSatisfy { $0.stackSize > 0 })
    }

    @Test(arguments: [10_000, 37])
    func everyDumpHoldsTheThreadsThatAreAlive(crowd: Int) throws {
        let bench = try Workbench()
        // The threads alone begin the session: at this interval no allocation is sampled.
        let program = try Program(
            [Victims.program("ThreadLives"), String(crowd)],
            environment: Victims.environment(directory: bench.directory, interval: 1 << 40))
        let arrivals = try Arrivals(in: bench.directory)
        for _ in 1...4 {
            let step = Step(try program.lines(through: "ready"))
            #expect(step.answers.isEmpty == false)
            kill(step.pid, SIGUSR2)
            // The child's last dump, at its end, may arrive before the parent's.
            var path = try arrivals.next()
            while !path.contains(".\(step.pid).") { path = try arrivals.next() }
            let dump = try Session(contentsOf: path)
            expect(dump, toHold: step.answers)
            #expect(dump.unknownThreads() == 0)
            let live = try #require(
                try Victims.files(in: bench.directory, suffix: ".\(step.pid).live.silt").first)
            expect(try Session(contentsOf: live), toHold: step.answers)
            program.send("\n")
        }
        #expect(try program.finish().status == 0)
    }

    @Test func aThreadsNameAndWhoMadeItAreInTheDump() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("ThreadLives"), "0"], environment: Victims.environment(directory: bench.directory))
        for _ in 1...2 {
            _ = try program.lines(through: "ready")
            program.send("\n")
        }
        let step = Step(try program.lines(through: "ready"))
        let arrivals = try Arrivals(in: bench.directory)
        kill(step.pid, SIGUSR2)
        let kept = try Session(contentsOf: try arrivals.next()).threads.filter { $0.name == "kept" }
        #expect(kept.map(\.creator) == [UInt32](repeating: UInt32(step.pid), count: 3))
        #expect(Set(kept.map(\.thread)).count == 3)
        #expect(kept.allSatisfy { $0.thread != nil && $0.handle != nil })
        let report = try SiltCommand.report("threads", "\(step.pid)", "--dir", bench.directory)
        #expect(report.contains("  3 named kept\n"), "\(report)")
    }
}
