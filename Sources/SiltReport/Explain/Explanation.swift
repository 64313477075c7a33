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
        /// From the first snapshot to the last; nobody knows yet how it goes on. Or nothing came and nothing went.
        case grew, shrank, unchanged
        /// The data exclude neither growth nor its absence, or too much of them is missing.
        case undecided
        /// One moment: nothing can grow in it.
        case moment
    }

    /// A function that the verdict rests on.
    package struct Finding: Sendable {
        package var place: Place
        /// What it grew by; of one moment, what it holds.
        package var figure: Estimate
        package var interval: ClosedRange<Double>?
        /// The course that it takes, in words; nil: not known.
        package var course: String?
        /// Who calls it on the way that carries most, the nearest first.
        package var callers: [Place]
    }

    /// Whose memory it is, and of which moment: a line each.
    package var subject: [String]
    package var verdict: Verdict
    /// Of all figures.
    package var unit: String
    /// What the verdict is, in words.
    package var words: String
    /// What happened in all, with figures.
    package var sentence: String
    /// Of a course that is undecided: the likeliest course, and how likely it is.
    package var likeliest: String?
    package var probability: Double?
    /// In the order of the report, three at most.
    package var findings: [Finding]
    /// Resident memory grew by more than malloc explains.
    package var isUnexplained = false
    /// How many more threads there are at the last moment than at the first.
    package var threadGrowth = 0
    /// A function grew, and the heap as a whole did not surely.
    package var isOfFunctionOnly = false
    /// Which of the heap, a function (where the heap as a whole did not surely), resident memory (by more than malloc explains)
    /// and threads grew.
    package var grown: [String] {
        let grows = [Verdict.grows, .slowing, .step, .grew].contains(verdict)
        return [
            (grows, isOfFunctionOnly ? "function" : "heap"), (isUnexplained, "resident"), (threadGrowth > 0, "threads"),
        ].filter(\.0).map(\.1)
    }
    /// Sentences on resident memory, the limit and threads.
    package var facts: [String]
    /// Sentences on what is missing, or may be wrong.
    package var doubts: [String]
    /// Commands to run next.
    package var next: [String] = []

    private static let mostFindings = 3
    /// Part of the first level by which a heap must have grown at least for that to be said of an undecided course; and of what
    /// it grew by, which it must not reach again in the same time for it to have levelled off.
    private static let much = 0.1

    /// What three snapshots and more come to.
    package init(_ report: TrendReport) {
        let snapshots = report.course.moments.count
        let leaks = report.rows.filter { $0.group == .grew && $0.verdict?.shape.isGrowth == true }
        let grown = leaks.isEmpty ? report.rows.filter { $0.group == .grew } : leaks
        // Of what is undecided, those that would grow most if they do.
        let suspects = report.rows.filter { $0.group == .noise && $0.course.growth.value > 0 && $0.hint != nil }
        let whole = Verdict(report.verdict?.shape ?? .undecided)
        verdict = whole
        if verdict == .undecided, !report.course.hasMoved { verdict = .unchanged }
        let most = Self.most(report)
        if !leaks.isEmpty { verdict = .grows }
        if report.header.isUnsure { verdict = .undecided }
        words = verdict.words
        if verdict == .grows, whole != .grows {
            words = "a function grows steadily, the heap as a whole does not surely"
            isOfFunctionOnly = true
        }
        if verdict == .undecided {
            likeliest = report.verdict?.likeliest.key
            probability = report.verdict?.probability
            // That it grew by much is certain, whatever course it takes. By a little, any heap that is in use may.
            if !report.header.isUnsure, let change = report.change, let first = report.course.levels.first,
                change.lowerBound > first.value * Self.much
            {
                verdict = .grew
                words = "the heap grew from the first snapshot to the last; undecided whether that goes on"
            } else if let most {
                words += "; by at most \(formatBytes(most)) in \(formatDuration(seconds: report.elapsed / .seconds(1)))"
            }
        }
        if verdict == .slowing { words = Self.end(report) ?? words }
        if verdict == .step, let later = report.laterGrowth { words += "; since then by another \(formatBytes(later))" }
        unit = report.header.kind.unit
        subject = report.header.lines([.file, .time])
        sentence = report.headline
        let rows = grown.isEmpty && likeliest != nil ? suspects : grown
        findings = rows.prefix(Self.mostFindings).map { row in
            Finding(
                place: row.place, figure: row.course.growth, interval: row.change,
                course: row.verdict?.words(over: snapshots), callers: Self.callers(row.stacks, of: row.place))
        }
        facts = (report.resident?.lines ?? []) + [report.limit?.sentence, report.threads?.line].compactMap { $0 }
        doubts = Self.doubts(report.header, report.relation)
        if let most { leaveOpen(upTo: most, of: report.course.levels.first?.value) }
        if report.relation == .independent {
            words += "; these snapshots are not known to be of one process"
        } else {
            addSurroundings(report.resident, report.threads)
        }
    }

    /// What two snapshots come to.
    package init(_ report: DiffReport) {
        let grown = report.rows.filter { $0.group == .grew }
        let shrunk = report.rows.filter { $0.group == .shrank }
        let suspects = report.rows.filter { $0.group == .noise && $0.growth.value > 0 && $0.hint != nil }
        // What is missing may have grown, whatever was seen.
        let isComplete = report.header.unknown == .none
        verdict =
            !grown.isEmpty
            ? .grew : !shrunk.isEmpty ? .shrank : suspects.isEmpty && isComplete ? .unchanged : .undecided
        if report.header.isUnsure { verdict = .undecided }
        words = verdict.words
        let lower = report.growthInterval?.lowerBound ?? report.growth.value
        let upper = report.growthInterval?.upperBound ?? report.growth.value
        isOfFunctionOnly = verdict == .grew && lower <= 0
        if isOfFunctionOnly {
            words =
                report.growth.value <= 0
                ? "a function grew, the heap as a whole did not"
                : "a function grew; undecided whether the heap as a whole did"
        }
        unit = report.header.kind.unit
        subject = report.header.lines([.file, .time])
        sentence = report.headline
        findings = (grown.isEmpty && verdict == .undecided ? suspects : grown).prefix(Self.mostFindings).map { row in
            Finding(
                place: row.place, figure: row.growth, interval: row.interval, course: nil,
                callers: Self.callers(row.stacks, of: row.place))
        }
        facts =
            (report.comparison.resident?.lines ?? [])
            + [report.comparison.limit?.sentence, report.comparison.threads?.line].compactMap { $0 }
        doubts = Self.doubts(report.header, report.comparison.relation)
        leaveOpen(upTo: upper, of: report.comparison.before?.value)
        if report.comparison.relation == .independent, report.comparison.seconds == nil {
            // Nothing has grown from one process to another.
            words = verdict.wordsOfTwo(isOfFunction: isOfFunctionOnly || verdict == .shrank && upper >= 0) ?? words
        } else {
            addSurroundings(report.comparison.resident, report.comparison.threads)
        }
    }

    /// What one moment shows.
    ///
    /// - Parameter resident: bytes resident then; nil: not known.
    package init(_ report: TopReport, resident: UInt64?) {
        verdict = .moment
        words = verdict.words
        unit = report.header.kind.unit
        subject = report.header.lines([.file, .time])
        let interval = formatInterval(report.summary.totalInterval, of: report.summary.total, unit: unit)
        sentence =
            "\(report.header.kind.name): \(formatFigure(report.summary.total.value, unit: unit))"
            + (interval.isEmpty ? "" : " " + interval) + "; one snapshot cannot tell whether it grows"
        findings = report.rows.filter { $0.flat.isVisible }.prefix(Self.mostFindings).map { row in
            Finding(place: row.place, figure: row.flat, interval: row.flatInterval, course: nil, callers: [])
        }
        facts = resident.map { ["Resident memory: \(formatBytes(Double($0)))"] } ?? []
        doubts = Self.doubts(report.header, .sameProcess)
    }

    /// What the heap may have grown by at most; nil: nobody knows, or it cannot have grown.
    private static func most(_ report: TrendReport) -> Double? {
        guard report.header.unknown == .none, !report.header.isUnsure, let change = report.change else { return nil }
        return change.upperBound > 0 ? change.upperBound : nil
    }

    /// What was not seen to grow may have, by what samples do not show.
    ///
    /// - Parameter level: what was in use at first; nil: not known.
    private mutating func leaveOpen(upTo most: Double, of level: Double?) {
        guard verdict == .unchanged, most > 0 else { return }
        words = "no growth to be seen in the heap; by at most \(formatBytes(most))"
        // For a program that reads the verdict alone.
        if most > (level ?? 0) * Self.much { verdict = .undecided }
    }

    /// Of growth that slows down, whether it has come to its end; nil: it goes on.
    private static func end(_ report: TrendReport) -> String? {
        guard report.header.unknown == .none, let rate = report.verdict?.rate, let change = report.change else {
            return nil
        }
        // What it grows by in as long again, and how little of it counts as nothing.
        let (seconds, little) = (report.elapsed / .seconds(1), change.lowerBound * much)
        if rate.interval.upper * seconds < little {
            return
                "the heap grew, and has levelled off: at most \(formatRate(rate.interval.upper, unit: "bytes")) still"
        }
        return rate.interval.lower * seconds < little
            ? "the heap grew, more and more slowly; it may have levelled off" : nil
    }

    /// The heap is not all: what else grew stands in the verdict too.
    private mutating func addSurroundings(_ resident: ResidentGrowth?, _ threads: ThreadChange?) {
        if let resident, resident.isMoreThanHeap {
            isUnexplained = true
            words += "; resident memory grew by \(formatBytes(resident.elsewhere)) or more outside of it"
        }
        if let first = threads?.levels.first, let last = threads?.levels.last, last > first {
            threadGrowth = Int(clamping: last - first)
            words += "; threads \(first) → \(last)"
        }
    }

    private static let reference = "; see the notes"

    private static func doubts(_ header: ReportHeader, _ relation: Diff.Relation) -> [String] {
        // Notes are no part of an explanation.
        header.lines([.nothingSampled, .incomplete, .missedFrees]).map { line in
            line.hasSuffix(Self.reference) ? line.dropLast(Self.reference.count) + "; silt diff says why" : line
        }
            + (relation == .sameProcess
                ? []
                : ["These snapshots are not all of the same process: what differs between two need not have grown."])
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

    fileprivate var words: String {
        switch self {
        case .grows: "the heap grows"
        case .slowing: "the heap grows, and more and more slowly"
        case .step: "the heap grew once"
        case .churn: "the heap goes up and down"
        case .flat: "the heap does not grow"
        case .shrinks: "the heap shrinks"
        case .grew: "the heap grew; two snapshots cannot tell whether that goes on"
        case .shrank: "the heap shrank"
        case .unchanged: "nothing grew in the heap"
        case .undecided: "undecided whether the heap grows"
        case .moment: "one snapshot"
        }
    }

    /// Of two snapshots that need not be of one process; nil: it makes no difference.
    ///
    /// - Parameter isOfFunction: not surely of the whole heap.
    fileprivate func wordsOfTwo(isOfFunction: Bool) -> String? {
        let subject = isOfFunction ? "of a function " : ""
        switch self {
        case .grew:
            return subject
                + "more is in use in the second snapshot than in the first, which is not known to be of the same process"
        case .shrank: return subject + "less is in use in the second snapshot than in the first"
        case .unchanged: return "no difference to be seen between the two snapshots"
        case .undecided: return "undecided in which of the two snapshots more is in use"
        case .grows, .slowing, .step, .churn, .flat, .shrinks, .moment: return nil
        }
    }
}

extension ReportHeader {
    /// Whether the figures say too little of what is in use.
    fileprivate var isUnsure: Bool { isPerhapsFreed || !emptiness.isEmpty }
}

extension TrendReport {
    /// Of one step, what came after it beyond what chance makes of it; nil: nothing that is known.
    fileprivate var laterGrowth: Double? {
        guard case .step(let index) = verdict?.shape else { return nil }
        let later = course.changes.dropFirst(index).reduce(.zero, +)
        return later.value > 2 * later.variance.squareRoot() && later.value >= 1 ? later.value : nil
    }
}
