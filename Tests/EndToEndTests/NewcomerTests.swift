// SPDX-License-Identifier: Apache-2.0
//
// What people meet who use the command for the first time: a mistyped verb, an odd place for a dump, the end of a program
// on a terminal, scripts that want JSON.

import Glibc
import SiltFile
import SiltHost
import TestSupport
import Testing

@Suite struct NewcomerTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func start(_ name: String = "TakesSignal") throws -> Program {
        let program = try Program(
            [SiltCommand.path, "run", "--interval", "1", "--dir", bench.directory, "--", Victims.program(name)])
        _ = try program.lines(through: "ready")
        return program
    }

    @Test func aMistypedVerbIsAnsweredWithTheNearest() throws {
        let mistyped = try SiltCommand.run("tpo", "x")
        #expect(mistyped.status == 2 && mistyped.output.isEmpty)
        #expect(mistyped.errors.hasPrefix("silt: there is no command tpo; did you mean top?\nCommands: run, list, "))
        #expect(try SiltCommand.run("x").errors.hasPrefix("silt: there is no command x\n"))
        #expect(try SiltCommand.run("top").errors.hasPrefix("silt: Missing expected argument"))
    }

    @Test func whatIsNoOrdinaryFileIsWrittenInPlace() throws {
        let program = try start()
        let (link, file) = (bench.path("link"), bench.path("file"))
        try bench.run(["/bin/ln", "-s", file, link])
        let dump = try SiltCommand.report("dump", "\(program.pid)", "-o", link, "--dir", bench.directory)
        #expect(dump == link + "\n")
        #expect(try FileStatus(ofPath: link).kind == .link)
        #expect(try Session(contentsOf: file).header.kind == .dump)
        let piped = try Program(
            ["/bin/sh", "-c", "\(SiltCommand.path) dump \(program.pid) -o - --dir \(bench.directory) | head -c 8"])
        let start = try piped.finish()
        #expect(start.output == "SILTHEAP\n", "\(start)")
        #expect(!fileExists(bench.path("-")))
        let live = bench.path("TakesSignal.\(program.pid).live.silt")
        let itself = try SiltCommand.run("dump", "\(program.pid)", "-o", live, "--dir", bench.directory)
        #expect(itself.status == 2 && itself.errors.contains("is the session itself"), "\(itself.errors)")
    }

    @Test func aNameOfSeveralProcessesDumpsEach() throws {
        let programs = [try start(), try start()]
        let outcome = try SiltCommand.run("dump", "TakesSignal", "--dir", bench.directory)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let expected = programs.map(\.pid).sorted().map { bench.path("TakesSignal.\($0).r1.silt") }
        #expect(outcome.output.split(separator: "\n").map(String.init) == expected)
        let one = try SiltCommand.run("dump", "TakesSignal", "-o", bench.path("x"), "--dir", bench.directory)
        #expect(one.status == 2 && one.errors.contains("2 sessions match; name one by its pid"), "\(one.errors)")
        #expect(!one.errors.contains("--merge"))
    }

    /// As redis-server is a link to redis-check-rdb. A script's name is not its interpreter's.
    @Test func framesOfAStrippedFileHaveTheNameThatItWasStartedBy() throws {
        try bench.run(["strip", "-o", bench.path("real-file"), Victims.program("Orders")])
        try bench.run(["ln", "-s", "real-file", bench.path("by-link")])
        let script = try bench.write("#!\(bench.path("real-file")) exit\n", to: "script")
        try bench.run(["chmod", "+x", script])
        for (name, shown) in [("by-link", "by-link+0x"), ("real-file", "real-file+0x"), ("script", "real-file+0x")] {
            let folder = bench.path("of-\(name)")
            _ = try Program(
                [bench.path(name)] + (name == "script" ? [] : ["exit"]),
                environment: Victims.environment(directory: folder)
            ).finish()
            let dump = try #require(try Victims.files(in: folder, suffix: ".silt").first)
            let top = try SiltCommand.report("top", dump)
            #expect(top.contains(shown), "\(name): \(top)")
            #expect(!top.contains("real-file+0x") || shown == "real-file+0x", "\(name): \(top)")
        }
    }

    /// In reports, messages and help.
    @Test func whereTheLocaleIsASCIITextIsToo() throws {
        let ascii = [(name: "LC_ALL", value: "C")]
        let program = try start()
        let dumps = [bench.path("a"), bench.path("b")]
        for dump in dumps { _ = try SiltCommand.report("dump", "\(program.pid)", "-o", dump, "--dir", bench.directory) }
        let verbs = [
            ["diff"] + dumps, ["top", dumps[0]], ["check"] + dumps, ["explain"] + dumps, ["top", bench.path("größe")],
            ["serve", "--help"], ["run", "--help"],
        ]
        for verb in verbs {
            let outcome = try Program([SiltCommand.path] + verb, environment: ascii)
                .finish()
            let text = outcome.output + outcome.errors
            #expect(!text.isEmpty && text.utf8.allSatisfy { $0 < 0x80 }, "\(verb): \(text)")
        }
        let diff = try SiltCommand.report("diff", dumps[0], dumps[1])
        #expect(diff.contains(" → "))
        #expect(
            try SiltCommand.report("diff", dumps[0], dumps[1], environment: ascii)
                == diff.replacing("→", with: "->"))
    }

    @Test func whatRunsIsListedFirst() throws {
        let first = try start()
        let second = try start()
        _ = try second.finish(input: "\n\n")
        let list = try SiltCommand.report("list", "--dir", bench.directory).split(separator: "\n")
        try #require(list.count == 3)
        #expect(list[1].hasPrefix("TakesSignal  \(first.pid)  running  "))
        #expect(list[2].hasPrefix("TakesSignal  \(second.pid)  exited  "))
    }

    /// `script` gives it a terminal.
    @Test(.enabled(if: Workbench.find("script") != nil, "needs script of util-linux"))
    func onATerminalRunSaysWhatIsLeft() throws {
        func run(_ program: String) throws -> Program.Outcome {
            let command = "\(SiltCommand.path) run --interval 1 --dir \(bench.directory) -- /bin/sh -c '\(program)'"
            return try Program(["env", "SHELL=/bin/sh", "script", "-qec", "\(command); exit $?", "/dev/null"]).finish()
        }
        let ended = try run("exit 3")
        #expect(ended.status == 3)
        #expect(ended.output.contains(" has ended with status 3; its profile: silt top \(bench.directory)/sh."))
        let killed = try run("kill -9 $$")
        #expect(killed.status == 128 + SIGKILL)
        #expect(killed.output.contains(" was killed by signal 9; its profile: silt top "), "\(killed.output)")
        // As a supervisor may leave it: ends of children are then forgotten by the kernel.
        let ignoring = "trap '' CHLD; exec \(SiltCommand.path) run --dir \(bench.directory) -- /bin/sh -c 'exit 4'"
        #expect(try Program(["env", "SHELL=/bin/sh", "script", "-qec", ignoring, "/dev/null"]).finish().status == 4)
        // A shell that script has put in between says "Killed" after it.
        let profile = try #require(killed.output.split(separator: "silt top ").last)
        let path = try #require(profile.split(whereSeparator: \.isWhitespace).first)
        #expect(try Session(contentsOf: String(path)).header.kind == .live)
    }

    @Test(.enabled(if: Workbench.find("python3") != nil, "needs python3"))
    func everyVerbThatPrintsHasJson() throws {
        let program = try start()
        let target = "\(program.pid)"
        let here = ["--dir", bench.directory, "--format", "json"]
        let commands: [(format: String, arguments: [String])] = [
            ("silt-list", ["list"] + here), ("silt-top", ["top", target] + here),
            ("silt-tree", ["tree", target] + here), ("silt-peek", ["peek", "main", target] + here),
            ("silt-threads", ["threads", target] + here), ("silt-rss", ["rss", target] + here),
            ("silt-dump", ["dump", target] + here), ("silt-doctor", ["doctor", target, "--format", "json"]),
        ]
        for (format, arguments) in commands {
            let outcome = try Program([SiltCommand.path] + arguments).finish()
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
            let said = try bench.run(
                [
                    "python3", "-c",
                    "import json, sys; d = json.load(sys.stdin); print(d['format'], d['version'], type(d['notes']).__name__)",
                ], input: outcome.output)
            #expect(said == "\(format) 1 list\n", "\(arguments)")
        }
    }
}
