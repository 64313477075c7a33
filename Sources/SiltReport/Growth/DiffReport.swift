// SPDX-License-Identifier: Apache-2.0
//
// `diff`: which functions grew between two moments, the largest growth first, each with where it is called from.
// A judge that is passed in decides whether growth is more than noise.

package import SiltProfile

/// What grew, what shrank, and what cannot be told from noise.
package struct DiffReport: Sendable {
    /// Two moments compared.
    package struct Comparison: Sendable {
        /// Signed figures, after minus base.
        package var profile: Profile
        package var relation: Diff.Relation
        /// Seconds between the two; nil: not known, then there are no rates.
        package var seconds: Double?
        /// What the base and the other held in all, in the kind shown; nil: not known.
        package var before: Estimate?
        package var after: Estimate?
        /// When memory runs out if it goes on so; nil: not known, or it does not grow.
        package var limit: TimeToLimit?
        /// What became of resident memory; nil: not known.
        package var resident: ResidentGrowth?
        /// What became of the threads; nil: not known, or nothing.
        package var threads: ThreadChange?

        package init(
            profile: Profile, relation: Diff.Relation, seconds: Double? = nil, before: Estimate? = nil,
            after: Estimate? = nil, limit: TimeToLimit? = nil, resident: ResidentGrowth? = nil,
            threads: ThreadChange? = nil
        ) {
            self.profile = profile
            self.relation = relation
            self.seconds = seconds
            self.before = before
            self.after = after
            self.limit = limit
            self.resident = resident
            self.threads = threads
        }
    }

    package enum Group: String, Sendable, CaseIterable { case grew, shrank, noise }

    /// What is to be said of one function's growth.
    package struct Verdict: Sendable {
        package var group: Group
        /// Of noise: what it would take to tell.
        package var hint: String?

        package init(_ group: Group, hint: String? = nil) {
            self.group = group
            self.hint = hint
        }

        package init(_ judgement: Judgement) {
            switch judgement.change {
            case .grew: self.init(.grew)
            case .shrank: self.init(.shrank)
            case .withinNoise: self.init(.noise, hint: judgement.requirement?.hint)
            }
        }
    }

    /// Judges the growth of all functions together, since a report that asks often is wrong more often.
    ///
    /// It returns as many verdicts as it is given estimates, in their order.
    package typealias Judge = ([Estimate]) -> [Verdict]

    package struct Options: Sendable {
        /// Ways that lead to a function, shown below it.
        package var stacks: Int
        /// Callers shown of each.
        package var frames: Int
        /// Functions shown in each group; nil: all.
        package var count: Int?
        /// Whether callers may be functions of C++'s own headers, such as those between std::thread and what it runs.
        package var showsLibraryFrames = false

        package init(stacks: Int = 1, frames: Int = 4, count: Int? = 10) {
            self.stacks = stacks
            self.frames = frames
            self.count = count
        }
    }

    /// One of the ways that lead to a function.
    package struct Stack: Sendable {
        /// With file and line, the function itself first.
        package var frames: [Place]
        package var growth: Estimate
        /// Some of the callers are likely, not proven.
        package var isGuessed: Bool
    }

    /// A function that holds more or less than before.
    package struct Row: Sendable {
        package var group: Group
        package var hint: String?
        /// With the file and line at which most of the growth was allocated.
        package var place: Place
        package var name: String
        package var growth: Estimate
        package var interval: ClosedRange<Double>?
        /// Growth in objects; nil if the profile does not count them.
        package var objects: Estimate?
        /// Growth per second; nil if the time between is not known.
        package var perSecond: Double?
        /// Largest first.
        package var stacks: [Stack]
    }

    package var header: ReportHeader
    package var comparison: Comparison
    package var growth: Estimate
    package var growthInterval: ClosedRange<Double>?
    /// By group; in each the largest change first, then by name.
    package var rows: [Row]
    package var options: Options
    package var notes: [String]

    /// - Parameters:
    ///   - comparison: fold runtime frames away first, and growth stands with the function responsible for it.
    ///   - kind: one of the profile's.
    ///   - judge: nil: what is not zero grew or shrank.
    package init(
        _ comparison: Comparison, kind: Profile.Kind, options: Options = Options(), interval: IntervalRule? = nil,
        judge: Judge? = nil
    ) {
        let profile = comparison.profile
        let changes = Changes(profile, kind: kind, options: options)
        let objects = profile.objects(beside: kind)
        self.comparison = comparison
        self.options = options
        header = ReportHeader(profile, kind: kind)
        growth = profile.total(kind: kind)
        growthInterval = interval?(growth)
        notes = profile.notes(kind: kind)
        let functions = changes.functions
        let unjudged = header.isPerhapsFreed ? Verdict(.noise) : nil
        let verdicts =
            judge?(functions.map(\.growth))
            ?? functions.map { unjudged ?? ($0.growth.value < 0 ? Verdict(.shrank) : Verdict(.grew)) }
        precondition(verdicts.count == functions.count, "a judge answers each estimate")
        var rows: [Row] = []
        for (function, verdict) in zip(functions, verdicts) {
            let place = function.mainLine(changes.lines.places)
            rows.append(
                Row(
                    group: verdict.group,
                    hint: function.growth.value > 0 && !header.isPerhapsFreed ? verdict.hint : nil,
                    place: place,
                    name: place.name, growth: function.growth,
                    interval: interval?(function.growth), objects: objects.map { function.values[$0] },
                    perSecond: comparison.seconds.map { function.growth.value / $0 },
                    stacks: function.stacks(options.stacks, places: changes.lines.places)))
        }
        self.rows = Group.allCases.flatMap { group in
            rows.filter { $0.group == group && (judge != nil || $0.growth.isVisible) }.sorted(by: Self.precedes)
        }
    }

    private static func precedes(_ a: Row, _ b: Row) -> Bool {
        let (x, y) = (a.growth.value.magnitude, b.growth.value.magnitude)
        if x != y { return x > y }
        return a.name != b.name ? a.name < b.name : a.place.precedes(b.place)
    }
}

extension Judgement.Requirement {
    /// What it would take to tell a change from noise.
    fileprivate var hint: String {
        let option = samplingOption(interval)
        guard let wait else { return "to decide: \(option)" }
        return "to decide: \(formatDuration(seconds: wait / .seconds(1))) in all, or \(option)"
    }
}

/// The option of `silt run` that samples so finely, in a round figure: `--interval 64kB`.
func samplingOption(_ interval: UInt64) -> String {
    let round = UInt64(1) << UInt64(63 - max(1, interval).leadingZeroBitCount)
    return round == 1 ? "--interval 1" : "--interval \(formatBytes(Double(round)))"
}

extension Profile {
    /// The column that counts the objects of a kind of bytes: `inuse_objects` for `inuse_space`.
    func objects(beside kind: Kind) -> Column? {
        guard kind.name.hasSuffix("_space") else { return nil }
        return self.kind(named: kind.name.dropLast("space".count) + "objects").map(column)
    }
}
