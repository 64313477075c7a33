// SPDX-License-Identifier: Apache-2.0
//
// Options that reports have in common: which figure, which frames, how much of it.

import ArgumentParser
import SiltDriver
import SiltProfile
import SiltReport
import SiltSymbols

/// For people or for scripts.
enum TextOrJson: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Which figure of a profile is meant.
struct KindOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            inuse_space, inuse_objects, alloc_space or alloc_objects (default: inuse_space); mapped_space, mapped_objects or \
            reserved_space of what the program maps itself; of a running process and of what silt dump made of one also \
            pinned_space, resident_space, untouched_space, swapped_space or unshared_space; mapped_resident of a running one.
            """,
            valueName: "kind"))
    var by: String?
}

/// Which frames and stacks count; the words are pprof's.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep only stacks in which this matches (default: all).", valueName: "regex"))
    var focus: String?
    @Option(help: ArgumentHelp("Drop stacks in which this matches (default: none).", valueName: "regex"))
    var ignore: String?
    @Option(help: ArgumentHelp("Take matching frames out of their stacks (default: none).", valueName: "regex"))
    var hide: String?
    @Option(
        help: ArgumentHelp("Take frames that do not match out of their stacks (default: none).", valueName: "regex"))
    var show: String?
    @Option(help: ArgumentHelp("Begin each stack at its outermost match (default: at its root).", valueName: "regex"))
    var showFrom: String?

    @OptionGroup var runtimes: RuntimeOptions

    /// - Throws: ``Failure`` if one is no regular expression. The parser's own answer would not say why.
    func frames() throws(Failure) -> FrameChoice {
        func pattern(_ text: String?, _ option: String) throws(Failure) -> Pattern? {
            guard let text else { return nil }
            return try Pattern(text, of: option)
        }
        let filter = Filter(
            focus: try pattern(focus, "--focus"), ignore: try pattern(ignore, "--ignore"),
            hide: try pattern(hide, "--hide"), show: try pattern(show, "--show"),
            showFrom: try pattern(showFrom, "--show-from"))
        return FrameChoice(filter: filter, runtimes: runtimes.settings)
    }
}

/// Which frames are allocators and runtimes, not the application.
struct RuntimeOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Fold allocators, containers and runtimes into the first function of the application that called them.")
    var hideRuntime: Bool?

    @Option(help: ArgumentHelp("Also fold functions that match; may be repeated (default: none).", valueName: "regex"))
    var runtime: [String] = []

    @Flag(help: "Say which functions were folded, and why.")
    var explainFolding = false

    var settings: Runtimes { Runtimes(areHidden: hideRuntime, patterns: runtime, areExplained: explainFolding) }
}

/// How much a report shows.
struct SizeOptions: ParsableArguments {
    @Option(help: "functions, filefunctions, lines, files, modules or addresses.")
    var granularity: Granularity = .functions

    @Option(help: ArgumentHelp("Drop nodes that hold a smaller part of the total.", valueName: "part"))
    var nodefraction: Double = 0.005

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("Show at most so many nodes; 0: all (default: 30, of a tree 80).", valueName: "count"))
    var nodecount: Int?

    @Flag(help: "No intervals, for narrow terminals.")
    var noIntervals = false

    func validate() throws {
        if !(0...1).contains(nodefraction) { throw ValidationError("--nodefraction is a part of 1, such as 0.005") }
        if let nodecount, nodecount < 0 { throw ValidationError("-n is a count of nodes; 0 shows all") }
    }

    func view(
        _ kinds: KindOptions, _ filter: FilterOptions, order: ReportOptions.Order = .flat, defaultCount: Int
    ) throws(Failure) -> HeapView {
        HeapView(
            kind: kinds.by, frames: try filter.frames(),
            options: ReportOptions(
                granularity: granularity, order: order, nodeFraction: nodefraction,
                nodeCount: nodecount == 0 ? nil : nodecount ?? defaultCount),
            showsIntervals: !noIntervals)
    }
}
