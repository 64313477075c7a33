// SPDX-License-Identifier: Apache-2.0
//
// `silt diff`: what grew between two moments.

import ArgumentParser
import SiltProfile
import SiltReport

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What grew between two snapshots, by the function responsible.")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Stacks to show below each function.", valueName: "count"))
    var stacks = 1

    @Option(help: ArgumentHelp("Frames to show of each stack.", valueName: "count"))
    var frames = 4

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("Functions to show in each group.", valueName: "count"))
    var count: Int?

    @Flag(help: "No intervals, for narrow terminals.")
    var noIntervals = false

    @Argument(help: "The earlier snapshot: a dump, or a pprof file.")
    var base: String

    @Argument(help: "The later one: a dump, a pprof file, or a running session by pid or name.")
    var after: String

    func run() throws {
        let (diff, before, later) = try input.diff(from: [base], to: [after])
        let profile = try filter.apply(to: diff.profile)
        let kind = try kinds.kind(of: profile)
        func total(of snapshot: Profile) -> Estimate? {
            snapshot.kind(named: profile.kinds[kind].name).map { snapshot.total(kind: $0) }
        }
        let report = DiffReport(
            DiffReport.Comparison(
                profile: profile, relation: diff.relation, seconds: diff.elapsed.map { $0 / .seconds(1) },
                before: total(of: before), after: total(of: later)),
            kind: kind, options: DiffReport.Options(stacks: stacks, frames: frames, count: count ?? 10),
            interval: noIntervals ? nil : profile.intervals(kind: kind),
            judge: profile.judge(kind: kind, elapsed: diff.elapsed))
        print(report.text(width: Terminal.width), terminator: "")
    }
}
