// SPDX-License-Identifier: Apache-2.0
//
// `explain`: what a comparison, or one moment, comes to, in a few sentences for somebody who has a minute, or for a program
// that goes on with it. It judges nothing anew: each sentence is one of the reports'.

package import SiltProfile

/// The verdict on a process's memory, who is to blame, and what to look at next.
package struct Explanation: Sendable {
    package enum Verdict: String, Sendable {
        /// Over three snapshots and more. It grows if the whole heap or any function grows steadily, whatever the rest does.
        case grows, slowing, step, churn, flat, shrinks
        /// Between two, from which nobody knows how it goes on; or nothing came and nothing went in several.
        case grew, shrank, unchanged
        /// The data exclude neither growth nor its absence, or too much of them is missing.
        case undecided
        /// One moment: nothing can grow in it.
        case moment
    }

    /// A function that the verdict rests on.
    package struct Finding: Sendable {
        package var place: Place
        /// Bytes that it grew by; of one moment, that it holds.
        package var bytes: Estimate
        package var interval: ClosedRange<Double>?
        /// The course that it takes, in words; nil: not known.
        package var course: String?
        /// Who calls it on the way that carries most, the nearest first.
        package var callers: [Place]
    }

    /// Of the one process; nil: not known, or several.
    package var pid: UInt32?
    package var verdict: Verdict
    /// What happened in all, with figures.
    package var sentence: String
    /// Of what is undecided: the likeliest course, and how likely it is.
    package var likeliest: String?
    package var probability: Double?
    /// Largest first, three at most.
    package var findings: [Finding]
    /// Sentences on resident memory, the limit and threads.
    package var facts: [String]
    /// Sentences on what is missing, or may be wrong.
    package var doubts: [String]
    /// Commands to run next.
    package var next: [String] = []

    private static let most = 3

    /// What three snapshots and more come to.
    package init(_ report: TrendReport) {
        let snapshots = report.course.moments.count
        let leaks = report.rows.filter { $0.group == .grew && $0.verdict?.shape.isGrowth == true }
        let grown = leaks.isEmpty ? report.rows.filter { $0.group == .grew } : leaks
        // Of what is undecided, those that would grow most if they do.
        let suspects = report.rows.filter { $0.group == .noise && $0.course.growth.value > 0 && $0.hint != nil }
        pid = Self.pid(report.header)
        sentence = report.headline
        verdict = Verdict(report.verdict?.shape ?? .undecided)
        if verdict == .undecided, !report.course.hasMoved { verdict = .unchanged }
        if !leaks.isEmpty { verdict = .grows }
        if report.header.isPerhapsFreed || !report.header.emptiness.isEmpty { verdict = .undecided }
        if verdict == .undecided {
            likeliest = report.verdict?.likeliest.key
            probability = report.verdict?.probability
        }
        let rows = grown.isEmpty && verdict == .undecided ? suspects : grown
        findings = rows.prefix(Self.most).map { row in
            Finding(
                place: row.place, bytes: row.course.growth, interval: row.change,
                course: row.verdict?.words(over: snapshots), callers: Self.callers(row.stacks, of: row.place))
        }
        facts = [report.resident?.line, report.limit?.sentence, report.threads?.line].compactMap { $0 }
        doubts = report.header.lines([.nothingSampled, .incomplete, .missedFrees])
    }

    /// What two snapshots come to.
    package init(_ report: DiffReport) {
        let grown = report.rows.filter { $0.group == .grew }
        let shrunk = report.rows.filter { $0.group == .shrank }
        let suspects = report.rows.filter { $0.group == .noise && $0.growth.value > 0 && $0.hint != nil }
        verdict = !grown.isEmpty ? .grew : !shrunk.isEmpty ? .shrank : suspects.isEmpty ? .unchanged : .undecided
        if report.header.isPerhapsFreed || !report.header.emptiness.isEmpty { verdict = .undecided }
        pid = Self.pid(report.header)
        sentence = report.headline
        findings = (grown.isEmpty && verdict == .undecided ? suspects : grown).prefix(Self.most).map { row in
            Finding(
                place: row.place, bytes: row.growth, interval: row.interval, course: nil,
                callers: Self.callers(row.stacks, of: row.place))
        }
        facts = [report.comparison.resident?.line, report.comparison.limit?.sentence, report.comparison.threads?.line]
            .compactMap { $0 }
        doubts = report.header.lines([.nothingSampled, .incomplete, .missedFrees])
    }

    /// What one moment shows.
    package init(_ report: TopReport, facts: [String]) {
        pid = Self.pid(report.header)
        verdict = .moment
        let interval = formatInterval(report.summary.totalInterval, of: report.summary.total, unit: "bytes")
        sentence =
            "\(report.header.kind.name): \(formatBytes(report.summary.total.value))"
            + (interval.isEmpty ? "" : " " + interval) + "; whether it grows, one moment does not tell"
        findings = report.rows.filter { $0.flat.isVisible }.prefix(Self.most).map { row in
            Finding(place: row.place, bytes: row.flat, interval: row.flatInterval, course: nil, callers: [])
        }
        self.facts = facts
        doubts = report.header.lines([.nothingSampled, .incomplete, .missedFrees])
    }

    private static func pid(_ header: ReportHeader) -> UInt32? {
        header.processes.count == 1 ? header.processes[0].pid : nil
    }

    private static func callers(_ stacks: [DiffReport.Stack], of place: Place) -> [Place] {
        Array((stacks.first?.frames ?? []).drop { $0 == place })
    }
}

extension Explanation.Verdict {
    fileprivate init(_ shape: Course.Shape) {
        switch shape {
        case .steady, .since: self = .grows
        case .slowing: self = .slowing
        case .step: self = .step
        case .churn: self = .churn
        case .flat: self = .flat
        case .shrinking: self = .shrinks
        case .undecided: self = .undecided
        }
    }

    /// As the beginning of a text for people.
    var words: String {
        switch self {
        case .grows: "it grows"
        case .slowing: "it grows, and more and more slowly"
        case .step: "it grew once"
        case .churn: "it goes up and down"
        case .flat: "it does not grow"
        case .shrinks: "it shrinks"
        case .grew: "it grew; whether that goes on, two snapshots do not tell"
        case .shrank: "it shrank"
        case .unchanged: "nothing grew"
        case .undecided: "undecided"
        case .moment: "one moment"
        }
    }
}
