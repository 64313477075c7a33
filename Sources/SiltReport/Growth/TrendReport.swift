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
        /// Its fitted growth is what rows are sorted by.
        package var course: Course
        package var shape: Course.Shape?
        /// Of the fitted growth; nil where intervals are not wanted.
        package var interval: ClosedRange<Double>?
        /// Largest growth first.
        package var stacks: [DiffReport.Stack]
    }

    package var header: ReportHeader
    package var relation: Diff.Relation
    /// The whole heap.
    package var course: Course
    package var shape: Course.Shape?
    package var interval: ClosedRange<Double>?
    package var limit: TimeToLimit?
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
        _ trend: Trend, limit: TimeToLimit? = nil, options: DiffReport.Options = DiffReport.Options(),
        showsIntervals: Bool = true
    ) {
        let profile = trend.profile
        let kind = Profile.Kind.inuseSpace
        let confidence = profile.confidence(in: .inuseSpace) ?? .exact
        func interval(of growth: Estimate) -> ClosedRange<Double>? {
            guard showsIntervals else { return nil }
            let interval = confidence.interval(of: growth)
            return interval.lower...interval.upper
        }
        let changes = Changes(profile, kind: kind, depth: options.frames + 1, keepsUnchanged: true)
        let courses = changes.functions.map { trend.course(of: $0.values) }
        let judgements = confidence.judge(courses.map(\.fitted), elapsed: trend.elapsed)
        let rows = changes.functions.indices.map { index in
            let (function, verdict) = (changes.functions[index], DiffReport.Verdict(judgements[index]))
            let place = function.mainLine(changes.lines.places)
            return Row(
                group: verdict.group, hint: courses[index].fitted.value > 0 ? verdict.hint : nil, place: place,
                name: place.name, course: courses[index],
                shape: courses[index].shape(judged: judgements[index].change, by: confidence),
                interval: interval(of: courses[index].fitted),
                stacks: function.stacks(options.stacks, places: changes.lines.places))
        }
        self.rows = DiffReport.Group.allCases.flatMap { group in
            // Functions in which nothing came or went are left out.
            rows.filter { $0.group == group && $0.hasChanged }.sorted(by: Self.precedes)
        }
        course = trend.course(of: profile.kinds.map { profile.total(kind: $0) })
        shape = course.shape(judged: confidence.judge([course.fitted])[0].change, by: confidence)
        self.interval = interval(of: course.fitted)
        self.limit = limit
        self.options = options
        relation = trend.relation
        header = ReportHeader(profile, kind: kind)
        notes = profile.notes(kind: kind)
    }

    private static func precedes(_ a: Row, _ b: Row) -> Bool {
        let (x, y) = (a.course.fitted.value.magnitude, b.course.fitted.value.magnitude)
        if x != y { return x > y }
        return a.name != b.name ? a.name < b.name : a.place.precedes(b.place)
    }
}

extension TrendReport.Row {
    fileprivate var hasChanged: Bool { course.fitted.samples > 0 || course.changes.contains { $0.samples > 0 } }
}

extension Confidence {
    /// Of figures that are known for sure.
    static let exact = Confidence(law: SamplingLaw(interval: 1), unit: .bytes)
}
