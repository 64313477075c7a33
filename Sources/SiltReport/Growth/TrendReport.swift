// SPDX-License-Identifier: Apache-2.0
//
// Growth over several snapshots: how fast each function grows and what course it takes. Rows first, text and JSON
// second; SiltProfile has the statistics.

package import SiltProfile

/// What grows over several snapshots, what only grew once, and what goes up and down.
package struct TrendReport: Sendable {
    /// A function and how the memory allocated in it developed.
    package struct Row: Sendable {
        package var group: DiffReport.Group
        /// Of noise: what it would take to tell.
        package var hint: String?
        /// With the file and line at which most of the growth was allocated.
        package var place: Place
        package var name: String
        package var course: Course
        package var verdict: Course.Verdict?
        /// What rows are sorted by.
        package var rate: Rate
        /// Of the fitted growth; nil where intervals are not wanted.
        package var interval: ClosedRange<Double>?
        /// Of what came less what went from the first snapshot to the last, by sampling alone; nil as above.
        package var change: ClosedRange<Double>?
        /// Largest growth first.
        package var stacks: [DiffReport.Stack]
    }

    /// Bytes per second: of steady growth how fast it grows now, else as fitted over the whole time.
    package struct Rate: Sendable {
        package var value: Double
        /// 95 %, with lack of fit; nil where intervals are not wanted.
        package var interval: ClosedRange<Double>?
    }

    package var header: ReportHeader
    package var relation: Diff.Relation
    /// The whole heap.
    package var course: Course
    package var verdict: Course.Verdict?
    package var rate: Rate
    package var interval: ClosedRange<Double>?
    /// Of what came less what went from the first snapshot to the last, by sampling alone; nil where intervals are not wanted.
    package var change: ClosedRange<Double>?
    package var limit: TimeToLimit?
    /// What became of resident memory; nil: not known.
    package var resident: ResidentGrowth?
    /// What became of the threads; nil: not known, or nothing.
    package var threads: ThreadChange?
    /// By group; in each the largest change first, then by name.
    package var rows: [Row]
    package var options: DiffReport.Options
    package var notes: [String]

    /// From the first snapshot to the last.
    package var elapsed: Duration { course.moments.last ?? .zero }

    /// - Parameters:
    ///   - trend: of three snapshots or more; fold runtime frames of its profile away first.
    ///   - limit: when memory runs out if it goes on so.
    package init(
        _ trend: Trend, limit: TimeToLimit? = nil, threads: ThreadChange? = nil,
        options: DiffReport.Options = DiffReport.Options(), showsIntervals: Bool = true
    ) {
        let profile = trend.profile
        let kind = Profile.Kind.inuseSpace
        let confidence = profile.confidence(in: .inuseSpace) ?? .exact
        func interval(of course: Course) -> ClosedRange<Double>? {
            guard showsIntervals else { return nil }
            let interval = course.fittedInterval(confidence)
            return interval.lower...interval.upper
        }
        func change(of course: Course) -> ClosedRange<Double>? {
            guard showsIntervals else { return nil }
            let interval = confidence.interval(of: course.growth)
            return interval.lower...interval.upper
        }
        let changes = Changes(profile, kind: kind, options: options, keepsUnchanged: true)
        let courses = changes.functions.map { trend.course(of: $0.values) }
        let judgements = confidence.judge(courses.map(\.fitted), elapsed: trend.elapsed)
        let verdicts = trend.courseJudge?.judge(courses)
        let header = ReportHeader(profile, kind: kind)
        let rows = changes.functions.indices.map { index in
            let (function, course) = (changes.functions[index], courses[index])
            let (judgement, verdict) = (DiffReport.Verdict(judgements[index]), verdicts?[index])
            let place = function.mainLine(changes.lines.places)
            let group = header.isPerhapsFreed ? .noise : Self.group(judgement.group, verdict)
            return Row(
                group: group,
                hint: !header.isPerhapsFreed && Self.mayGrow(group, course, verdict) ? judgement.hint : nil,
                place: place,
                name: place.name,
                course: course, verdict: verdict,
                rate: Rate(of: course, verdict, in: interval(of: course), isPerhapsFreed: header.isPerhapsFreed),
                interval: interval(of: course), change: change(of: course),
                stacks: function.stacks(options.stacks, places: changes.lines.places))
        }
        self.rows = DiffReport.Group.allCases.flatMap { group in
            // Functions in which nothing came or went are left out.
            rows.filter { $0.group == group && $0.hasChanged }.sorted(by: Self.precedes)
        }
        course = trend.course
        verdict = trend.courseJudge?.judge(course)
        self.interval = interval(of: course)
        self.change = change(of: course)
        rate = Rate(of: course, verdict, in: self.interval, isPerhapsFreed: header.isPerhapsFreed)
        self.limit = limit
        self.threads = threads
        resident = trend.resident
        self.options = options
        relation = trend.relation
        self.header = header
        notes = profile.notes(kind: kind)
    }

    /// Whether it is worth saying what would tell growth from noise: not of what most likely does not grow.
    private static func mayGrow(
        _ group: DiffReport.Group, _ course: Course, _ verdict: Course.Verdict?
    ) -> Bool {
        guard group == .noise, course.fitted.value > 0 else { return false }
        return verdict.map { $0.likeliest != .flat && $0.likeliest != .churn } ?? true
    }

    /// What goes up and down is not growth, however exactly it was recorded; steady growth is, though it may have begun so
    /// late that it does not show in the fit over the whole time.
    private static func group(_ judged: DiffReport.Group, _ verdict: Course.Verdict?) -> DiffReport.Group {
        guard let verdict else { return judged }
        switch verdict.shape {
        case .steady, .since: return .grew
        case .churn, .flat: return .noise
        case .shrinking, .slowing, .step: return judged
        case .undecided:
            switch verdict.likeliest {
            case .churn, .flat: return .noise
            case .steady, .since, .slowing, .step, .shrinking, .undecided: return judged
            }
        }
    }

    private static func precedes(_ a: Row, _ b: Row) -> Bool {
        let (x, y) = (a.rate.value.magnitude, b.rate.value.magnitude)
        if x != y { return x > y }
        return a.name != b.name ? a.name < b.name : a.place.precedes(b.place)
    }
}

extension TrendReport.Rate {
    /// - Parameters:
    ///   - interval: of the fitted growth.
    ///   - isPerhapsFreed: nobody knows how little it is.
    fileprivate init(
        of course: Course, _ verdict: Course.Verdict?, in interval: ClosedRange<Double>?, isPerhapsFreed: Bool
    ) {
        // Rates are of snapshots of different moments.
        let seconds = course.elapsed > .zero ? course.elapsed / .seconds(1) : 1
        if let verdict, verdict.shape.isGrowth, let rate = verdict.rate {
            self.init(
                value: rate.value,
                interval: interval.map { _ in (isPerhapsFreed ? -.infinity : rate.interval.lower)...rate.interval.upper
                })
        } else {
            self.init(
                value: course.fitted.value / seconds,
                interval: interval.map { $0.lowerBound / seconds...$0.upperBound / seconds })
        }
    }
}

extension TrendReport.Row {
    fileprivate var hasChanged: Bool { course.fitted.samples > 0 || course.changes.contains { $0.samples > 0 } }
}

extension Confidence {
    /// Of figures that are known for sure.
    static let exact = Confidence(law: SamplingLaw(interval: 1), unit: .bytes)
}
