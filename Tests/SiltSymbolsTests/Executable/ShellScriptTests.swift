// SPDX-License-Identifier: Apache-2.0
//
// What the text of a shell script tells of the program that it becomes.

import Testing

@testable import SiltSymbols

@Suite struct ShellScriptTests {
    private func execs(_ text: String) -> [String] {
        ShellScript(text: text).execs.map { "\($0.line): \($0.program ?? "?") (\($0.words))" }
    }

    @Test(arguments: [
        ("exec /bin/sh -c x\n", ["1: /bin/sh (/bin/sh -c x)"]),
        ("#!/bin/sh\n\n  exec -a name '/bin/sh' \"$@\"\n", ["3: /bin/sh ('/bin/sh' \"$@\")"]),
        ("if x; then exec /bin/sh; fi\nexec \"$JAVA\" -jar a\n", ["1: /bin/sh (/bin/sh)", "2: ? (\"$JAVA\" -jar a)"]),
        ("cd / && exec /bin/sh a\nset -e; exec /bin/sh b", ["1: /bin/sh (/bin/sh a)", "2: /bin/sh (/bin/sh b)"]),
        (
            "exec \"$@\"\nexec ./relative\nexec /no/such/program\n",
            ["1: ? (\"$@\")", "2: ? (./relative)", "3: ? (/no/such/program)"]
        ),
        ("exec 2>&1\nexec >log\nexec 3</dev/null\n# exec /bin/sh\necho exec /bin/sh\nexecute /bin/sh\n", []),
        ("", []),
    ])
    func theProgramIsFoundWhereTheTextTellsIt(text: String, found: [String]) {
        #expect(execs(text) == found)
    }

    @Test func aNameIsLookedForInThePath() throws {
        let exec = try #require(ShellScript(text: "exec env").execs.first)
        #expect(exec.program?.hasSuffix("/env") == true)
    }

    /// Each of its commands reaches to the end of the line: all of them together would be gigabytes.
    @Test func aLineOfManyCommandsIsNoWrapper() {
        let script = ShellScript(text: "then " + String(repeating: "exec x then ", count: 20_000))
        #expect(script.execs.count == 16)
        #expect(script.execs.allSatisfy { $0.words.count < 200 && $0.words.hasSuffix(" …") })
    }

    @Test func onlyAShellsScriptIsRead() {
        #expect(ShellScript(path: "/etc/passwd", interpreter: "/usr/bin/perl") == nil)
        #expect(ShellScript(path: "/etc/passwd", interpreter: "/bin/bash")?.execs.isEmpty == true)
        #expect(ShellScript(path: "/nowhere", interpreter: "/bin/bash") == nil)
    }
}
