// SPDX-License-Identifier: Apache-2.0
//
// What grew between snapshots: two are compared, three and more are followed over time. It chooses the report and
// gathers what it needs; the judging is SiltProfile's.

import SiltFile
import SiltHost
import SiltProfile
package import SiltReport
import SiltSymbols

/// How a comparison is shown.
package struct ComparisonView: Sendable {
    /// Name of the figure; nil: what is in use. Over three snapshots and more there is no other.
    package var kind: String?
    package var frames: FrameChoice
    package var options: DiffReport.Options
    /// Whether figures have their 95 % interval beside them.
    package var showsIntervals: Bool

    package init(
        kind: String? = nil, frames: FrameChoice = FrameChoice(), options: DiffReport.Options = DiffReport.Options(),
        showsIntervals: Bool = true
    ) {
        self.kind = kind
        self.frames = frames
        self.options = options
        self.options.showsLibraryFrames = frames.runtimes.areHidden == false
        self.showsIntervals = showsIntervals
    }
}

/// What grew.
package enum Comparison: Sendable {
    /// Between two snapshots.
    case diff(DiffReport)
    /// Over three and more.
    case trend(TrendReport)

    /// - Parameter isBrief: what two snapshots are a report of is left out.
    package func text(width: Int? = nil, isBrief: Bool = false) -> String {
        switch self {
        case .diff(let report): report.text(width: width, isBrief: isBrief)
        case .trend(let report): report.text(width: width)
        }
    }

    package func json() -> [UInt8] {
        switch self {
        case .diff(let report): report.json()
        case .trend(let report): report.json()
        }
    }
}

extension Driver {
    /// What grew between two snapshots, or over several.
    ///
    /// - Parameter snapshots: targets, each one snapshot, the oldest first.
    /// - Throws: as ``read(_:)``; also if there are fewer than two, they are not in order of time, cannot be compared
    ///   with each other, or have no such figure.
    package func compare(
        _ snapshots: [String], view: ComparisonView = ComparisonView()
    ) throws(Failure) -> Comparison {
        guard snapshots.count >= 2 else { throw .use("one snapshot cannot be compared: name two or more") }
        var inputs = try readEach(snapshots.map { [$0] })
        try inputs.requireOrder()
        if inputs.count > 2 { return try follow(consume inputs, view) }
        let symbols = symbolizer(for: inputs)
        // Only beside the heap it is told what else is resident.
        var looks: ResidentLooks?
        if !Self.isOfMappings(view.kind), Self.kindOfPages(view.kind) == nil {
            looks = ResidentLooks(at: inputs[0], inputs[1])
            inputs = inputs.withoutPages
        }
        let rest = inputs.withoutLiving
        let (diff, evidence) = try difference(
            from: inputs.removeFirst(), to: inputs.removeFirst(), named: snapshots, view.kind, symbols)
        return try compare(rest[0], rest[1], diff, looks, by: evidence, view, symbols)
    }

    /// What changed of the heap, of mappings or of pages, as the figure that is asked for is one of these; and the profiles whose
    /// stacks show what is folded.
    private func difference(
        from base: consuming Input, to after: consuming Input, named names: [String], _ kind: String?,
        _ symbols: Symbolizer
    ) throws(Failure) -> (diff: Diff, evidence: [Profile]) {
        if Self.isOfMappings(kind) { return (try mappingChange(from: base, to: after, symbols: symbols), []) }
        guard let kind = Self.kindOfPages(kind) else {
            let diff = try change(from: base, to: after, symbols: symbols)
            return (diff, [diff.before, diff.after])
        }
        // A dump keeps what the process itself had of pages, nothing of its children.
        let before = try pages(of: base, named: names[0], kind: kind, copies: false, symbols: symbols)
        let now = try pages(of: after, named: names[1], kind: kind, copies: false, symbols: symbols)
        var diff = Diff(
            from: before, to: now, isOfSameProcess: !base.identities.isDisjoint(with: after.identities))
        // The figure that is asked for is in both.
        diff.profile.notes.removeAll { if case .kindsLeftOut = $0 { true } else { false } }
        return (diff, [evidence(of: [base, after], symbols: symbols)])
    }

