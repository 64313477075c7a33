// SPDX-License-Identifier: Apache-2.0
//
// `silt doctor`: whether a program can be profiled, and what would be missing.

import ArgumentParser
import SiltDriver

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether a program or process can be profiled, and what would be missing.",
        discussion: """
            Exit status: 0 it can, 1 it cannot.
            Example: silt doctor ./service
            """)

    @OptionGroup var symbols: SymbolOptions

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(help: "A program, or the pid of a process.")
    var target: String

    func run() throws {
        let examination = try Driver(symbols: symbols.settings, reporter: .terminal).examine(target)
        try Output.write(format, text: examination.text, json: examination.json())
        if !examination.canBeProfiled { throw ExitCode(1) }
    }
}
