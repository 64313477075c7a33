// SPDX-License-Identifier: Apache-2.0
//
// What the command says to files and programs that it cannot use: a sentence on standard error, the right status,
// nothing on standard output.

import SiltFile
import TestSupport
import Testing

@Suite struct BadInputTests {
    private func expect(
        _ arguments: [String], status: Int32, says message: String,
        environment: [(name: String, value: String)] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program([SiltCommand.path] + arguments, environment: environment).finish()
        #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, "\(outcome.output)", sourceLocation: sourceLocation)
        #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    private static let verbs = ["top", "tree"]

    @Test(arguments: verbs) func whatIsNoSiltFileIsRefused(verb: String) throws {
        let bench = try Workbench()
        let text = try bench.write("hello\n", to: "text")
        try expect(
            [verb, text], status: 3, says: "silt: \(text): is not a Silt file: it starts with 68 65 6c 6c 6f 0a")
        let empty = try bench.write("", to: "empty")
        try expect([verb, empty], status: 3, says: "silt: \(empty): is empty;")
        let missing = bench.path("missing.silt")
        try expect([verb, missing], status: 3, says: "silt: \(missing): cannot be opened: No such file or directory;")
        try expect([verb, bench.directory], status: 3, says: "silt: \(bench.directory): is a directory,")
        try expect([verb, "/dev/null"], status: 3, says: "silt: /dev/null: is not a regular file;")
    }

    /// What looks like a second message of silt's is part of a name.
    @Test(arguments: [["top"], ["diff", "/no"], ["check", "--max-growth", "1k", "/no"], ["export"], ["doctor"]])
    func aLineFeedInAPathAddsNoLine(command: [String]) throws {
        let outcome = try Program([SiltCommand.path] + command + ["/no/such\nsilt: PASSED"]).finish()
        #expect(outcome.status == 3)
        #expect(outcome.errors.count { $0.isNewline } == 1, "\(outcome.errors)")
    }

    @Test func aCutSessionIsRefusedWhereItEnds() throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "Endings", in: bench)
        let bytes = try Workbench.read(dump)
        for length in [1, 8, 100, 4095, 4096, 4097, 5000, bytes.count / 2, bytes.count - 1] {
            let cut = try bench.write(Array(bytes.prefix(length)), to: "cut")
            try expect(["top", cut], status: 3, says: "silt: \(cut): is truncated: ")
        }
        try expect(["diff", dump, bench.path("cut")], status: 3, says: "silt: \(bench.path("cut")): is truncated: ")
        try expect(["diff", bench.path("cut"), dump], status: 3, says: "silt: \(bench.path("cut")): is truncated: ")
    }

    @Test func anotherVersionIsToldInWords() throws {
        let bench = try Workbench()
        var bytes = try Workbench.read(try Victims.dump(of: "Endings", in: bench))
        let version = bytes[8]
        bytes[8] = version + 1
        let newer = try bench.write(bytes, to: "newer")
        try expect(
            ["top", newer], status: 3,
            says: "silt: \(newer): has format version \(version + 1), and this silt reads versions 3 and \(version);")
    }

    /// A block of a dump is overwritten with zeros: whatever was there fails no check of its own.
    @Test(arguments: 0..<8) func aDumpWithAHolePassesNoGateAndNoReportHidesIt(place: Int) throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "Endings", in: bench)
        var bytes = try Workbench.read(dump)
        let start = 4096 + (bytes.count - 4096) / 8 * place
        for index in start..<min(start + 4096, bytes.count) { bytes[index] = 0 }
        let damaged = try bench.write(bytes, to: "damaged.silt")
        let gate = try SiltCommand.run("check", "--strict", "--max-growth", "1GiB", dump, damaged)
        #expect(gate.status == 1)
        #expect(gate.output.contains("\nUNDECIDED: a snapshot is damaged: "), "\(gate.output)")
        #expect(try SiltCommand.report("top", damaged).contains("\nNote: \(damaged) is damaged: the checksums of "))
        #expect(try SiltCommand.report("diff", damaged, dump).contains("\nNote: "))
    }

    @Test(.enabled(if: Nobody.mayRun(SiltCommand.path))) func aFileThatMayNotBeReadIsRefused() throws {
        let bench = try Workbench()
        let secret = try Victims.dump(of: "Endings", in: bench)
        try bench.run(["/bin/chmod", "755", bench.directory])
        let outcome = try Program(Nobody.command + [SiltCommand.path, "top", secret]).finish()
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasPrefix("silt: \(secret): cannot be opened: Permission denied;"))
    }

    @Test func aTargetThatIsNobodyListsWhoIsThere() throws {
        let bench = try Workbench()
        let nothing = "no session of that name or pid in \(bench.directory); start the program with `silt run`"
        for verb in ["top", "tree", "dump"] {
            try expect([verb, "4194305", "--dir", bench.directory], status: 3, says: "silt: 4194305: \(nothing)\n")
        }
        let program = try Program(
            [Victims.program("TakesSignal")], environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        try expect(
            ["top", "nosuch", "--dir", bench.directory], status: 3,
            says: "silt: nosuch: \(nothing), or name one of:\n  \(program.pid)  TakesSignal  running, started ")
    }

    @Test func twoMatchesAreListedAndMayBeMerged() throws {
        let bench = try Workbench()
        let programs = try (0..<2).map { _ in
            let program = try Program(
                [Victims.program("TakesSignal")], environment: Victims.environment(directory: bench.directory))
            _ = try program.lines(through: "ready")
            return program
        }
        let outcome = try SiltCommand.run("top", "TakesSignal", "--dir", bench.directory)
        #expect(outcome.status == 2)
        let lines = outcome.errors.split(separator: "\n")
        try #require(lines.count == 4, "\(outcome.errors)")
        #expect(lines[0] == "silt: TakesSignal: 2 sessions match; name one by its pid or its path:")
        for (line, program) in zip(lines[1...], programs.sorted { $0.pid < $1.pid }) {
            #expect(line.hasPrefix("  \(program.pid)  TakesSignal  running, started "))
        }
        let merged = try SiltCommand.report(
            "top", "TakesSignal", "--merge", "--by", "inuse_objects", "--dir", bench.directory)
        #expect(Report(merged).flat["allocates_something"] == "200")
    }

    @Test func programsThatCannotBeProfiledAreNotStarted() throws {
        let fixed = Victims.program("Static")
        try expect(
            ["run", "--", fixed], status: 3,
            says:
                "silt: \(fixed) is linked statically: nothing can be preloaded into it; link it with libsilt.a and libsilt.link"
        )
        let bench = try Workbench()
        try bench.run(["/bin/cp", "/bin/true", bench.path("privileged")])
        try bench.run(["/bin/chmod", "u+s", bench.path("privileged")])
        try expect(
            ["run", "--", bench.path("privileged")], status: 3, says: "silt: \(bench.path("privileged")) has setuid: ")
        try expect(["run", "--", "/nonexistent"], status: 3, says: "silt: no program at /nonexistent\n")
        try expect(
            ["run", "--", "no-such-program"], status: 3, says: "silt: no program named no-such-program in PATH\n")
        try expect(["run", "--", "/etc/passwd"], status: 3, says: "silt: /etc/passwd is not an executable file\n")
    }

    @Test func libsiltAInADynamicProgramIsRefused() throws {
        let bench = try Workbench()
        try bench.write(
            """
            #include <stdlib.h>
            int main(void) {
              for (int i = 0; i < 1000; i++)
                if (!malloc(10000)) return 1;
              return 0;
            }
            """, to: "dynamic.c")
        let shim = "\(Victims.build)/shim"
        try bench.run(
            ["cc", "dynamic.c", "-o", "dynamic", "-Wl,@\(shim)/libsilt.link", "\(shim)/libsilt.a"])
        let program = bench.path("dynamic")
        try expect(
            ["run", "--", program], status: 3,
            says: "silt: \(program) is linked with libsilt.a, but not statically: what its libraries allocate")
        #expect(try SiltCommand.run("doctor", program).status == 1)
        // What its libraries allocate would be missed: so it records nothing by itself either.
        let alone = try Program(
            [program], environment: [("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1")]
        ).finish()
        #expect(alone.status == 0)
        #expect(try Victims.files(in: bench.directory, suffix: ".silt").isEmpty)
    }

    /// Swift finds the arguments there. A gate must not pass for want of them.
    @Test(.enabled(if: hasNamespaces, "needs user namespaces")) func withoutProcNothingIsDone() throws {
        let outcome = try Program(
            [
                "unshare", "-rm", "sh", "-c",
                "mount -t tmpfs none /proc; exec \(SiltCommand.path) check a b --max-growth 1",
            ]
        ).finish()
        #expect(outcome.status == 3, "\(outcome)")
        let words = "silt: the arguments cannot be read, since /proc is not mounted here"
        #expect(outcome.errors.contains(words), "\(outcome)")
    }

    private static let hasNamespaces =
        (try? Program(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/proc"]).finish().status) == 0

    @Test func theDoctorSaysNoWithStatusOne() throws {
        let fixed = try SiltCommand.run("doctor", Victims.program("Static"))
        #expect(fixed.status == 1)
        #expect(fixed.output.hasPrefix("no: \(Victims.program("Static")) is linked statically"))
        let fine = try SiltCommand.run("doctor", Victims.program("Endings"))
        #expect(fine.status == 0)
        #expect(fine.output.hasPrefix("ok: \(Victims.program("Endings")) is linked dynamically"))
        try expect(["doctor", "4194305"], status: 3, says: "silt: no process 4194305\n")
    }

    @Test func aMissingShimIsToldWithItsPlace() throws {
        try expect(
            ["run", "--", "/bin/true"], status: 3, says: "silt: no libsilt.so at /nonexistent, which SILT_SHIM names",
            environment: [("SILT_SHIM", "/nonexistent")])
    }

    @Test(arguments: [
        ["top"], ["diff", "one"], ["run", "--"], ["run", "--interval", "0", "--", "/bin/true"],
        ["run", "--interval", "often", "--", "/bin/true"],
        ["top", "--nodecount=-1", "file"],
        ["top", "--since", "soon", "file"], ["dump", "-o", "", "file"],
    ]) func wrongUseHasStatusTwoAndShowsTheUsage(arguments: [String]) throws {
        let outcome = try Program([SiltCommand.path] + arguments).finish()
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("Usage: silt"), "\(outcome.errors)")
    }

    @Test(arguments: [["tpo"], ["help", "tpo"]])
    func aVerbThatIsNoneIsToldWithThoseThatAre(arguments: [String]) throws {
        let answer = "silt: there is no command tpo; did you mean top?\nCommands: run, list, "
        try expect(arguments, status: 2, says: answer)
    }

    @Test func helpThatCannotBeWrittenIsAnError() throws {
        let outcome = try Program(["sh", "-c", "exec \(SiltCommand.path) top --help >/dev/full"]).finish()
        #expect(outcome.status == 3 && outcome.errors.contains("cannot write standard output"), "\(outcome)")
    }

    /// One line that says which pattern, where the mistake is, and what to do.
    @Test(arguments: [
        ["top", "--focus", "a(b", "file"], ["tree", "--ignore", "a(b", "file"],
        ["diff", "--hide", "a(b", "one", "two"],
        ["flame", "--show", "a(b", "file", "--output", "out.svg"], ["export", "--show-from", "a(b", "file"],
        ["threads", "--focus", "a(b", "file"], ["check", "--ignore", "a(b", "one", "two"],
        ["check", "--site", "a(b=4k", "one", "two"],
    ]) func aPatternThatIsNoneIsToldInOneLine(arguments: [String]) throws {
        try expect(
            arguments, status: 2,
            says:
                "silt: \(arguments[1]): cannot read the pattern \"a(b\" at \"(b\" (character 2): ( is not closed; "
                + "write \\ before a character that is meant as it stands\n")
    }

    @Test(arguments: ["peek", "list"]) func aPatternInPlaceOfAnOptionIsToldAlike(verb: String) throws {
        try expect([verb, "[", "file"], status: 2, says: "silt: REGEX: cannot read the pattern \"[\"")
    }

    @Test func aLimitOfASiteThatIsNoneIsToldInOneLine() throws {
        try expect(
            ["check", "--site", "Cache", "one", "two"], status: 2,
            says: "silt: --site Cache: write REGEX=BYTES, such as Cache\\.insert=64MiB\n")
    }

    // MARK: What is not seen

    /// Nothing is shown of a program that answers malloc itself, and no gate may take that for little.
    @Test func aProgramWithItsOwnMallocIsNotTakenForAnEmptyOne() throws {
        let bench = try Workbench()
        let path = Victims.program("OwnMalloc")
        let program = try Program([path, "wait"], environment: Victims.environment(directory: bench.directory))
        #expect(program.nextLine() == "ok")
        let session = try #require(try Victims.files(in: bench.directory, suffix: ".live.silt").first)
        let text = try SiltCommand.report("top", session)
        #expect(
            text.contains("\nNothing sampled: it allocates by calloc, free, malloc, realloc of its own\n"), "\(text)")
        #expect(text.contains("\nIncomplete: how much is missing is not known; see the notes\n"))
        #expect(text.contains(": \(path) defines calloc, free, malloc, realloc itself, and its own calls never reach"))
        let dump = bench.path("own.silt")
        _ = try SiltCommand.report("dump", session, "--output", dump)
        let gate = try SiltCommand.run("check", "--strict", dump, session)
        #expect(gate.status == 1, "\(gate.output)")
        #expect(gate.output.contains("\nUNDECIDED: "), "\(gate.output)")
        _ = try program.finish()
    }

    /// Without a thread there is not even a session.
    @Test func aProcessWithItsOwnMallocIsToldFromOneThatWaits() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("OwnMalloc"), "wait", "alone"],
            environment: Victims.environment(directory: bench.directory))
        #expect(program.nextLine() == "ok")
        try expect(
            ["top", "\(program.pid)"], status: 3,
            says:
                "silt: \(program.pid): runs with libsilt.so, but nothing was sampled: its executable defines calloc, free, "
                + "malloc, realloc itself,")
        _ = try program.finish()
    }

    @Test func aProgramThatHardlyAllocatesIsToldSo() throws {
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("Blocked")],
            environment: Victims.environment(directory: bench.directory, interval: 1 << 30))
        _ = try program.lines(through: "ready")
        let session = try #require(try Victims.files(in: bench.directory, suffix: ".live.silt").first)
        let text = try SiltCommand.report("top", session)
        #expect(
            text.contains("\nNothing sampled: it has allocated too little for a sample by malloc or its like\n"),
            "\(text)")
        #expect(!text.contains("\nIncomplete: "))
        _ = try program.finish(input: "\n")
    }

    @Test(arguments: ["/dev/zero", "/dev/full"]) func aBaselineThatNeverEndsIsRefused(path: String) throws {
        try expect(
            ["check", "--baseline-file", path, "one", "two"], status: 3,
            says: "silt: \(path): is larger than 4 MiB: no text that people review; name a baseline file\n")
    }

    @Test func anUnknownKindNamesThoseThatThereAre() throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "Endings", in: bench)
        try expect(
            ["top", dump, "--by", "weight"], status: 2,
            says: "silt: --by weight: this profile has alloc_objects, alloc_space, inuse_objects, inuse_space\n")
    }
}
