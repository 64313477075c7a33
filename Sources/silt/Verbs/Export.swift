// SPDX-License-Identifier: Apache-2.0
//
// `silt export`: a profile in the formats that other tools read.

import ArgumentParser
import SiltDriver

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a profile for other tools: pprof, folded stacks, speedscope, JSON.",
        discussion: "Example: silt export service.812.1.silt -o heap.pb.gz; go tool pprof -http :8080 heap.pb.gz")

    /// Flame graphs have a verb of their own.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pprof, folded, json, speedscope

        var request: ExportRequest.Format {
            switch self {
            case .pprof: .pprof
            case .folded: .folded
            case .json: .json
            case .speedscope: .speedscope
            }
        }
    }

    @OptionGroup var input: InputOptions
    @OptionGroup var comparison: ComparisonOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: "pprof, folded, json or speedscope.")
    var format: Format = .pprof

    @Flag(help: "The threads alive by the code that created them, not the heap.")
    var threads = false

    @Flag(help: "pprof without names: go tool pprof looks them up itself.")
    var noSymbols = false

    @Option(name: .shortAndLong, help: "Where to write it; - is standard output.")
    var output: String = "-"

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let bytes = try input.driver.export(
            target,
            as: ExportRequest(
                format: format.request, kind: kinds.by, frames: filter.frames, base: comparison.base,
                showsThreads: threads, hasNames: !noSymbols))
        try Output.write(bytes, to: output)
    }
}
