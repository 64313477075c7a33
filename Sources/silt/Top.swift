// SPDX-License-Identifier: Apache-2.0
//
// `silt top`: who holds memory, or who allocated it.

import ArgumentParser
import SiltHost
import SiltProfile
import SiltReport

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who holds memory.",
        discussion: """
            A target is a session file, a dump, a pprof file, a pid or a program's name; several are added up. Memory \
            stands with the function of the application that asked for it; --no-hide-runtime shows malloc and its like.
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var size: SizeOptions

    @Option(help: "Sort by flat (held by the function itself) or cum (with what it calls).")
    var sort: ReportOptions.Order = .flat

    @Option(
        help: ArgumentHelp("What was allocated in the last moments, as far as the ring remembers.", valueName: "time"))
    var since: TimeSpan?

    @Option(help: ArgumentHelp("Only what has been alive for longer, such as 10m.", valueName: "time"))
    var olderThan: TimeSpan?

    @Flag(help: "Show how old what is alive is: half of the bytes are younger than age.")
    var ages = false

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let profile = try filter.apply(to: try load())
        let kind = try kinds.kind(of: profile)
        let report = TopReport(
            profile, kind: kind, options: size.options(order: sort, defaultCount: 30),
            interval: size.intervals(of: profile, kind: kind))
        switch format {
        case .text:
            print(report.text(width: Terminal.width, showsAges: ages || olderThan != nil), terminator: "")
        case .json: try Output.write(report.json(), to: "-")
        }
    }

    private func load() throws -> Profile {
        switch try input.read(target) {
        case .profile(let profile):
            if since != nil || olderThan != nil {
                throw Failure.use("--since and --older-than need a session file: pprof files do not hold times")
            }
            return profile
        case .sessions(let sessions):
            let symbolizer = input.symbols.symbolizer(for: sessions)
            guard let since else {
                return Profile.heap(
                    sessions, symbols: symbolizer, keepProcessesApart: input.byProcess,
                    olderThan: olderThan.map { .seconds($0.seconds) })
            }
            guard sessions.count == 1 else { throw Failure.use("--since reads one session at a time") }
            return Profile.recent(sessions[0], within: .seconds(since.seconds), symbols: symbolizer)
        }
    }
}
