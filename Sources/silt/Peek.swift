// SPDX-License-Identifier: Apache-2.0
//
// `silt peek`: the callers and callees of functions.

import ArgumentParser
import SiltHost
import SiltProfile
import SiltReport

struct Peek: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Callers and callees of the functions that match.")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Argument(help: ArgumentHelp("Functions to look at.", valueName: "regex"))
    var pattern: Pattern

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let profile = try filter.apply(to: try input.profile(target))
        let report = PeekReport(profile, kind: try kinds.kind(of: profile), matching: pattern)
        print(report.text(width: Terminal.width), terminator: "")
    }
}
