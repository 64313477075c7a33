// SPDX-License-Identifier: Apache-2.0
//
// `silt watch`: a report that is read anew every few seconds. On a terminal keys change what it shows; elsewhere each report
// is printed after the one before.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A live view of who holds memory, what grew, and threads.",
        discussion: """
            Reads the session every few seconds; the program is not disturbed. Keys change what is shown: ? lists them. The \
            baseline that b takes is a dump, which stays. Where standard output is no terminal, one report is printed after \
            the other.
            Example: silt watch service
            """)

    @OptionGroup var place: CatalogOptions
    @OptionGroup var symbols: SymbolOptions
    @OptionGroup var kinds: KindOptions

    @Option(help: ArgumentHelp("How often to look.", valueName: "time"))
    var every = TimeSpan(seconds: 2)

    @Option(help: ArgumentHelp("End after so many looks (default: never).", valueName: "count"))
    var count: Int?

    @Option(help: "Sort by flat (held by the function itself) or cum (with what it calls).")
    var sort: ReportOptions.Order = .flat

    @Argument(help: "A pid, a program's name or a session file.")
    var target: String

    func validate() throws {
        if every.seconds == 0 || every.seconds > 86400 { throw ValidationError("--every is a time from 1s to 24h") }
        if let count, count < 1 { throw ValidationError("--count is a count of looks: 1 or more") }
    }

    func run() throws {
        var looker = Looker(
            driver: Driver(directory: place.dir, symbols: symbols.settings), target: target,
            state: WatchState(kind: kinds.by, order: sort, seconds: Int(every.seconds)))
        // What is wrong with the target or the figure is told before the screen is taken.
        var report = try looker.report(width: Terminal.width, isBrief: Looker.isBrief(Terminal.size?.rows))
        guard let screen = Screen() else { return try looker.printReports(report, count: count) }
        looker.show(&report, on: screen, count: count)
        if let baseline = looker.baseline {
            tell("the baseline stays: silt diff \(shellWord(baseline)) \(shellWord(target))")
        }
    }
}

/// Looks at one target again and again.
private struct Looker {
    let driver: Driver
    let target: String
    var state: WatchState
    /// A dump.
    var baseline: String?

    /// Whether what a report says before its table would leave too little room for that.
    static func isBrief(_ rows: Int?) -> Bool { rows.map { $0 < 18 } ?? false }

    /// As it would be printed.
    mutating func report(width: Int?, isBrief: Bool = false) throws(Failure) -> String {
        let look = try driver.look(at: target, as: state, since: baseline, width: width, isBrief: isBrief)
        state.ending = look.ending
        return look.report
    }

    mutating func printReports(_ first: String, count: Int?) throws {
        var report = first
        var looks = 0
        while true {
            try Output.write(report + "\n")
            looks += 1
            if let count, looks >= count { return }
            Clock.rest(seconds: state.seconds)
            report = try self.report(width: nil)
        }
    }

    /// Until a key ends it, or there have been enough looks. What cannot be read is told in the place of the report.
    mutating func show(_ report: inout String, on screen: consuming Screen, count: Int?) {
        var screen = screen
        var looks = 1
        var next = ContinuousClock.now + .seconds(state.seconds)
        while true {
            let (columns, rows) = screen.size
            let isBrief = Self.isBrief(rows)
            let lines = state.screen(target: target, report: report, columns: columns, rows: rows)
            screen.show(lines.map(Charset.own.text), emphasized: [0, rows - 1])
            let wait = state.isPaused ? .seconds(1) : min(.seconds(1), next - ContinuousClock.now)
            var action = WatchState.Action.draw
            if let key = screen.key(within: wait) {
                action = state.press(key, page: WatchState.page(rows: rows))
            } else if !state.isPaused, ContinuousClock.now >= next {
                action = .read
                looks += 1
                if let count, looks > count { return }
            }
            switch action {
            case .quit: return
            case .nothing, .draw: continue
            case .suspend: screen.suspend()
            case .takeBaseline:
                report = answer { looker throws(Failure) in
                    looker.baseline = try looker.driver.dump(looker.target, looksAtMemory: false).path
                    // Without the day.
                    looker.state.baseline = String(formatMoment(Clock.realtime()).drop { $0 != " " }.dropFirst())
                    looker.state.view = .diff
                    return try looker.report(width: columns, isBrief: isBrief)
                }
            case .read:
                report = answer { looker throws(Failure) in try looker.report(width: columns, isBrief: isBrief) }
            }
            next = ContinuousClock.now + .seconds(state.seconds)
        }
    }

    private mutating func answer(_ body: (inout Looker) throws(Failure) -> String) -> String {
        do throws(Failure) {
            return try body(&self)
        } catch {
            return "\n" + error.lines.joined(separator: "\n") + "\n"
        }
    }
}
