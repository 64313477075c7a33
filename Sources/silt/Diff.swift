// SPDX-License-Identifier: Apache-2.0
//
// `silt diff`: what grew between two moments, and over several how fast and on what course.

import ArgumentParser
import SiltFile
import SiltHost
import SiltProfile
import SiltReport

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What grew between snapshots, by the function responsible.",
        discussion: """
            With three snapshots and more of a process it says how fast each function grows, and tells steady growth \
            (a leak) from one step (a cache that filled) and from churn. Where the last dump knows a memory limit, it \
            says when that is reached.
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Stacks to show below each function.", valueName: "count"))
    var stacks = 1

    @Option(help: ArgumentHelp("Frames to show of each stack.", valueName: "count"))
    var frames = 4

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("Functions to show in each group.", valueName: "count"))
    var count: Int?

    @Flag(help: "No intervals, for narrow terminals.")
    var noIntervals = false

    @Option(help: "text or json.")
    var format: TextOrJson = .text

    @Argument(
        help: ArgumentHelp(
            "Two or more: dumps, or pprof files; the last may be a running session by pid or name.",
            valueName: "snapshot"))
    var snapshots: [String]

    func validate() throws {
        if snapshots.count < 2 { throw ValidationError("Name two snapshots or more: silt diff BASE AFTER") }
    }

    func run() throws {
        let snapshots = try snapshots.map { try input.read([$0]) }
        if snapshots.count == 2 {
            try compare(snapshots[0], snapshots[1])
        } else {
            try follow(snapshots)
        }
    }

    private var options: DiffReport.Options {
        DiffReport.Options(stacks: stacks, frames: frames, count: count ?? 10)
    }

    private func compare(_ base: Input, _ other: Input) throws {
        let diff = try input.diff(from: base, to: other)
        let profile = try filter.apply(to: diff.profile)
        let kind = try kinds.kind(of: profile)
        func total(of snapshot: Profile) throws -> Estimate? {
            try snapshot.kind(named: kind.name).map {
                try filter.apply(to: snapshot, unlessAsked: false).total(kind: $0)
            }
        }
        let report = DiffReport(
            DiffReport.Comparison(
                profile: profile, relation: diff.relation, seconds: diff.elapsed.map { $0 / .seconds(1) },
                before: try total(of: diff.before), after: try total(of: diff.after),
                limit: other.limit(growth: diff.profile, elapsed: diff.elapsed)),
            kind: kind, options: options, interval: noIntervals ? nil : profile.intervals(kind: kind),
            judge: profile.judge(kind: kind, elapsed: diff.elapsed))
        let threads = try input.threadChange(from: base, to: other, filter: filter)?.line.map { $0 + "\n" } ?? ""
        try write(text: report.text(width: Terminal.width) + threads, json: report.json())
    }

    private func follow(_ snapshots: [Input]) throws {
        if let by = kinds.by, by != Profile.Kind.inuseSpace.name {
            throw Failure.use("--by \(by): over several snapshots, growth is told of inuse_space only")
        }
        var trend = try input.trend(over: snapshots)
        guard trend.elapsed > .zero else { throw Failure.use("these snapshots are all of the same moment") }
        let last = snapshots.max { $0.moment < $1.moment }
        let limit = last?.limit(growth: trend.profile, elapsed: trend.elapsed)
        trend.profile = try filter.apply(to: trend.profile)
        let report = TrendReport(trend, limit: limit, options: options, showsIntervals: !noIntervals)
        try write(text: report.text(width: Terminal.width), json: report.json())
    }

    private func write(text: @autoclosure () -> String, json: @autoclosure () -> [UInt8]) throws {
        switch format {
        case .text: print(text(), terminator: "")
        case .json: try Output.write(json(), to: "-")
        }
    }
}

extension Input {
    /// The last moment that any of its sessions shows, in nanoseconds since 1970.
    fileprivate var moment: UInt64 { sessions?.map(\.realtime).max() ?? 0 }

    /// When the memory limit of the process is reached if its heap goes on to grow; of one process only, since several
    /// may have several limits.
    fileprivate func limit(growth profile: Profile, elapsed: Duration?) -> TimeToLimit? {
        guard let sessions, sessions.count == 1, let memory = sessions[0].memory, let elapsed else { return nil }
        guard let kind = profile.kind(named: Profile.Kind.inuseSpace.name) else { return nil }
        guard let confidence = profile.confidence(in: .inuseSpace) else { return nil }
        return TimeToLimit(dump: memory, growth: profile.total(kind: kind), over: elapsed, confidence: confidence)
    }
}

extension Session {
    /// What its dump says of the process's memory; of a session that is running, what the kernel says now.
    fileprivate var memory: Header.Dump? {
        if let dump = header.dump { return dump }
        guard let facts = ProcessTable().facts(of: header.pid), facts.startTicks == header.pidStartTicks else {
            return nil
        }
        return Header.Dump(
            reason: .none, sequence: 0, realtime: realtime, monotonic: moment, rss: facts.rss,
            memoryLimit: facts.memoryLimit, memoryCurrent: facts.memoryCurrent)
    }
}
