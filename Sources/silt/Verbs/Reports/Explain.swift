// SPDX-License-Identifier: Apache-2.0
//
// `silt explain`: the verdict in a few lines, and what to run next.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is wrong with this memory, who is to blame, what to look at next.",
        discussion: """
            Of one target what it holds now; of two snapshots and more what grew, how sure that is, and where. With \
            --format json the answer is one object of at most 4 KiB.
            Example: silt explain base.silt later.silt 4242
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var runtimes: RuntimeOptions

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(
        help: ArgumentHelp(
            "A pid, a program's name, a session file or a dump; or snapshots, the oldest first.", valueName: "target"))
    var targets: [String]

    func run() throws {
        let explanation = try input.driver.explain(targets, frames: FrameChoice(runtimes: runtimes.settings))
        try Output.write(format, text: explanation.text(width: Terminal.width), json: explanation.json())
    }
}
