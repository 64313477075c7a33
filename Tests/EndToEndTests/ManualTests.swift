// SPDX-License-Identifier: Apache-2.0
//
// The man pages and `--help`: nothing that a person can type or set is missing from them.

import TestSupport
import Testing

@Suite(.enabled(if: Workbench.find("python3") != nil, "needs python3")) struct ManualTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.run([
            "python3", "\(Victims.root)/.ci/package/manual.py", SiltCommand.path, "1.2.3", "0", bench.directory,
        ])
    }

    private func page(_ name: String) throws -> String {
        String(decoding: try Workbench.read(bench.path(name)), as: UTF8.self)
    }

    private static func header(_ name: String) throws -> String {
        String(decoding: try Workbench.read("\(Victims.root)/CShim/include/\(name)"), as: UTF8.self)
    }

    @Test func everyVariableIsInThePageOfTheShim() throws {
        let page = try page("man7/silt-shim.7")
        let names = try Self.header("silt_settings.h").matches(of: /\{"(SILT_[A-Z_]+)", SILT_SETTING_/).map(\.output.1)
        #expect(names.count == 12)
        for name in names { #expect(page.contains(name), "\(name)") }
    }

    @Test func everyRegionIsInThePageOfTheFormat() throws {
        let page = try page("man5/silt-format.5")
        let regions = try Self.header("silt_format.h").matches(of: /SILT_REGION_([A-Z_]+) = ([0-9]+),[\ ]*\/\//)
        #expect(regions.count >= 15)
        for region in regions { #expect(page.contains("\\fB\(region.output.1)\\fR (\(region.output.2))\n")) }
    }

    @Test func everyVerbHasItsSection() throws {
        let page = try page("man1/silt.1")
        for verb in try Self.verbs() { #expect(page.contains("\n.SS \\fBsilt \(verb)\\fR"), "\(verb)") }
    }

    @Test(.enabled(if: Workbench.find("mandoc") != nil, "needs mandoc"))
    func thePagesHaveNoMistakesOfForm() throws {
        for name in ["man1/silt.1", "man5/silt-format.5", "man7/silt-shim.7"] {
            let lint = try Program(["mandoc", "-T", "lint", "-W", "all", bench.path(name)]).finish()
            #expect(lint.output.isEmpty, "\(lint.output)")
        }
    }

    /// Those that are shown, as the command itself lists them.
    private static func verbs() throws -> [String] {
        let mistyped = try SiltCommand.run("no-such-verb").errors
        let list = try #require(mistyped.split(separator: "\nCommands: ").last)
        return list.split(separator: "\n")[0].split(separator: ", ").map(String.init)
    }

    @Test func everyVerbShowsAnExampleThatBeginsWithIt() throws {
        let verbs = try Self.verbs()
        #expect(verbs.count == 15)
        for verb in verbs {
            let help = try SiltCommand.report(verb, "--help")
            #expect(help.contains("Example: silt \(verb) "), "\(verb): \(help)")
        }
    }

    /// What an option that takes a value does without it.
    @Test func everyOptionTellsItsDefault() throws {
        let script = """
            import json, sys
            for verb in json.load(sys.stdin)["command"]["subcommands"]:
                for option in verb.get("arguments", []):
                    told = "defaultValue" in option or "(default: " in option.get("abstract", "")
                    if option["kind"] == "option" and option["isOptional"] and not told:
                        print(verb["commandName"], option["valueName"])
            """
        let definitions = try SiltCommand.report("--experimental-dump-help")
        #expect(try bench.run(["python3", "-c", script], input: definitions) == "")
    }
}
