// SPDX-License-Identifier: Apache-2.0
//
// Names that the command keeps: where, when not, and that a report is the same with them.

import SiltHost
import TestSupport
import Testing

@Suite struct KeptNamesTests {
    private let bench: Workbench
    private let dump: String

    init() throws {
        bench = try Workbench()
        let program = try Program(
            [Victims.program("TakesSignal")], environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        dump = bench.path("dump")
        _ = try SiltCommand.report("dump", "\(program.pid)", "-o", dump, "--dir", bench.directory)
        _ = try program.finish(input: "\n\n")
        try bench.run(["mkdir", "home", "xdg"])
    }

    private func tree(_ options: [String] = [], _ environment: (String, String)...) throws -> String {
        let clean = [("SILT_CACHE", ""), ("XDG_CACHE_HOME", ""), ("HOME", bench.path("home"))]
        let outcome = try Program(
            [SiltCommand.path, "tree", "--granularity", "lines", dump] + options,
            environment: (clean + environment).map { (name: $0.0, value: $0.1) }
        ).finish()
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        return outcome.output
    }

    private func pages(_ folder: String) throws -> Int {
        try namesInDirectory(bench.path(folder)).count(where: { $0.contains("-") })
    }

    @Test func aReportIsTheSameWithNamesThatWereKept() throws {
        let anew = try tree(["--no-cache"])
        #expect(anew.contains("TakesSignal.c:"))
        #expect(try pages("home") == 0 && tree([], ("SILT_CACHE", "none")) == anew)
        #expect(try namesInDirectory(bench.path("home")) == [])
        for folder in ["home/.cache/silt", "xdg/silt", "names"] {
            for _ in 0..<2 {
                let shown =
                    switch folder {
                    case "names": try tree([], ("SILT_CACHE", bench.path("names")))
                    case "xdg/silt": try tree([], ("XDG_CACHE_HOME", bench.path("xdg")))
                    default: try tree()
                    }
                #expect(shown == anew)
            }
            #expect(try pages(folder) >= 2)
        }
    }

    /// What is kept is what is shown: another name in it would be seen, if only its checksum were right.
    @Test func whatWasTamperedWithIsReadAnew() throws {
        let anew = try tree([], ("SILT_CACHE", bench.path("names")))
        for page in try namesInDirectory(bench.path("names")) {
            var bytes = try Workbench.read(bench.path("names/\(page)"))
            bytes[bytes.count / 2] ^= 1
            try Workbench.write(bytes, to: bench.path("names/\(page)"), mode: 0o600)
        }
        #expect(try tree([], ("SILT_CACHE", bench.path("names"))) == anew)
    }

    @Test func whereNothingCanBeKeptTheReportIsTheSame() throws {
        let anew = try tree(["--no-cache"])
        for home in ["/proc", "/nonexistent", "/dev/null", "relative"] {
            #expect(try tree([], ("HOME", home)) == anew, "\(home)")
            #expect(try tree([], ("SILT_CACHE", home + "/names")) == anew, "\(home)")
        }
    }
}
