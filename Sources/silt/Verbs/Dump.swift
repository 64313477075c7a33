// SPDX-License-Identifier: Apache-2.0
//
// `silt dump`: a snapshot of a session, running or left behind, read from its file. The process notices nothing.

import ArgumentParser
import SiltDriver

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a snapshot of a session; the process is not disturbed.",
        discussion: "Prints the path of the dump. kill -USR2 PID makes the process write one itself.")

    @OptionGroup var place: CatalogOptions

    @Option(name: .shortAndLong, help: "Where to write it (default: beside the session, or where dumps are).")
    var output: String?

    @Argument(help: "A pid, a program's name or a session file.")
    var target: String

    func run() throws { try Output.write(path: try place.driver.dump(target, to: output)) }
}