    private func compare(
        _ base: Input, _ after: Input, _ diff: Diff, _ looks: ResidentLooks?, by evidence: [Profile],
        _ view: ComparisonView, _ symbols: Symbolizer
    ) throws(Failure) -> Comparison {
        // What is mapped is not memory until it is written to, and figures of pages are of a look at memory: only beside the heap
        // is it told what else is resident, and when a limit is reached.
        let isOfHeap = Profile.Kind.heap.contains { diff.profile.kinds.contains($0) }
        let profile = try view.frames.apply(to: diff.profile, by: evidence)
        let kind = try profile.kind(asked: view.kind)
        func total(of snapshot: Profile) throws(Failure) -> Estimate? {
            guard let kind = snapshot.kind(named: kind.name) else { return nil }
            return try view.frames.apply(to: snapshot, by: evidence, foldingByDefault: false).total(kind: kind)
        }
        var resident: ResidentGrowth?
        if isOfHeap {
            resident = [base, after].residentGrowth(
                heap: diff.profile.kind(named: Profile.Kind.inuseSpace.name).map { diff.profile.total(kind: $0) }
                    ?? .noDifference,
                confidence: diff.profile.confidence(in: .inuseSpace))
            if let looks, resident != nil {
                resident?.parts = try partGrowth(by: looks, runtimes: view.frames.runtimes, symbols: symbols)
            }
        }
        let report = DiffReport(
            DiffReport.Comparison(
                profile: profile, relation: diff.relation, seconds: diff.elapsed.map { $0 / .seconds(1) },
                before: try total(of: diff.before), after: try total(of: diff.after),
                limit: isOfHeap ? after.memoryUse.map { TimeToLimit($0) } : nil,
                resident: resident,
                threads: try threadChange(over: [base, after], frames: view.frames, symbols: symbols)),
            kind: kind, options: view.options, interval: view.showsIntervals ? profile.intervals(kind: kind) : nil,
            judge: profile.judge(kind: kind, elapsed: diff.elapsed))
        return .diff(report)
    }

    private func follow(_ snapshots: consuming [Input], _ view: ComparisonView) throws(Failure) -> Comparison {
        if let kind = view.kind, kind != Profile.Kind.inuseSpace.name {
            throw .use("--by \(kind): over several snapshots, growth is told of inuse_space only")
        }
        let symbols = symbolizer(for: snapshots)
        let looks: ResidentLooks?
        do {
            let ordered = snapshots.sorted { $0.moment < $1.moment }
            looks = ResidentLooks(at: ordered[0], ordered[ordered.count - 1])
        }
        snapshots = snapshots.withoutPages
        let rest = snapshots.withoutLiving
        // Nothing else may hold them, so that what was alive is given up on the way.
        var trend = try trend(over: consume snapshots, symbols: symbols)
        guard trend.elapsed > .zero else { throw .use("these snapshots are all of the same moment") }
        let ordered = rest.sorted { $0.moment < $1.moment }
        if let looks, trend.resident != nil {
            trend.resident?.parts = try partGrowth(by: looks, runtimes: view.frames.runtimes, symbols: symbols)
        }
        // Of the whole heap: what is filtered out fills the memory too.
        // What may have been freed does not say how memory goes on.
        let judge = trend.missesFrees ? nil : trend.courseJudge
        let limit = ordered.last?.memoryUse.map { TimeToLimit($0, course: trend.course, judge: judge) }
        trend.profile = try view.frames.apply(to: trend.profile, by: [evidence(of: rest, symbols: symbols)])
        return .trend(
            TrendReport(
                trend, limit: limit, threads: try threadChange(over: ordered, frames: view.frames, symbols: symbols),
                options: view.options, showsIntervals: view.showsIntervals))
    }
}
