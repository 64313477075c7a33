// SPDX-License-Identifier: Apache-2.0
//
// `silt check`: the release gate of a load test. It parses limits, keeps the baseline's file, and turns the verdict
// into an exit status.

import ArgumentParser
import SiltHost
import SiltProfile
import SiltReport

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Release gate: does memory grow beyond its limits?",
        discussion: """
            Fails only if growth beyond a limit is more than noise, and names the stacks to blame. Without a limit, any \
            growth that is more than noise fails.
            Example: silt check base.silt after.silt --max-growth 8MiB --site 'Cache\\.insert=64MiB'
            Exit status: 0 passed, 1 failed; where the data cannot tell, 0, and with --strict 1.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, junit, github }

    @OptionGroup var input: InputOptions
    @OptionGroup var runtimes: RuntimeOptions

    @Option(help: ArgumentHelp("What memory may grow by, in all and by each stack.", valueName: "bytes"))
    var maxGrowth: ByteCount?

    @Option(help: ArgumentHelp("How fast it may grow, such as 1MiB/h; one step does not count.", valueName: "rate"))
    var maxGrowthRate: ByteRate?

    @Option(
        help: ArgumentHelp(
            "What the stacks with a matching function may grow by; may be repeated.", valueName: "regex=bytes"))
    var site: [SiteLimit] = []

    @Option(help: ArgumentHelp("Stacks with a matching function do not count; may be repeated.", valueName: "regex"))
    var ignore: [Pattern] = []

    @Option(help: ArgumentHelp("Stacks that may grow, with how much: a text to review.", valueName: "file"))
    var baselineFile: String?

    @Flag(help: "Write what grew into the baseline file: it is accepted from now on.")
    var updateBaseline = false

    @Flag(help: "Fail also where the data cannot tell.")
    var strict = false

    @Option(help: "text, json, junit or github.")
    var format: Format = .text

    @Argument(
        help: ArgumentHelp("Two or more: session files, dumps, pids or program names.", valueName: "snapshot"))
    var snapshots: [String]

    func validate() throws {
        if snapshots.count < 2 { throw ValidationError("Name two snapshots or more: silt check BASE AFTER") }
        if updateBaseline && baselineFile == nil { throw ValidationError("--update-baseline needs --baseline-file") }
    }

    func run() throws {
        var baseline = try readBaseline()
        var trend = try input.trend(over: try snapshots.map { try input.read([$0]) })
        if maxGrowthRate != nil && trend.elapsed == .zero {
            throw Failure.use("--max-growth-rate: no time passes from the first snapshot to the last")
        }
        trend.profile = try runtimes.fold(trend.profile)
        if updateBaseline, let baselineFile {
            let entries = check(baseline: baseline.entries).accepting(trend)
            let text = try parsed(baselineFile) { () throws(Baseline.ParseError) in
                try Baseline.text(baseline.text, putting: entries)
            }
            try Output.write(Array(text.utf8), to: baselineFile)
            printError("silt: \(counted(entries.count, "entry", plural: "entries")) written to \(baselineFile)")
            baseline = try readBaseline()
        }
        let verdict = check(baseline: baseline.entries).verdict(on: trend)
        let report = CheckReport(verdict, on: trend, isStrict: strict)
        let text =
            switch format {
            case .text: report.text(width: Terminal.width)
            case .json: String(decoding: report.json(), as: UTF8.self)
            case .junit: report.junit()
            // The log of a job shows the text, and the lines of code the annotations.
            case .github: report.text() + report.github(workspace: environmentVariable("GITHUB_WORKSPACE"))
            }
        try Output.write(Array(text.utf8), to: "-")
        if !report.passes { throw ExitCode(1) }
    }

    private func check(baseline: Baseline) -> Check {
        Check(
            maxGrowth: maxGrowth.map { Double($0.bytes) }, maxRate: maxGrowthRate?.bytesPerSecond,
            sites: site.map { Check.SiteLimit(pattern: $0.pattern, bytes: Double($0.limit.bytes)) }, ignored: ignore,
            baseline: baseline)
    }

    /// The baseline and its text; empty without a file, or if it is about to be made.
    private func readBaseline() throws(Failure) -> (text: String, entries: Baseline) {
        guard let baselineFile else { return ("", Baseline()) }
        let bytes: [UInt8]
        do {
            bytes = try contentsOfFile(baselineFile, limit: 1 << 26)
        } catch {
            // A file that cannot be read, as opposed to none, must not be written over.
            guard updateBaseline, error.isMissing else {
                throw .input("\(baselineFile): cannot be read: \(error.text); --update-baseline makes it")
            }
            return (Self.newBaseline, Baseline())
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let entries = try parsed(baselineFile) { () throws(Baseline.ParseError) in try Baseline(parsing: text) }
        return (text, entries)
    }

    private func parsed<T>(_ path: String, _ parse: () throws(Baseline.ParseError) -> T) throws(Failure) -> T {
        do {
            return try parse()
        } catch {
            throw .input("\(path), line \(error.line): \(error.reason)")
        }
    }

    private static let newBaseline = """
        # Growth that silt check accepts: bytes, then the innermost functions of a stack, leaf first.
        # Say above each line why it may grow.

        """
}

/// `REGEX=BYTES`, as `Cache\.insert=64MiB`.
struct SiteLimit: ExpressibleByArgument, Sendable {
    var pattern: Pattern
    var limit: ByteCount

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), let pattern = Pattern(argument: String(argument[..<equals])),
            let limit = ByteCount(argument: String(argument[argument.index(after: equals)...]))
        else { return nil }
        self.pattern = pattern
        self.limit = limit
    }
}
