// SPDX-License-Identifier: Apache-2.0
//
// `silt list`: the sessions on this host; or, with a pattern as pprof has it, source lines with their bytes.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sessions on this host; with REGEX FILE, source lines with their bytes.",
        discussion: """
            Example: silt list
            Example: silt list 'Cache.insert' service
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions

    @Flag(help: "List the dumps too.")
    var dumps = false

    @Option(help: "Of sessions: text or json.")
    var format: TextOrJson = .text

    @Argument(help: ArgumentHelp("Functions whose source lines to show.", valueName: "regex"))
    var pattern: String?

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String] = []

    func validate() throws {
        guard pattern != nil, target.isEmpty else { return }
        throw ValidationError("Name a file or target after the pattern; `silt list` alone lists the sessions")
    }

    func run() throws {
        let driver = input.driver
        guard let pattern else {
            let table = driver.sessions(withDumps: dumps)
            return try Output.write(format, text: table.text(width: Terminal.width), json: table.list.json())
        }
        let listing = try driver.source(of: Pattern(pattern, of: "REGEX"), in: target, kind: kinds.by)
        try Output.write(listing.text(width: Terminal.width))
    }
}
