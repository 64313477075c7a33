// SPDX-License-Identifier: Apache-2.0
//
// What keys change in a live view, and what of a report its screen shows.

import SiltHost
import SiltReport
import Testing

@Suite struct WatchTests {
    private func pressed(_ keys: String, _ state: WatchState = WatchState()) -> WatchState {
        var state = state
        for key in keys { _ = state.press(key == "\n" ? .enter : .character(key), page: 10) }
        return state
    }

    @Test func keysChooseViewSortAndFigure() {
        #expect(WatchState().view == .top)
        #expect(pressed("d").view == .diff && pressed("3").view == .threads && pressed("dt").view == .top)
        #expect(pressed("s").order == .cum && pressed("ss").order == .flat)
        #expect(pressed("o").kind == "inuse_objects" && pressed("oooo").kind == "inuse_space")
        #expect(pressed("o", WatchState(kind: "mapped_space")).kind == "inuse_space")
        #expect(!pressed("x").foldsRuntimes && pressed("p").isPaused && !pressed("  ").isPaused)
        #expect(pressed("+").seconds == 5 && pressed("--").seconds == 1)
    }

    @Test func whatAKeyAsksFor() {
        var state = WatchState()
        #expect(state.press(.character("b"), page: 10) == .takeBaseline)
        #expect(state.press(.character("q"), page: 10) == .quit && state.press(.interrupt, page: 10) == .quit)
        #expect(state.press(.suspend, page: 10) == .suspend)
        #expect(state.press(.character("z"), page: 10) == .nothing)
        #expect(state.press(.tab, page: 10) == .read && state.view == .diff)
        #expect(state.press(.character("?"), page: 10) == .draw && state.view == .help)
        #expect(state.press(.escape, page: 10) == .read && state.view == .top)
    }

    @Test func aFilterIsTypedAndTakenBack() {
        var state = pressed("/qx")
        #expect(state.typed == "qx" && state.filter.isEmpty)
        #expect(
            state.screen(target: "service", report: "", columns: 80, rows: 4).last?.contains("expression): qx_") == true
        )
        #expect(state.press(.backspace, page: 10) == .draw && state.typed == "q")
        #expect(state.press(.enter, page: 10) == .read && state.filter == "q" && state.typed == nil)
        state = pressed("/abc", state)
        #expect(state.press(.escape, page: 10) == .draw && state.filter == "q" && state.typed == nil)
        #expect(state.press(.escape, page: 10) == .read && state.filter.isEmpty)
        #expect(state.press(.escape, page: 10) == .nothing)
    }

    @Test func theScreenIsAsLargeAsTheTerminalAndScrollsToTheLastPage() {
        let report = (1...50).map { "line \($0)\n" }.joined()
        var state = WatchState()
        var screen = state.screen(target: "service", report: report, columns: 80, rows: 24)
        #expect(screen.count == 24 && screen.allSatisfy { $0.count <= 80 })
        #expect(screen[0].hasPrefix(" silt watch service | inuse_space | every 2 s") && screen[0].count == 80)
        #expect(screen[1] == "line 1" && screen[22] == "line 22" && screen[23].hasPrefix(" t top  d diff"))
        #expect(screen[23].contains("q quit"))
        _ = state.press(.end, page: WatchState.page(rows: 24))
        screen = state.screen(target: "service", report: report, columns: 80, rows: 24)
        #expect(screen[21] == "line 50" && screen[22].isEmpty)
        _ = state.press(.up, page: 22)
        #expect(state.screen(target: "service", report: report, columns: 80, rows: 24)[22] == "line 50")
        _ = state.press(.home, page: 22)
        #expect(state.screen(target: "service", report: report, columns: 80, rows: 24)[1] == "line 1")
        _ = state.screen(target: "service", report: "", columns: 1, rows: 1)
    }

    @Test func anEndIsTold() {
        var state = WatchState()
        state.ending = "its process: killed"
        let head = state.screen(target: "service", report: "", columns: 80, rows: 4)[0]
        #expect(head.hasPrefix(" silt watch service | inuse_space | its process: killed "))
    }

    @Test func sentencesAreFoldedAndNamesCannotSteerTheTerminal() {
        var state = WatchState()
        let report =
            "Note: " + Array(repeating: "word", count: 30).joined(separator: " ") + "\n"
            + String(repeating: "x", count: 100)
        let screen = state.screen(target: "a\u{1B}[2Jb", report: report + "\n\u{1B}]0;x\u{07}", columns: 40, rows: 24)
        #expect(screen.allSatisfy { $0.count <= 40 && !$0.contains("\u{1B}") && !$0.contains("\u{07}") })
        #expect(
            screen[1].hasSuffix("word") && screen[2].hasPrefix("word") && screen[5] == String(repeating: "x", count: 40)
        )
    }

    /// The view of keys fits a terminal of 80 columns and 24 rows.
    @Test func allKeysAreSeenAtOnce() {
        var state = pressed("?")
        let screen = state.screen(target: "service", report: "", columns: 80, rows: 24)
        #expect(screen.contains { $0.hasPrefix("q        quit") } && screen.contains { $0.hasPrefix("t, 1") })
    }
}
