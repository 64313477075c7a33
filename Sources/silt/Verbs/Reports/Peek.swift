// SPDX-License-Identifier: Apache-2.0
//
// `silt peek`: the callers and callees of functions.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

struct Peek: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Callers and callees of the functions that match.",
        discussion: "Example: silt peek 'Cache.insert' service")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(help: ArgumentHelp("Functions to look at.", valueName: "regex"))
    var pattern: String

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let report = try input.driver.peek(
            Pattern(pattern, of: "REGEX"), in: target, kind: kinds.by, frames: filter.frames())
        try Output.write(format, text: report.text(width: Terminal.width), json: report.json())
    }
}
