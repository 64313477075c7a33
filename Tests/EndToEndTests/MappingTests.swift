// SPDX-License-Identifier: Apache-2.0
//
// What a program maps, by the function that mapped it: what the shim holds must be what the program says, to the byte and
// piece, and resident memory what it has written to.

import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct MappingTests {
    /// Pieces and bytes.
    private struct Mapped: Equatable {
        var pieces: UInt64 = 0
        var bytes: UInt64 = 0
    }

    /// What a program says of each process, by the word that follows `process`.
    private func answers(in lines: [String]) -> [String: (pid: UInt32, mapped: [String: Mapped])] {
        var result: [String: (pid: UInt32, mapped: [String: Mapped])] = [:]
        var current = ""
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[0] == "process", let pid = UInt32(words[2]) {
                current = words[1]
                result[current] = (pid, [:])
            } else {
                for (function, tally) in Victims.truth(in: [line]) where tally.liveObjects > 0 {
                    result[current]?.mapped[function] = Mapped(pieces: tally.liveObjects, bytes: tally.liveBytes)
                }
            }
        }
        return result
    }

    /// What a session has by function; reserved address space or memory.
    private func recorded(in session: Session, reserved: Bool, of functions: Set<String>) -> [String: Mapped] {
        let symbolizer = Symbolizer()
        var result: [String: Mapped] = [:]
        for record in session.mappings ?? [] where record.isReserved == reserved {
            let names = session.stacks[record.stack].map { Victims.names(in: $0, of: session, by: symbolizer) } ?? []
            for name in names.intersection(functions) {
                result[name, default: Mapped()].pieces += 1
                result[name, default: Mapped()].bytes += record.size
            }
        }
        return result
    }

    private func expect(_ session: Session, toHold answers: [String: Mapped], among all: Set<String>) {
        #expect(session.losses.isEmpty, "\(session.losses)")
        #expect(session.torn.total == 0)
        var memory = recorded(in: session, reserved: false, of: all)
        let reserved = recorded(in: session, reserved: true, of: all)
        // What was made accessible since.
        if answers["reserves"] != nil { #expect(memory.removeValue(forKey: "reserves")?.bytes == 3 << 20) }
        var expected = answers
        let space = expected.removeValue(forKey: "reserves")
        #expect(reserved["reserves"] == space)
        for function in all.subtracting(["reserves"]).sorted() {
            #expect(memory[function] == expected[function], "\(function)")
        }
        // Nothing else is there: the C library's own are not recorded.
        let bytes = expected.values.reduce(0) { $0 + $1.bytes } + (space.map { $0.bytes + 3 << 20 } ?? 0)
        #expect((session.mappings ?? []).reduce(0) { $0 + $1.size } == bytes)
    }

    @Test(arguments: [1, 1 << 40]) func everyMappingIsExactOnBothSidesOfAFork(interval: Int) throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program("Mappings"), "exit"],
            environment: Victims.environment(directory: bench.directory, interval: interval)
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answers = answers(in: outcome.output.split(separator: "\n").map(String.init))
        #expect(answers.keys.sorted() == ["child", "parent"])
        let all = Set(answers.values.flatMap(\.mapped.keys))
        for (_, (pid, mapped)) in answers {
            expect(try Session(contentsOf: bench.path("Mappings.\(pid).1.silt")), toHold: mapped, among: all)
        }
    }

    @Test func aDumpOfAReaderAndTheFileOfAKilledProcessHoldTheSame() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("Mappings"), "kill"],
            environment: Victims.environment(directory: bench.directory))
        let outcome = try program.finish()
        let parent = try #require(
            answers(in: outcome.output.split(separator: "\n").map(String.init))["parent"])
        let live = bench.path("Mappings.\(parent.pid).live.silt")
        let all = Set(parent.mapped.keys)
        expect(try Session(contentsOf: live), toHold: parent.mapped, among: all)
        let dump = bench.path("again.silt")
        _ = try bench.run([SiltCommand.path, "dump", live, "-o", dump])
        expect(try Session(contentsOf: dump), toHold: parent.mapped, among: all)
    }

    @Test func reportsTellWhoMappedAndWhatOfItIsResident() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("Mappings")], environment: Victims.environment(directory: bench.directory))
        let lines = try program.lines(through: "ready")
        var written = 0
        for line in lines where line.hasPrefix("resident ") {
            written += Int(line.split(separator: " ")[2]) ?? 0
        }
        let pid = "\(program.pid)"
        func silt(_ words: String...) throws -> String {
            try bench.run([SiltCommand.path] + words + ["--dir", bench.directory, pid])
        }
        let top = Report(try silt("top", "--by", "mapped_space", "-n", "0", "--nodefraction", "0"))
        #expect(top.flat["grows"] == "8MB")
        #expect(top.flat["maps_in_a_thread"] == "8MB")
        #expect(top.flat["puts_upon"] == "0.50MB")
        #expect(top.flat["reserves"] == "3MB")
        let pieces = Report(try silt("top", "--by", "mapped_objects", "-n", "0", "--nodefraction", "0"))
        #expect(pieces.flat["is_put_upon"] == "2")
        #expect(try silt("tree", "--by", "reserved_space").contains("reserves"))
        let resident = Report(try silt("top", "--by", "mapped_resident"))
        #expect(resident.flat["maps_and_keeps"] == "768kB")
        let json = try silt("rss", "--format", "json")
        let mapped = try #require(json.firstMatch(of: /"mapped_by":\[(.*?)\]/))
        #expect(
            mapped.output.1
                == "{\"name\":\"maps_and_keeps\",\"resident_bytes\":\(written),\"mapped_bytes\":\(3 << 20)}", "\(json)")
        #expect(json.contains("\"program_mapped_bytes\":\(written),"), "\(json)")
        #expect(
            try silt("rss").contains("Mapped by the program, resident: maps_and_keeps 768kB of 3MB."))
        // A dump and the process itself tell the same parts apart.
        let dump = bench.path("looked.silt")
        _ = try silt("dump", "-o", dump)
        let parts = try silt("diff", "--format", "json", dump)
        #expect(parts.contains("\"program_mapped_bytes\":0,"), "\(parts)")
    }

    @Test func whatWasMappedSinceIsTheDifference() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("Mappings"), "exit"], environment: Victims.environment(directory: bench.directory))
        let answers = answers(in: try program.finish().output.split(separator: "\n").map(String.init))
        let parent = try #require(answers["parent"])
        let child = try #require(answers["child"])
        let (base, after) = (
            bench.path("Mappings.\(child.pid).1.silt"), bench.path("Mappings.\(parent.pid).1.silt")
        )
        let diff = try SiltCommand.report("diff", "--by", "mapped_space", base, after, "-n", "100")
        #expect(diff.contains("8MB        1"), "\(diff)")
        let passed = try SiltCommand.run("check", "--by", "mapped_space", base, after, "--max-growth", "100MiB")
        #expect(passed.status == 0 && passed.output.contains("Type: mapped_space"), "\(passed.output)")
        let failed = try SiltCommand.run("check", "--by", "mapped_space", base, after, "--max-growth", "1MiB")
        #expect(failed.status == 1 && failed.output.contains("stack grows"), "\(failed.output)")
        let folded = try SiltCommand.report("export", "--format", "folded", "--by", "mapped_space", after)
        #expect(folded.contains(";grows 8388608"), "\(folded)")
    }
}
