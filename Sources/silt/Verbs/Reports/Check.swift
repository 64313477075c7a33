// SPDX-License-Identifier: Apache-2.0
//
// `silt check`: the release gate of a load test. The verdict becomes the exit status.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Release gate: does memory grow beyond its limits?",
        discussion: """
            Fails only if growth beyond a limit is more than noise, and names the stacks to blame. Without a limit, any \
            growth that is more than noise fails.
            Example: silt check base.silt after.silt --max-growth 8MiB --site 'Cache\\.insert=64MiB'
            A fleet against a fleet: silt check --base stable/*.silt --after canary/*.silt tells growth from what differs \
            from process to process; eight on each side are good, two tell nothing.
            Exit status: 0 passed, 1 failed; where the data cannot tell, 0, and with --strict 1.
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var runtimes: RuntimeOptions

    @Option(
        help: ArgumentHelp(
            "What is judged: inuse_space, or mapped_space: what the program has mapped, first to last (default: inuse_space).",
            valueName: "kind"))
    var by: String?

    @Option(
        help: ArgumentHelp(
            "What memory may grow by, in all and by each stack (default: 0 where no limit is given).",
            valueName: "bytes"))
    var maxGrowth: ByteCount?

    @Option(
        help: ArgumentHelp(
            "How fast it may grow now, such as 1MiB/h; only growth that goes on counts (default: any).",
            valueName: "rate"))
    var maxGrowthRate: ByteRate?

    @Option(
        name: .customLong("max-rss-growth"),
        help: ArgumentHelp(
            "What resident memory may grow by, whatever took it: malloc, mmap, stacks (default: any).",
            valueName: "bytes"))
    var maxResidentGrowth: ByteCount?

    @Option(
        help: ArgumentHelp(
            "What the stacks with a matching function may grow by; may be repeated (default: --max-growth).",
            valueName: "regex=bytes"))
    var site: [String] = []

    @Option(
        help: ArgumentHelp(
            "Stacks with a matching function do not count; may be repeated (default: none).", valueName: "regex"))
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp("Stacks that may grow, with how much: a text to review (default: none).", valueName: "file"))
    var baselineFile: String?

    @Flag(help: "Write what grew into the baseline file: it is accepted from now on.")
    var updateBaseline = false

    @Flag(help: "Fail also where the data cannot tell.")
    var strict = false

    @Option(help: "text, json, junit, github or sarif.")
    var format: CheckFormat = .text

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Processes of the base, to compare with those of --after (default: none).", valueName: "snapshots"))
    var base: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Processes of what is to be judged (default: none).", valueName: "snapshots"))
    var after: [String] = []

    @Argument(
        help: ArgumentHelp("Two or more: session files, dumps, pids or program names.", valueName: "snapshot"))
    var snapshots: [String] = []

    func validate() throws {
        guard base.isEmpty, after.isEmpty else {
            if base.isEmpty || after.isEmpty { throw ValidationError("--base and --after go together") }
            guard snapshots.isEmpty else {
                throw ValidationError("Name snapshots, or --base and --after, not both: \(snapshots[0])")
            }
            return
        }
        if snapshots.count < 2 { throw ValidationError("Name two snapshots or more: silt check BASE AFTER") }
        if updateBaseline && baselineFile == nil { throw ValidationError("--update-baseline needs --baseline-file") }
    }

    func run() throws {
        let request = try CheckRequest(
            maxGrowth: maxGrowth, maxRate: maxGrowthRate, maxResidentGrowth: maxResidentGrowth,
            sites: site.map { text in try Check.SiteLimit(text, of: "--site") },
            ignored: ignore.map { text in try Pattern(text, of: "--ignore") }, runtimes: runtimes.settings,
            kind: by, baselinePath: baselineFile, updatesBaseline: updateBaseline, isStrict: strict)
        let report: any GateReport =
            base.isEmpty
            ? try input.driver.check(snapshots, against: request)
            : try input.driver.check(base: base, after: after, against: request)
        let rendered = report.rendered(
            as: format, width: Terminal.width, workspace: environmentVariable("GITHUB_WORKSPACE"))
        // What machines read keeps its bytes.
        if format == .text {
            try Output.write(String(decoding: rendered, as: UTF8.self))
        } else {
            try Output.write(rendered)
        }
        if !report.passes { throw ExitCode(1) }
    }
}
