// SPDX-License-Identifier: Apache-2.0
//
// `silt tree`: memory along the calls that led to it.

import ArgumentParser
import SiltHost
import SiltReport

struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Memory along the calls that led to it, from the root down.")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var size: SizeOptions

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let profile = try filter.apply(to: try input.profile(target))
        let kind = try kinds.kind(of: profile)
        let report = TreeReport(
            profile, kind: kind, options: size.options(defaultCount: 80),
            interval: size.intervals(of: profile, kind: kind))
        print(report.text(width: Terminal.width), terminator: "")
    }
}
