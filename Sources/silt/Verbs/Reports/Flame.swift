// SPDX-License-Identifier: Apache-2.0
//
// `silt flame`: a flame graph as one file that needs nothing else.

import ArgumentParser
import SiltDriver

struct Flame: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a flame graph: one HTML file to click through, or an SVG.",
        discussion: """
            With --base it is coloured by growth.
            Example: silt flame service -o heap.html
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var comparison: ComparisonOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Flag(help: "The threads alive by the code that created them, not the heap.")
    var threads = false

    @Option(name: .shortAndLong, help: "Where to write it: a name that ends in .html or .svg.")
    var output: String

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func validate() throws {
        guard output.hasSuffix(".html") || output.hasSuffix(".svg") else {
            throw ValidationError("-o: the name must end in .html or .svg")
        }
    }

    func run() throws {
        let bytes = try input.driver.export(
            target,
            as: ExportRequest(
                format: output.hasSuffix(".svg") ? .svg : .html, kind: kinds.by, frames: filter.frames(),
                base: comparison.base, showsThreads: threads))
        try Output.write(bytes, to: output)
    }
}
