// SPDX-License-Identifier: Apache-2.0
//
// `silt tree`: memory along the calls that led to it.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Memory along the calls that led to it, from the root down.",
        discussion: "Example: silt tree --focus 'Cache.insert' service")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var size: SizeOptions

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let report = try input.driver.tree(target, view: size.view(kinds, filter, defaultCount: 80))
        try Output.write(format, text: report.text(width: Terminal.width), json: report.json())
    }
}
