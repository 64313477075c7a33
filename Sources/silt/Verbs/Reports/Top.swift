// SPDX-License-Identifier: Apache-2.0
//
// `silt top`: who holds memory, or who allocated it.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who holds memory.",
        discussion: """
            A target is a session file, a dump, a pprof file, a pid or a program's name; several are added up. Memory \
            stands with the function of the application that asked for it; --no-hide-runtime shows malloc and its like.
            Example: silt top service --older-than 10m
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var size: SizeOptions

    @Option(help: "Sort by flat (held by the function itself) or cum (with what it calls).")
    var sort: ReportOptions.Order = .flat

    @Option(
        help: ArgumentHelp(
            "What was allocated in the last moments, as far as the ring remembers (default: since the start).",
            valueName: "time"))
    var since: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Only what has been alive for longer, such as 10m (default: whatever its age).", valueName: "time"))
    var olderThan: TimeSpan?

    @Flag(help: "Show how old what is alive is: half of the bytes are younger than age.")
    var ages = false

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let showsAges = ages || olderThan != nil
        let report = try input.driver.top(
            target, view: size.view(kinds, filter, order: sort, defaultCount: 30),
            times: TimeChoice(since: since, olderThan: olderThan, tellsAges: showsAges || format == .json))
        try Output.write(
            format, text: report.text(width: Terminal.width, showsAges: showsAges), json: report.json())
    }
}
