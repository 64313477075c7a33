// SPDX-License-Identifier: Apache-2.0
//
// Processes that come from others: fork, vfork, exec, and programs that are to be left alone.

import SiltFile
import TestSupport
import Testing

@Suite struct ForkTests {
    /// The truth lines of each process, by the word that follows `process`.
    private func truths(in output: String) -> [String: (pid: UInt32, truth: [String: Tally])] {
        var result: [String: (pid: UInt32, truth: [String: Tally])] = [:]
        var current = ""
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[0] == "process", let pid = UInt32(words[2]) {
                current = words[1]
                result[current] = (pid, [:])
            } else {
                result[current]?.truth.merge(Victims.truth(in: [line])) { $1 }
            }
        }
        return result
    }

    @Test func bothSidesOfAForkAreExact() throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program("Fork"), "exit"], environment: Victims.environment(directory: bench.directory)
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let truths = truths(in: outcome.output)
        #expect(truths.keys.sorted() == ["child", "parent"])
        for (side, (pid, truth)) in truths {
            let session = try Session(contentsOf: bench.path("Fork.\(pid).1.silt"))
            #expect(session.header.flags.contains(.forked) == (side == "child"))
            #expect(session.losses.isEmpty, "\(session.losses)")
            // Functions that ran in the other process only, or before the fork, hold nothing here.
            let everybody = truths.values.flatMap(\.truth.keys)
            let recorded = Victims.recorded(in: session, for: everybody)
            for function in everybody.sorted() {
                #expect(recorded[function] ?? Tally() == truth[function] ?? Tally(), "\(side) \(function)")
            }
        }
    }

    @Test func freesOfInheritedMemoryCountNothing() throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program("Fork"), "exit"], environment: Victims.environment(directory: bench.directory)
        ).finish()
        let child = try #require(truths(in: outcome.output)["child"])
        let session = try Session(contentsOf: bench.path("Fork.\(child.pid).1.silt"))
        let frees = session.events.filter { $0.operation == .free }
        #expect(frees.allSatisfy { $0.born >= session.header.startMonotonic })
        // Twenty blocks that were inherited are freed, and one is resized: none of it shows.
        #expect(frees.allSatisfy { $0.size != 3001 })
    }

    /// Children that went on with their parent's sampler would be sampled all at the same place, or not at all. Each
    /// is sampled with a probability of 1 - exp(-1/2), so that fewer than 5 or more than 48 of 64 are not seen once in 10^8 runs.
    @Test func childrenThatDoTheSameAreSampledIndependently() throws {
        let bench = try Workbench()
        let parent = try Program(
            [Victims.program("Prefork")], environment: Victims.environment(directory: bench.directory, interval: nil))
        #expect(try parent.finish().status == 0)
        let children = Catalog(directories: [bench.directory]).dumps.filter { $0.header.pid != parent.pid }
        #expect((5...48).contains(children.count), "\(children.count)")
    }

    @Test func execKeepsTheOldProgramsFileBesideTheNewOnes() throws {
        let bench = try Workbench()
        let program = try Program(
            ["/bin/bash", "-c", "x=$(seq 100); exec \(Victims.program("TakesSignal"))"],
            environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        let sessions = Catalog(directories: [bench.directory]).sessions.filter { $0.header.pid == program.pid }
        #expect(sessions.map(\.header.comm) == ["TakesSignal", "bash"])
        #expect(sessions.map { "\($0.status)" } == ["running", "exec'd"])
        for session in sessions { #expect(try !Session(contentsOf: session.path).live.isEmpty) }
        _ = try program.finish(input: "\n\n")
    }

    @Test func childrenAreProfiledUnlessTheyAreToBeLeftAlone() throws {
        for (setting, expected) in [("1", ["Endings", "bash"]), ("0", ["bash"])] {
            let bench = try Workbench()
            let outcome = try Program(
                ["/bin/bash", "-c", "x=$(seq 100); \(Victims.program("Endings")) return >&2; exit 5"],
                environment: Victims.environment(directory: bench.directory, [("SILT_CHILDREN", setting)])
            ).finish()
            #expect(outcome.status == 5)
            let dumps = Catalog(directories: [bench.directory]).dumps
            #expect(Set(dumps.map(\.header.comm)).subtracting(["seq"]).sorted() == expected)
        }
    }

    @Test func runLeavesChildrenAloneWhenAsked() throws {
        let bench = try Workbench()
        let outcome = try SiltCommand.run(
            "run", "--no-children", "--interval", "1", "--dir", bench.directory, "--", "/bin/bash", "-c",
            "\(Victims.program("Endings")) return >&2; exit 5")
        #expect(outcome.status == 5, "\(outcome.errors)")
        #expect(Catalog(directories: [bench.directory]).dumps.map(\.header.comm) == ["bash"])
    }

    @Test func sessionsOfOnePidHaveNamesOfTheirOwn() throws {
        let bench = try Workbench()
        // The same program twice in one process: by exec, its pid and its name stay.
        let again = "x=$(seq 100); exec /bin/bash -c 'x=$(seq 100); echo $$'"
        let outcome = try Program(
            ["/bin/bash", "-c", again], environment: Victims.environment(directory: bench.directory)
        ).finish()
        let pid = try #require(UInt32(outcome.output.dropLast()))
        let files = try Victims.files(in: bench.directory, suffix: ".silt")
        #expect(files.contains(bench.path("bash.\(pid).live.silt")))
        #expect(files.contains(bench.path("bash.\(pid)-2.1.silt")))
    }
}
