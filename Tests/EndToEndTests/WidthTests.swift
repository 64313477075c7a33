// SPDX-License-Identifier: Apache-2.0
//
// Every verb that prints a table, on terminals of several widths, about a program whose functions have names of 400
// characters: no line of a table is wider than the terminal, and a name that is cut keeps both its ends.

import TestSupport
import Testing

@Suite struct WidthTests {
    /// `script` gives a terminal, `stty` its width.
    static let hasTerminal = ["script", "stty"].allSatisfy { Workbench.find($0) != nil }

    private let bench: Workbench
    private let program: Program
    private let dumps: [String]

    init() throws {
        bench = try Workbench()
        program = try Program(
            [SiltCommand.path, "run", "--interval", "1", "--dir", bench.directory, "--", Victims.program("LongNames")])
        _ = try program.lines(through: "ready")
        var dumps: [String] = []
        for number in 1...4 {
            dumps.append(bench.path("\(number).silt"))
            _ = try SiltCommand.report("dump", "\(program.pid)", "-o", dumps[number - 1], "--dir", bench.directory)
            program.send("\n")
            _ = try program.lines(through: "more")
        }
        self.dumps = dumps
    }

    private func report(_ arguments: [String], columns: Int) throws -> [String] {
        let command = (["stty cols \(columns);", SiltCommand.path] + arguments).joined(separator: " ")
        let outcome = try Program(
            ["env", "SHELL=/bin/sh", "LC_ALL=C.UTF-8", "script", "-qec", command, "/dev/null"],
            directory: bench.directory
        ).finish()
        // Progress is on the same terminal.
        return outcome.output.replacing("\r\n", with: "\n").split(separator: "\n").map { line in
            String(line.split(separator: "\u{1B}[K", omittingEmptySubsequences: false).last ?? "")
        }
    }

    private var verbs: [[String]] {
        [
            ["top"], ["top", "--ages"], ["tree"], ["peek", "Repository"], ["list", "Repository"], ["rss"], ["threads"],
            ["explain"],
        ].map { $0 + [String(program.pid), "--dir", bench.directory] } + [
            ["diff", dumps[0], dumps[1]], ["diff"] + dumps, ["check", dumps[0], dumps[3]], ["check"] + dumps,
            ["explain"] + dumps, ["list", "--dir", bench.directory],
            ["top", "--by", "pinned_space", "\(program.pid)", "--dir", bench.directory],
        ]
    }

    @Test(.enabled(if: hasTerminal, "needs script and stty"), arguments: [60, 80, 120, 200])
    func tablesFitTheTerminalAndNamesAreCutInTheirMiddle(columns: Int) throws {
        var cut = 0
        for verb in verbs {
            let lines = try report(verb, columns: columns)
            #expect(lines.count > 1, "\(verb): \(lines)")
            // What stands outside of tables are sentences and commands, which are whole.
            let tables = lines.filter { line in !Self.sentences.contains { line.hasPrefix($0) } }
            #expect(tables.filter { $0.count > columns } == [], "\(verb) on \(columns) columns")
            // Of a source line the beginning is shown.
            let names = tables.filter { $0.contains("…") && (verb[0] != "list" || $0.contains("ROUTINE")) }
            #expect(names.filter { $0.hasSuffix("…") } == [], "\(verb) on \(columns) columns")
            cut += names.count { $0.contains("Repo") }
        }
        #expect(cut > verbs.count)
    }

    private static let sentences = [
        "File: ", "Type: ", "Time: ", "Sampling: ", "Snapshots: ", "Compared: ", "By part: ", "Showing ", "Dropped ",
        "Note: ",
        "Verdict: ",
        "Resident memory: ", "inuse_space: ", "Advice: ", "Not counted above: ", "Pinned bytes ", "Threads: ",
        "threads: ",
        "Stacks: ", "  silt ", "  B=$(silt ", "UNDECIDED: ", "FAILED: ", "PASSED: ", "At this rate ", "silt: ",
        "Incomplete: ",
    ]
}
