// SPDX-License-Identifier: Apache-2.0
//
// Options that all reports have in common: which figure, which frames, how much of it.

import ArgumentParser
import SiltProfile
import SiltReport
import SiltSymbols

extension Pattern: ExpressibleByArgument {
    package init?(argument: String) {
        guard let pattern = try? Pattern(argument) else { return nil }
        self = pattern
    }
}

extension Granularity: ExpressibleByArgument {}
extension ReportOptions.Order: ExpressibleByArgument {}

/// For people or for scripts.
enum TextOrJson: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Which figure of a profile is meant.
struct KindOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "inuse_space, inuse_objects, alloc_space or alloc_objects (default: inuse_space).", valueName: "kind"))
    var by: String?

    /// The kind of the profile's figures that was asked for; else what is in use, or was allocated, or threads, or the
    /// last.
    func kind(of profile: Profile) throws(Failure) -> Profile.Kind {
        guard let by else {
            return ["inuse_space", "alloc_space", "threads"].lazy.compactMap { profile.kind(named: $0) }.first
                ?? profile.kinds[profile.kinds.count - 1]
        }
        guard let kind = profile.kind(named: by) else {
            let known = profile.kinds.map(\.name).joined(separator: ", ")
            throw .use("--by \(by): this profile has \(known)")
        }
        return kind
    }
}

/// Which frames and stacks count; the words are pprof's.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep only stacks in which this matches.", valueName: "regex"))
    var focus: Pattern?
    @Option(help: ArgumentHelp("Drop stacks in which this matches.", valueName: "regex"))
    var ignore: Pattern?
    @Option(help: ArgumentHelp("Take matching frames out of their stacks.", valueName: "regex"))
    var hide: Pattern?
    @Option(help: ArgumentHelp("Take frames that do not match out of their stacks.", valueName: "regex"))
    var show: Pattern?
    @Option(help: ArgumentHelp("Begin each stack at its outermost match.", valueName: "regex"))
    var showFrom: Pattern?

    @OptionGroup var runtimes: RuntimeOptions

    /// The profile as filtered and folded.
    ///
    /// - Parameter unlessAsked: whether runtimes are folded if nothing is said of it.
    func apply(to profile: Profile, unlessAsked: Bool = true) throws(Failure) -> Profile {
        let filter = Filter(focus: focus, ignore: ignore, hide: hide, show: show, showFrom: showFrom)
        return filter(try runtimes.fold(profile, unlessAsked: unlessAsked))
    }
}

/// Which frames are nobody's own code.
struct RuntimeOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Fold allocators, containers and runtimes into the first function of the application that called them.")
    var hideRuntime: Bool?

    @Option(help: ArgumentHelp("Also fold functions that match; may be repeated.", valueName: "regex"))
    var runtime: [String] = []

    /// The profile with runtimes folded into the code that called them.
    ///
    /// - Parameter unlessAsked: whether they are folded if nothing is said of it.
    func fold(_ profile: Profile, unlessAsked: Bool = true) throws(Failure) -> Profile {
        guard hideRuntime ?? unlessAsked else { return profile }
        let rules: FrameRules
        do {
            rules = try FrameRules(runtime.map { ($0, .runtime) })
        } catch {
            throw .use("--runtime \(error.pattern): is not a regular expression")
        }
        return profile.hidingRuntime { rules.origin(of: $0, module: $1 ?? "") }
    }
}

/// How much a report shows.
struct SizeOptions: ParsableArguments {
    @Option(help: "functions, filefunctions, lines, files, modules or addresses.")
    var granularity: Granularity = .functions

    @Option(help: ArgumentHelp("Drop nodes that hold a smaller part of the total.", valueName: "part"))
    var nodefraction: Double = 0.005

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Show at most so many nodes.", valueName: "count"))
    var nodecount: Int?

    @Flag(help: "No intervals, for narrow terminals.")
    var noIntervals = false

    func validate() throws {
        if !(0...1).contains(nodefraction) { throw ValidationError("--nodefraction is a part of 1, such as 0.005") }
        if let nodecount, nodecount < 1 { throw ValidationError("-n must be at least 1") }
    }

    /// The rule for the interval column; nil: none.
    func intervals(of profile: Profile, kind: Profile.Kind) -> IntervalRule? {
        noIntervals ? nil : profile.intervals(kind: kind)
    }

    func options(order: ReportOptions.Order = .flat, defaultCount: Int?) -> ReportOptions {
        ReportOptions(
            granularity: granularity, order: order, nodeFraction: nodefraction, nodeCount: nodecount ?? defaultCount)
    }
}

extension Profile {
    /// The rule that gives figures of a kind their 95 % interval; nil if nothing is known of how they were sampled.
    func intervals(kind: Kind) -> IntervalRule? {
        guard let confidence = confidence(in: kind) else { return nil }
        return { estimate in
            let interval = confidence.interval(of: estimate)
            return interval.lower...interval.upper
        }
    }

    /// What tells growth of a kind from noise; nil if nothing is known of how the figures were sampled.
    func judge(kind: Kind, elapsed: Duration?) -> DiffReport.Judge? {
        guard let confidence = confidence(in: kind) else { return nil }
        return { confidence.judge($0, elapsed: elapsed).map(DiffReport.Verdict.init) }
    }
}
