// SPDX-License-Identifier: Apache-2.0
//
// `silt rss`: where resident memory is, so that what the heap does not explain has a name as well.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Rss: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where resident memory is, and why it does not come back.",
        discussion: """
            Of a running process, which is not stopped: the heap in use, what malloc_trim(0) would give back, what is free \
            but pinned by blocks on the same pages and by whose, thread stacks, files. glibc's heaps are walked from \
            outside; of other allocators, what is free is not told apart. This needs the right to read the process's \
            memory, as a debugger does. Of what silt dump made of a running process the same; of other dumps as far as they \
            recorded it.
            Example: silt rss service
            """)

    @OptionGroup var place: CatalogOptions

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Option(
        name: .shortAndLong,
        help: "Draw it: where to write a page that needs nothing else: NAME.html, or - (default: no page).")
    var output: String?

    @Argument(help: "A pid, a program's name, a session file or a dump.")
    var target: String

    func validate() throws {
        guard let output else { return }
        if format == .json { throw ValidationError("-o draws a page: leave --format json or -o out") }
        guard output == "-" || output.hasSuffix(".html") else {
            throw ValidationError("-o: the name must end in .html")
        }
    }

    func run() throws {
        let report = try place.driver.resident(target)
        if let output { return try Output.write(report.page(), to: output) }
        try Output.write(format, text: report.text(width: Terminal.width), json: report.json())
    }
}
