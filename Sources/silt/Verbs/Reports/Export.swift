// SPDX-License-Identifier: Apache-2.0
//
// `silt export`: a profile in the formats that other tools read.

import ArgumentParser
import SiltDriver
import SiltProfile

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a profile for other tools: pprof, OTLP, folded stacks, speedscope, JSON.",
        discussion: "Example: silt export service.812.1.silt -o heap.pb.gz; go tool pprof -http :8080 heap.pb.gz")

    /// Flame graphs have a verb of their own.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pprof, otlp, folded, json, jsonl, speedscope

        var request: ExportRequest.Format {
            switch self {
            case .pprof: .pprof
            case .otlp: .otlp
            case .folded: .folded
            case .json: .json
            case .jsonl: .jsonl
            case .speedscope: .speedscope
            }
        }
    }

    @OptionGroup var input: InputOptions
    @OptionGroup var comparison: ComparisonOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: "pprof, otlp, folded, json, jsonl (one row a stack, for databases) or speedscope.")
    var format: Format = .pprof

    @Flag(help: "The threads alive by the code that created them, not the heap.")
    var threads = false

    @Flag(help: "pprof without names: go tool pprof looks them up itself.")
    var noSymbols = false

    @Flag(
        help: "pprof and OTLP as Pyroscope and its like take it: 16000 stacks and 4 MiB at most, the lightest left out."
    )
    var forServers = false

    @Option(help: "otlp and jsonl: the host's name (default: this host's, if it was recorded here).")
    var host: String?

    @Option(help: "otlp and jsonl: the service's name (default: the program's).")
    var service: String?

    @Option(name: .shortAndLong, help: "Where to write it; - is standard output.")
    var output: String = "-"

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String]

    func run() throws {
        let bytes = try input.driver.export(
            target,
            as: ExportRequest(
                format: format.request, kind: kinds.by, frames: filter.frames(), base: comparison.base,
                showsThreads: threads, hasNames: !noSymbols, isForServers: forServers,
                origin: Origin(host: host, service: service)))
        try Output.write(bytes, to: output)
    }
}
