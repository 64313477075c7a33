// SPDX-License-Identifier: Apache-2.0
//
// `silt watch` on a terminal, driven by keys, and where there is none.

import TestSupport
import Testing

@Suite struct WatchTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func start() throws -> Program {
        let program = try Program(
            [Victims.program("Hoard"), "0", "20000", "50", "400", "later"],
            environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "empty")
        return program
    }

    private func tmux(_ words: String...) throws -> String {
        try bench.run(["tmux", "-S", bench.path("socket")] + words)
    }

    /// What the screen shows once a text is on it, or after two minutes: machines that run all tests at once are slow.
    private func screen(with text: String) throws -> String {
        var shown = ""
        for _ in 0..<1200 where !shown.contains(text) {
            shown = try tmux("capture-pane", "-p", "-t", "w")
            try bench.run(["sleep", "0.1"])
        }
        return shown
    }

    @Test(
        .enabled(if: Workbench.find("tmux") != nil, "needs tmux"), arguments: [(80, 24), (200, 60)])
    func keysChangeWhatIsShown(columns: Int, rows: Int) throws {
        let program = try start()
        let command =
            "\(SiltCommand.path) watch \(program.pid) --dir \(bench.directory) --every 1s; echo status $?; exec sleep 60"
        _ = try tmux("-f", "/dev/null", "new-session", "-d", "-s", "w", "-x", "\(columns)", "-y", "\(rows)", command)
        defer { _ = try? tmux("kill-server") }
        let top = try screen(with: "inuse_space")
        #expect(top.contains(" silt watch \(program.pid) | inuse_space | every 1 s"), "\(top)")
        #expect(top.contains("q quit") && top.split(separator: "\n", omittingEmptySubsequences: false).count >= rows)

        _ = try tmux("send-keys", "-t", "w", "d")
        #expect(try screen(with: "There is no baseline yet").contains("b takes one"))
        _ = try tmux("send-keys", "-t", "w", "b")
        #expect(try screen(with: "| baseline of ").contains("| diff |"))
        program.send("\n")
        _ = try program.lines(through: "ready")
        let grown = try screen(with: "keep_most")
        #expect(grown.contains("Grew: "), "\(grown)")

        _ = try tmux("send-keys", "-t", "w", "t", "/", "keep_f", "Enter")
        let filtered = try screen(with: "only stacks with keep_f")
        #expect(try screen(with: "keep_few").contains("keep_few") && !filtered.contains("keep_some"), "\(filtered)")
        _ = try tmux("send-keys", "-t", "w", "/", "(", "Enter")
        #expect(try screen(with: "cannot read the pattern").contains("keep_f("))
        _ = try tmux("send-keys", "-t", "w", "Escape", "h")
        #expect(try screen(with: "Threads: ").contains("Threads: 1 alive"))
        _ = try tmux("send-keys", "-t", "w", "?")
        #expect(try screen(with: "take the baseline").contains("q        quit"))
        _ = try tmux("send-keys", "-t", "w", "q")
        let left = try screen(with: "status ")
        #expect(left.contains("silt: the baseline stays: silt diff "), "\(left)")
        #expect(left.contains("status 0") && !left.contains("take the baseline"), "\(left)")
    }

    @Test func withoutATerminalReportsArePrinted() throws {
        let program = try start()
        let text = try SiltCommand.report(
            "watch", "\(program.pid)", "--dir", bench.directory, "--every", "1s", "--count", "2")
        #expect(text.split(separator: "Type: inuse_space").count == 3, "\(text)")
        #expect(!text.contains("\u{1B}"))
    }

    @Test func whatCannotBeWatchedIsToldBeforeTheScreenIsTaken() throws {
        let missing = try SiltCommand.run("watch", "no-such-program", "--dir", bench.directory)
        #expect(missing.status == 3 && missing.errors.hasPrefix("silt: no-such-program: no session"), "\(missing)")
        #expect(try SiltCommand.run("watch", "x", "--every", "0s").status == 2)
    }
}
