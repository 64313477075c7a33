// SPDX-License-Identifier: Apache-2.0
//
// Growth that no profile of malloc shows: of mappings and of threads, over two snapshots and three, told and gated.

import TestSupport
import Testing

@Suite struct ResidentGrowthTests {
    private static let mebi = 1 << 20

    /// The dumps of a program that grows by so much in each of two steps.
    private func dumps(mapped: Int, allocated: Int, threads: Int, in bench: Workbench) throws -> [String] {
        _ = try Program(
            [Victims.program("Resident"), "2", "\(mapped)", "\(allocated)", "\(threads)"],
            environment: Victims.environment(directory: bench.directory)
        ).finish()
        let dumps = try Victims.files(in: bench.directory, suffix: ".silt").filter { !$0.hasSuffix(".live.silt") }
        #expect(dumps.count == 3, "\(dumps)")
        return dumps
    }

    @Test func mappedMemoryIsToldAndGated() throws {
        let bench = try Workbench()
        let dumps = try dumps(mapped: 40, allocated: 0, threads: 3, in: bench)
        for snapshots in [[dumps[0], dumps[2]], dumps] {
            let diff = try bench.run([SiltCommand.path, "diff"] + snapshots)
            let line = try #require(diff.split(separator: "\n").first { $0.hasPrefix("Resident memory: ") }, "\(diff)")
            #expect(line.contains("; malloc explains ") && line.hasSuffix(": silt rss"), "\(line)")
            let levels = snapshots.count == 3 ? "2 → 5 → 8" : "2 → 8"
            let threads = "\nthreads: \(levels), +6 created by start at "
            #expect(diff.contains(threads), "\(diff)")

            let json = try bench.run([SiltCommand.path, "diff", "--format", "json"] + snapshots)
            let resident = try #require(json.firstMatch(of: /"resident":{"levels":\[[0-9,]+\],"growth":([0-9]+),/))
            let growth = try #require(Int(resident.output.1))
            #expect((80 * Self.mebi..<84 * Self.mebi).contains(growth), "\(json)")
            #expect(
                json.contains("\"threads\":{\"levels\":[\(levels.replacing(" → ", with: ","))],\"growth\":6,"),
                "\(json)")

            let gate = { (limit: String) in
                try Program([SiltCommand.path, "check"] + snapshots + ["--max-rss-growth", limit]).finish()
            }
            let failed = try gate("64MiB")
            #expect(failed.status == 1 && failed.output.contains("exceeded  resident memory\n"), "\(failed.output)")
            let passed = try gate("100MiB")
            #expect(passed.status == 0 && passed.output.contains("\nPASSED: "), "\(passed.output)")
        }
    }

    /// The dump of a hoard before it is filled, which says where memory is or does not, and the program with a full heap.
    private func hoard(in bench: Workbench, looking: String) throws -> (program: Program, empty: String) {
        let program = try Program(
            [Victims.program("Hoard"), "0", "100000", "50", "400", "later"],
            // 500 samples: it is certain whose blocks pin most.
            environment: Victims.environment(directory: bench.directory, interval: 1024))
        _ = try program.lines(through: "empty")
        let empty = bench.path("empty.silt")
        _ = try SiltCommand.report("dump", looking, "\(program.pid)", "--dir", bench.directory, "-o", empty)
        program.send("\n")
        _ = try program.lines(through: "ready")
        return (program, empty)
    }

    /// The second look is at the running program, or in a dump of it.
    @Test func twoLooksTellInWhichPartsMemoryGrew() throws {
        let bench = try Workbench()
        let (program, empty) = try hoard(in: bench, looking: "--memory")
        let full = bench.path("full.silt")
        _ = try SiltCommand.report("dump", "\(program.pid)", "--dir", bench.directory, "-o", full)
        for last in [full, "\(program.pid)"] {
            let text = try SiltCommand.report("diff", empty, last, "--dir", bench.directory)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("By part: ") }, "\(text)")
            #expect(line.contains("free but pinned +") && line.contains("(most by keep_most)"), "\(line)")

            let json = try SiltCommand.report("diff", "--format", "json", empty, last, "--dir", bench.directory)
            let resident = try #require(json.firstMatch(of: /"resident":.*?"growth":([0-9]+),.*?"parts":({.*?}})/))
            let parts = resident.output.2.matches(of: /"[a-z_]+_bytes":(-?[0-9]+)/).compactMap { Int($0.output.1) }
            let growth = try #require(Int(resident.output.1))
            #expect(parts.count >= 8, "\(resident.output.0)")
            #expect(abs(parts.reduce(0, +) - growth) <= growth / 50, "\(resident.output.0)")
            #expect(resident.output.2.contains("\"pinned_by\":{\"name\":\"keep_most\""), "\(json)")
        }
    }

    /// By the dumps as well as by a look at the process.
    @Test func figuresOfPagesAreCompared() throws {
        let bench = try Workbench()
        let (program, empty) = try hoard(in: bench, looking: "--memory")
        let full = bench.path("full.silt")
        _ = try SiltCommand.report("dump", "\(program.pid)", "--dir", bench.directory, "-o", full)
        for last in [full, "\(program.pid)"] {
            for kind in ["pinned_space", "resident_space"] {
                let text = try SiltCommand.report("diff", "--by", kind, empty, last, "--dir", bench.directory)
                #expect(text.contains("Type: \(kind)\n") && text.contains("keep_most"), "\(text)")
            }
        }
        let three = try SiltCommand.run("diff", "--by", "pinned_space", empty, full, full)
        #expect(three.status == 2, "\(three.errors)")
    }

    @Test func aDumpThatDoesNotSayWhereMemoryIsIsNamed() throws {
        let bench = try Workbench()
        let (program, empty) = try hoard(in: bench, looking: "--no-memory")
        let text = try SiltCommand.report("diff", empty, "\(program.pid)", "--dir", bench.directory)
        #expect(
            text.contains(
                "\nWhere in the process: \(empty) does not say; what silt dump makes of a running process does\n"),
            "\(text)")
        let json = try SiltCommand.report("diff", "--format", "json", empty, "\(program.pid)", "--dir", bench.directory)
        #expect(json.contains("\"parts\":null"), "\(json)")
    }

    @Test func mallocExplainsItsOwnGrowth() throws {
        let bench = try Workbench()
        let dumps = try dumps(mapped: 0, allocated: 20, threads: 0, in: bench)
        let diff = try bench.run([SiltCommand.path, "diff"] + dumps)
        let line = try #require(diff.split(separator: "\n").first { $0.hasPrefix("Resident memory: ") }, "\(diff)")
        #expect(line.contains("malloc explains") && line.contains("40MB") && !line.contains("elsewhere"), "\(line)")
    }

    /// The file of a killed process holds no count of its resident memory.
    @Test func whatIsNotKnownIsUndecided() throws {
        let bench = try Workbench()
        let dumps = try dumps(mapped: 0, allocated: 1, threads: 0, in: bench)
        let live = try #require(try Victims.files(in: bench.directory, suffix: ".live.silt").first)
        let arguments = [SiltCommand.path, "check", dumps[0], live, "--max-rss-growth", "1GiB"]
        let outcome = try Program(arguments).finish()
        #expect(outcome.status == 0 && outcome.output.contains("\nUNDECIDED: "), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("  unknown  undecided  resident memory (to decide: "), "\(outcome.output)")
        #expect(try Program(arguments + ["--strict"]).finish().status == 1)
    }
}
