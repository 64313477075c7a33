// SPDX-License-Identifier: Apache-2.0
//
// The lines above every report: whose figures these are, of what kind and moment, and how many are shown.

internal import SiltFile
import SiltHost
package import SiltProfile

/// What a report is about.
package struct ReportHeader: Sendable {
    package var kind: Profile.Kind
    package var processes: [Profile.Process]
    /// Nanoseconds since 1970; 0: not known.
    package var time: UInt64
    /// Nanoseconds covered; 0: not known.
    package var duration: UInt64
    /// Mean bytes between samples; 1: every allocation; 0: not known.
    package var interval: UInt64
    /// What may be there beyond what was recorded, whosever it is.
    package var unknown: Unknown
    /// Of figures of what is in use: frees that went past the shim; nil: none that was noticed.
    package var missedFrees: MissedFrees?
    /// Why nothing was sampled of processes, in words for a headline; empty if something was of each.
    package var emptiness: [String]

    init(_ profile: Profile, kind: Profile.Kind) {
        self.kind = kind
        processes = profile.processes
        time = profile.time
        duration = profile.duration
        interval = profile.interval
        unknown = profile.unknownInAll(kind: kind)
        emptiness = profile.notes.compactMap(\.headline)
        missedFrees = [.inuseSpace, .inuseObjects].contains(kind) ? profile.missedFrees : nil
    }

    /// Whether any of what shows as in use may have been freed.
    var isPerhapsFreed: Bool { missedFrees?.mayMatter ?? false }

    /// What one of the lines tells.
    enum Line: CaseIterable {
        case file, type, time, duration, sampling, nothingSampled, incomplete, missedFrees

        /// Those that a reader must not miss, where there is room for few.
        static let warnings: [Line] = [.nothingSampled, .incomplete, .missedFrees]
    }

    /// The lines asked for that have something to tell.
    func lines(_ wanted: [Line] = Line.allCases) -> [String] { wanted.compactMap(line) }

    /// The same as text.
    func text(_ wanted: [Line] = Line.allCases) -> String { lines(wanted).map { $0 + "\n" }.joined() }

    private func line(_ line: Line) -> String? {
        switch line {
        case .file: processes.isEmpty ? nil : "File: " + programs
        case .type: "Type: " + kind.name
        case .time: time == 0 ? nil : "Time: " + formatMoment(time)
        case .duration: duration == 0 ? nil : "Duration: " + formatDuration(seconds: Double(duration) / 1e9)
        case .sampling: sampling.map { "Sampling: " + $0 }
        case .nothingSampled:
            emptiness.first.map { first in
                "Nothing sampled: " + first
                    + (emptiness.count == 1 ? "" : ", and of \(emptiness.count - 1) more; see the notes")
            }
        case .incomplete: incomplete.map { "Incomplete: \($0); see the notes" }
        case .missedFrees: isPerhapsFreed ? missed : nil
        }
    }

    private var sampling: String? {
        if kind == .threads || kind == .stackSpace { return "none, every thread" }
        if Profile.Kind.mappings.contains(kind) || kind == .mappedResident { return "none, every mapping" }
        if interval == 1 { return "every allocation" }
        return interval > 1 ? "one in \(formatBytes(Double(interval))) on average" : nil
    }

    /// How much is not shown since it was lost; nil: nothing.
    private var incomplete: String? {
        // That it may be less since it was freed is told by itself.
        let below = isPerhapsFreed ? 0 : unknown.below
        let parts = [(unknown.above, "more"), (below, "less")].filter { $0.0 >= 0.5 }
        if parts.isEmpty { return nil }
        guard parts.allSatisfy(\.0.isFinite) else { return "how much is missing is not known" }
        return "up to " + parts.map { "\(formatFigure($0, unit: kind.unit)) \($1)" }.joined(separator: " or ")
    }

    private var missed: String {
        "Missed: \(counted(missedFrees?.count ?? 0, "free")) or more went past libsilt.so; what shows as in use may have been "
            + "freed; see the notes"
    }

    private var programs: String {
        let names = Set(processes.map(\.name)).sorted().map(printable).joined(separator: ", ")
        guard processes.count == 1 else { return "\(names) (\(processes.count) processes)" }
        return processes[0].pid.map { "\(names) (pid \($0))" } ?? names
    }
}

/// How much of the profile a report shows.
package struct ReportSummary: Sendable {
    /// Sum of what the shown nodes hold themselves.
    package var shown: Double
    package var total: Estimate
    package var totalInterval: ClosedRange<Double>?
    /// What shares relate to: the sum of the samples' absolute values.
    package var reference: Double
    /// Nodes left out since their cum was below `cutoff`.
    package var dropped: Int
    package var cutoff: Double
    /// Nodes left after that, and those of them that are shown.
    package var candidates: Int
    package var count: Int

    func lines(unit: String, scale: FigureScale) -> [String] {
        let interval = formatInterval(totalInterval, of: total, unit: unit)
        let samples = counted(total.samples, "sample")
        // Samples and interval are those of the sum, which differs from the reference where values are negative.
        let sum = (total.value - reference).magnitude < 0.5 ? "" : "sum \(scale.text(total.value)), "
        var lines = [
            "Showing nodes accounting for \(scale.text(shown)), \(formatShare(shown, of: reference)) of "
                + "\(scale.text(reference)) total (\(sum)\(samples)\(interval.isEmpty ? "" : ", " + interval))"
        ]
        if dropped > 0 {
            lines.append("Dropped \(counted(dropped, "node")) (cum <= \(scale.text(cutoff)))")
        }
        if count < candidates { lines.append("Showing top \(count) nodes out of \(candidates)") }
        return lines
    }
}

/// The choice of nodes that every report makes: those above the fraction, the largest of them, in order.
struct Selection {
    let nodes: [Int]
    let summary: ReportSummary

    init(_ graph: CallGraph, options: ReportOptions, interval: IntervalRule?) {
        let present = graph.present
        let net = present.reduce(0.0) { $0 + graph.nodes[$1].flat.value }
        // pprof compares whole numbers, and the same nodes must be dropped.
        let cutoff = (net * options.nodeFraction).magnitude.rounded(.down)
        let large = present.filter { graph.nodes[$0].cum.possible >= cutoff }
        nodes = Array(graph.sorted(large, by: options.order).prefix(options.nodeCount ?? large.count))
        summary = ReportSummary(
            shown: nodes.reduce(0.0) { $0 + graph.nodes[$1].flat.value }, total: graph.total,
            totalInterval: interval?(graph.total), reference: graph.magnitude,
            dropped: present.count - large.count, cutoff: cutoff, candidates: large.count, count: nodes.count)
    }
}
