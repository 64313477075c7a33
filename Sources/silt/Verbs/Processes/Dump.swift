// SPDX-License-Identifier: Apache-2.0
//
// `silt dump`: a snapshot of a session, running or left behind, read from its file. The process notices nothing.

import ArgumentParser
import SiltDriver
import SiltHost

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a snapshot of a session; the process is not disturbed.",
        discussion: """
            Prints the path of the dump; a name that several processes have stands for all of them. Unlike a dump that the \
            process writes itself, at kill -USR2 PID, it keeps where resident memory is and what each block has of it: \
            see silt rss.
            Example: silt dump service -o base.silt
            """)

    @OptionGroup var place: CatalogOptions

    @Option(
        name: .shortAndLong,
        help: "Where to write it (default: beside the session, or where dumps are); - is standard output.")
    var output: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Look at the memory of the process: a second for some gigabytes of heap, and nothing if it has ended.")
    var memory = true

    @Option(help: "What to print: text, the path, or json.")
    var format: TextOrJson = .text

    @Argument(help: "A pid, a program's name or a session file.")
    var target: String

    func run() throws {
        if output == "" { throw ValidationError("-o needs the path of a file; - is standard output") }
        if output == "-", Terminal.showsOutput {
            throw ValidationError("-o -: standard output is a terminal; redirect it into a file or a pipe")
        }
        let dumps = try place.driver.dumps(target, to: output, looksAtMemory: memory)
        if output == "-" { return }
        switch format {
        case .text: for dump in dumps { try Output.write(path: dump.path) }
        case .json: try Output.write(TakenDump.json(dumps))
        }
    }
}
