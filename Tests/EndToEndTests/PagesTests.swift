// SPDX-License-Identifier: Apache-2.0
//
// Every command in README.md and in the pages of the manual is run, and what it prints compared with what the page says,
// figures aside. `Page` has the rules of how a page shows commands.

import TestSupport
import Testing

@Suite struct PagesTests {
    /// All pages of the manual, and the README.
    static let pages: [String] = {
        let manual = "Sources/silt/silt.docc"
        let names = (try? Victims.files(in: "\(Victims.root)/\(manual)", suffix: ".md")) ?? []
        return ["README.md"] + names.map { String($0.dropFirst(Victims.root.count + 1)) }
    }()

    private static func page(_ path: String) throws -> Page {
        Page(String(decoding: try Workbench.read("\(Victims.root)/\(path)"), as: UTF8.self))
    }

    @Test(arguments: pages)
    func commandsDoWhatThePageSays(path: String) throws {
        for mistake in try Self.page(path).mistakes() { Issue.record("\(path), \(mistake)") }
    }

    @Test func everyCommandIsInABlockThatIsRunOrSaysWhyNot() throws {
        var omissions: [String] = []
        for path in Self.pages {
            let page = try Self.page(path)
            #expect(page.unruled == [], "\(path)")
            omissions += page.omissions.map { "\(path):\($0.line): \($0.reason)" }
        }
        // Each is a promise that nobody checks: add to this number only what no test can run.
        #expect(omissions.count == 10, "\(omissions.joined(separator: "\n"))")
    }

    // MARK: The rules themselves fail when they should

    @Test func aWrongFlagIsAMistake() throws {
        let right =
            "```console\n$ silt list --dumps --dir .\nNo sessions in ... Start a program with: silt run -- PROGRAM\n```\n"
        #expect(try Page(right).mistakes() == [])
        let wrong = try Page(right.replacing("--dumps", with: "--dumpz")).mistakes()
        #expect(wrong.count == 2 && wrong[0].contains("status 2"), "\(wrong)")
        #expect(wrong.allSatisfy { $0.contains("Unknown option '--dumpz'") }, "\(wrong)")
    }

    @Test func aWrongOutputIsAMistake() throws {
        let page = Page(
            "# Title\n\n```console\n$ echo one; echo 22kB\none\n7.5MB\n$ false\n$ echo $?\n1\n$ echo\n```\n")
        #expect(page.commands.map(\.line) == [4, 7, 8, 10])
        let mistakes = try page.mistakes()
        #expect(mistakes.count == 1 && mistakes[0].hasPrefix("line 10: echo\nprinted:\n"), "\(mistakes)")
    }

    @Test func blocksAreReadByTheRules() {
        let page = Page(
            """
            <!-- not run: needs a cluster -->
            ```sh
            kubectl get pods
            ```
            <!-- varies: is steady; 7 % -->
            ```console
            $ true
            It is steady (7 %)
            ```
            <!-- needs: no-such-tool -->
            ```console
            $ no-such-tool \\
            > --flag
            x
            ```
            ```
            $ silt top
            ```
                $ silt top
            """)
        #expect(page.omissions.map(\.reason) == ["needs a cluster"])
        #expect(page.commands.map(\.text) == ["true", "no-such-tool \\\n--flag"])
        #expect(page.commands[0].output == ["It ... (...)"])
        #expect(page.commands[1].output == ["x"] && page.commands[1].tool == "no-such-tool")
        #expect(page.unruled == ["$ silt top", "    $ silt top"])
    }

    @Test func figuresAreMaskedAndTextIsNot() {
        let promised = ["A 12.5MB -31+35% in 5m00s", "...", "from a.swift:3 ... end"].map(Page.masked)
        #expect(Page.fits(["A 1kB ±3% in 12ms", "x", "y", "from a.swift:99 any end"].map(Page.masked), promised))
        #expect(!Page.fits(["A 1kB ±3% at 12ms", "from a.swift:99 any end"].map(Page.masked), promised))
        #expect(!Page.fits(["A 1kB ±3% in 12ms", "from b.swift:99 any end"].map(Page.masked), promised))
    }
}
