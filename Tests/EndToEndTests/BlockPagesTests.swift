// SPDX-License-Identifier: Apache-2.0
//
// Resident, untouched, swapped and unshared bytes by stack, of a program that knows them exactly; of the running program and
// of a dump that silt makes of it.

import SiltHost
import TestSupport
import Testing

@Suite struct BlockPagesTests {
    private static let count = 20
    private static let size = 150_000

    /// The program, and how many bytes of each function's blocks are resident.
    private func start(
        in bench: Workbench, before: [String] = []
    ) throws -> (program: Program, resident: [String: Int]) {
        let program = try Program(
            before + [Victims.program("Touched"), "\(Self.count)", "\(Self.size)"],
            environment: Victims.environment(directory: bench.directory))
        let lines = try program.lines(through: "ready").dropLast().map { $0.split(separator: " ") }
        // Times of forks are known to a hundredth of a second.
        try bench.run(["sleep", "0.05"])
        let resident = lines.map { (String($0[0]), Int($0[1]) ?? 0) }
        return (program, Dictionary(resident, uniquingKeysWith: { first, _ in first }))
    }

    /// Of the functions of the program, those that have any.
    private func figures(_ kind: String, of target: String, in bench: Workbench) throws -> [String: Int] {
        let json = try bench.run(
            [SiltCommand.path, "top", "--dir", bench.directory, "--by", kind, "--format", "json", target])
        let found = json.matches(of: /"name":"(touch_[a-z]+)".*?"flat":{"value":([0-9]+),/)
        return Dictionary(
            found.map { (String($0.output.1), Int($0.output.2) ?? 0) }.filter { $0.1 > 0 },
            uniquingKeysWith: { first, _ in first })
    }

    private func dump(_ program: Program, in bench: Workbench) throws -> String {
        let path = bench.path("now.silt")
        let outcome = try SiltCommand.run("dump", "\(program.pid)", "--dir", bench.directory, "-o", path)
        try #require(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        return path
    }

    @Test func whatIsTouchedIsExactAtIntervalOne() throws {
        let bench = try Workbench()
        let (program, resident) = try start(in: bench)
        #expect(resident.count == 4)
        let untouched = resident.mapValues { Self.count * Self.size - $0 }.filter { $0.value > 0 }
        for target in ["\(program.pid)", try dump(program, in: bench)] {
            #expect(try figures("resident_space", of: target, in: bench) == resident)
            #expect(try figures("untouched_space", of: target, in: bench) == untouched)
            #expect(try figures("swapped_space", of: target, in: bench) == [:])
            #expect(try figures("unshared_space", of: target, in: bench) == resident)
        }
    }

    /// What a child writes to is no longer shared with it; the rest is, whoever has touched it.
    @Test(arguments: [0, 30, 100]) func whatAForkedChildWritesToIsNotShared(percent: Int) throws {
        let bench = try Workbench()
        let (program, resident) = try start(in: bench)
        program.send("fork \(percent)\n")
        let written = try #require(program.nextLine().flatMap { Int($0) })
        let unshared = percent == 0 ? [:] : ["touch_all": written]
        for target in ["\(program.pid)", try dump(program, in: bench)] {
            #expect(try figures("unshared_space", of: target, in: bench) == unshared)
            #expect(try figures("resident_space", of: target, in: bench) == resident)
        }
    }

    /// Each worker of a server that writes to what all began with has a copy of its own, and the rest of them still share.
    @Test func theCopiesOfAllChildrenCount() throws {
        let bench = try Workbench()
        let (program, _) = try start(in: bench)
        var written: [Int] = []
        for percent in [30, 30, 0, 70] {
            program.send("fork \(percent)\n")
            written.append(try #require(program.nextLine().flatMap { Int($0) }))
        }
        // The third has touched nothing: all that the others have copied comes beside what it shares with the parent.
        let copied = written[0] + written[1] + written[3]
        #expect(try figures("unshared_space", of: "\(program.pid)", in: bench) == ["touch_all": copied])
        // Of the parent alone a dump tells.
        #expect(try figures("unshared_space", of: try dump(program, in: bench), in: bench) == [:])
    }

    /// A dump keeps nothing of children, so that a comparison with one must not either.
    @Test func nothingGrowsBetweenADumpAndTheProcessThatChildrenCopy() throws {
        let bench = try Workbench()
        let (program, _) = try start(in: bench)
        for _ in 0..<3 {
            program.send("fork 50\n")
            _ = try #require(program.nextLine())
        }
        program.send("fork 0\n")
        _ = try #require(program.nextLine())
        let before = try dump(program, in: bench)
        let text = try SiltCommand.report(
            "diff", "--by", "unshared_space", before, "\(program.pid)", "--dir", bench.directory)
        #expect(!text.contains("Grew") && text.contains("Note: pages of the process itself: "), "\(text)")
        let top = try SiltCommand.report("top", "--by", "unshared_space", "\(program.pid)", "--dir", bench.directory)
        #expect(
            top.contains("Note: what 4 forked children copied is in these figures, and at most so much: "), "\(top)")
    }

    /// As daemons do: the parent of what was forked is gone.
    @Test func aCopyWhoseParentHasEndedCounts() throws {
        let bench = try Workbench()
        let (program, _) = try start(in: bench)
        program.send("orphan 40\nfork 0\n")
        let written = try #require(program.nextLine().flatMap { Int($0) })
        _ = try #require(program.nextLine())
        #expect(try figures("unshared_space", of: "\(program.pid)", in: bench) == ["touch_all": written])
    }

    @Test func whatChildrenAndParentCopyIsCountedOnce() throws {
        let bench = try Workbench()
        let (program, _) = try start(in: bench)
        program.send("fork 100\nfork 30\n")
        let written = try (0..<2).map { _ in try #require(program.nextLine().flatMap { Int($0) }) }
        // 30 % has three copies, none of them shared; of the rest the first child has one, the others share the other.
        #expect(
            try figures("unshared_space", of: "\(program.pid)", in: bench) == ["touch_all": written[0] + written[1]])
    }

    /// Right after the fork, often at the same addresses.
    @Test func whatChildrenAllocateThemselvesIsNoCopy() throws {
        let bench = try Workbench()
        for again in ["", " again"] {
            let (program, resident) = try start(in: bench, before: ["setarch", "-R"])
            program.send("work 4\(again)\n")
            let own = try #require(program.nextLine().flatMap { Int($0) })
            let json = try bench.run(
                [
                    SiltCommand.path, "top", "--dir", bench.directory, "--by", "unshared_space", "--format", "json",
                    "\(program.pid)",
                ])
            #expect(json.contains("\"name\":\"work_alone\""), "\(json)")
            let found = try #require(json.firstMatch(of: /"name":"work_alone".*?"flat":{"value":([0-9]+),/))
            #expect(Int(found.output.1) == own)
            #expect(resident.count == 4)
        }
    }

    /// Without swap the kernel keeps these pages, and nothing may change.
    @Test func whatIsSwappedOutIsNotResident() throws {
        let hasSwap = try contentsOfFile("/proc/swaps").split(separator: UInt8(ascii: "\n")).count > 1
        let bench = try Workbench()
        let (program, resident) = try start(in: bench)
        program.send("pageout\n")
        try #require(program.nextLine() != nil)
        let swapped = try figures("swapped_space", of: try dump(program, in: bench), in: bench)
        if hasSwap {
            let half = try #require(resident["touch_half"])
            let left = try figures("resident_space", of: "\(program.pid)", in: bench)["touch_half"] ?? 0
            let out = swapped["touch_half"] ?? 0
            #expect(out > 0 && out + left == half)
        } else {
            print("skipped: this machine has no swap")
            #expect(swapped.isEmpty)
            #expect(try figures("resident_space", of: "\(program.pid)", in: bench) == resident)
        }
    }

    @Test func aDumpWithoutPagesSaysHowToGetThem() throws {
        let bench = try Workbench()
        let (program, _) = try start(in: bench)
        let path = bench.path("bare.silt")
        _ = try SiltCommand.report("dump", "--no-memory", "\(program.pid)", "--dir", bench.directory, "-o", path)
        let outcome = try SiltCommand.run("top", "--by", "resident_space", path)
        #expect(outcome.status == 2)
        #expect(
            outcome.errors
                == "silt: \(path): does not keep the pages of its blocks: silt dump of a running process does, dumps that a "
                + "process writes itself and what one leaves behind do not\n")
    }
}
