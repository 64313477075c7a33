// SPDX-License-Identifier: Apache-2.0
//
// `silt export`: a profile in the formats that other tools read.

import ArgumentParser
import SiltPprof
import SiltProfile
import SiltReport

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a profile for other tools: pprof, folded stacks, speedscope, JSON.",
        discussion: "Example: silt export service.812.1.silt -o heap.pb.gz; go tool pprof -http :8080 heap.pb.gz")

    enum Format: String, ExpressibleByArgument, CaseIterable { case pprof, folded, json, speedscope }

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
        // Other tools have their own way of folding: they get every frame unless asked otherwise.
        let profile = try load()
        let bytes: [UInt8] =
            switch format {
            case .pprof: profile.pprof(symbols: !noSymbols, defaultSampleType: kinds.by ?? (threads ? "threads" : nil))
            case .folded: Array(profile.folded(kind: try kinds.kind(of: profile)).utf8)
            case .json: profile.json()
            case .speedscope: profile.speedscope(kind: try kinds.by == nil ? nil : kinds.kind(of: profile))
            }
        try Output.write(bytes, to: output)
    }

    private func load() throws -> Profile {
        guard threads else { return try filter.apply(to: try comparison.profile(target, input), unlessAsked: false) }
        return try input.threads(target, comparison, filter: filter)
    }
}
