// SPDX-License-Identifier: Apache-2.0
//
// `silt diff`: what grew between two moments, and over several how fast and on what course.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What grew between snapshots, by the function responsible.",
        discussion: """
            With three snapshots and more of a process it says how fast each function grows, and tells steady growth \
            (a leak) from growth that slows down, one step (a cache that filled) and churn, or says that the data do \
            not decide. Where growth goes on and a memory limit is known, it says when that is reached.
            Example: silt diff base.silt after.silt
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Stacks to show below each function.", valueName: "count"))
    var stacks = 1

    @Option(help: ArgumentHelp("Frames to show of each stack.", valueName: "count"))
    var frames = 4

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("Functions to show in each group (default: 10).", valueName: "count"))
    var count: Int?

    @Flag(help: "No intervals, for narrow terminals.")
    var noIntervals = false

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(
        help: ArgumentHelp(
            "Two or more: dumps, or pprof files; the last may be a running session by pid or name.",
            valueName: "snapshot"))
    var snapshots: [String]

    func validate() throws {
        if snapshots.count < 2 { throw ValidationError("Name two snapshots or more: silt diff BASE AFTER") }
    }

    func run() throws {
        let comparison = try input.driver.compare(
            snapshots,
            view: ComparisonView(
                kind: kinds.by, frames: filter.frames(),
                options: DiffReport.Options(stacks: stacks, frames: frames, count: count ?? 10),
                showsIntervals: !noIntervals))
        try Output.write(format, text: comparison.text(width: Terminal.width), json: comparison.json())
    }
}
