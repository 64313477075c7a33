// SPDX-License-Identifier: Apache-2.0
//
// The verdict of a release gate as rows for every format: each rule with its limit, and the stacks that are to blame.
// SiltProfile makes the decision.

package import SiltProfile
internal import SiltSymbols

/// What a check found, ready to be written as text, JSON, JUnit's XML or annotations of GitHub.
package struct CheckReport: GateReport {
    /// A figure compared with its limit.
    package enum State: String, Sendable { case within, exceeded, undecided }

    /// A limit and the figure that was compared with it.
    package struct Rule: Sendable {
        /// For people: `growth`, `rate of growth`, `site Cache`, `stack TokenCache.insert(_:)`; with the line, and callers
        /// where that does not do, if the function has several stacks that could be meant.
        package var name: String
        package var kind: Verdict.Rule
        /// Bytes over the whole time.
        package var limit: Double
        /// Nil: a snapshot does not tell how much was resident.
        package var growth: Estimate?
        package var interval: ClosedRange<Double>
        package var state: State
        /// Of what is undecided: what would decide it.
        package var hint: String?
        /// Those beyond noise that it is about, or if there are none, those that grew most; the largest growth first.
        package var stacks: [Stack]
        /// Of a stack beyond its limit: what its function grew by over all its stacks, if that is within the limit.
        package var functionGrowth: Double?
    }

    /// A stack that is to blame, or under suspicion.
    package struct Stack: Sendable {
        /// With file and line, leaf first.
        package var frames: [Place]
        package var growth: Estimate
        package var interval: ClosedRange<Double>
        package var verdict: Course.Verdict?
        /// Grew beyond noise.
        package var isProven: Bool
        /// Some of the callers are likely, not proven.
        package var isGuessed: Bool
    }

    package var header: ReportHeader
    package var outcome: Verdict.Outcome
    /// Whether what is undecided fails.
    package var isStrict: Bool
    /// Those of stacks that the baseline accepts only if they are beyond what it accepts, or may be.
    package var rules: [Rule]
    /// Stacks that are within what the baseline accepts.
    package var accepted: Int
    /// Of all rules that are exceeded, or else undecided; the largest growth first.
    package var stacks: [Stack]
    package var relation: Diff.Relation
    package var snapshots: Int
    package var elapsed: Duration
    /// What became of resident memory; nil: not known.
    package var resident: ResidentGrowth?
    /// Whether a snapshot is not as it was written, so that no figure can be held against a limit.
    package var isDamaged: Bool
    /// Whether frees went past the shim, so that nothing is proven.
    package var missesFrees: Bool
    package var notes: [String]

    /// - Parameters:
    ///   - verdict: of this trend.
    ///   - isStrict: what is undecided fails.
    package init(_ verdict: Verdict, on trend: Trend, isStrict: Bool = false) {
        let profile = trend.profile
        let kind = Profile.Kind.inuseSpace
        header = ReportHeader(profile, kind: kind)
        outcome = verdict.outcome
        self.isStrict = isStrict
        relation = trend.relation
        snapshots = trend.moments.count
        elapsed = verdict.elapsed
        resident = trend.resident
        isDamaged = trend.isDamaged
        missesFrees = trend.missesFrees
        notes = profile.notes(kind: kind)
        let isIncomplete = profile.unknownInAll(kind: kind) != .none
        let functions = LeafFunctions(trend)
        var rules = verdict.findings.map { finding in
            var rule = Rule(finding, in: profile, over: verdict.elapsed)
            if finding.rule == .resident, trend.resident == nil {
                rule.growth = nil
                rule.hint = "dumps that say how much was resident, or a running process"
                return rule
            }
            rule.functionGrowth = functions.movement(behind: rule)
            if trend.isDamaged, rule.state == .within { rule.state = .undecided }
            // No other way of sampling tells what was lost.
            if trend.isDamaged || isIncomplete { rule.hint = nil }
            return rule
        }
        functions.distinguish(&rules)
        self.rules = rules.filter { $0.kind != .accepted || $0.state != .within }
        accepted = rules.count - self.rules.count
        var seen: Set<[Place]> = []
        let suspects = rules.filter { $0.state == (verdict.outcome == .failed ? .exceeded : .undecided) }
        stacks = suspects.flatMap(\.stacks).filter { seen.insert($0.frames).inserted }.sorted { a, b in
            let (x, y) = (a.growth.value, b.growth.value)
            return x == y ? a.frames.lexicographicallyPrecedes(b.frames) { $0.precedes($1) } : x > y
        }
    }
}

extension CheckReport.Rule {
    fileprivate init(_ finding: Verdict.Finding, in profile: Profile, over elapsed: Duration) {
        kind = finding.rule
        limit = finding.limit
        growth = finding.growth
        interval = finding.interval.lower...finding.interval.upper
        state = finding.isProven ? .exceeded : finding.isOpen ? .undecided : .within
        let leaf = finding.stacks.first?.functions.first
        name =
            switch finding.rule {
            case .growth: "growth"
            case .rate: "rate of growth"
            case .resident: "resident memory"
            case .site(let pattern): "site \(pattern)"
            case .accepted: "baseline \(leaf ?? "")"
            case .stack, .stackRate: "stack \(leaf ?? "")"
            }
        let proven = finding.stacks.filter(\.isProven)
        stacks = (proven.isEmpty ? finding.stacks : proven).map { stack in
            CheckReport.Stack(
                frames: stack.locations.flatMap { profile.places(at: $0) }, growth: stack.growth,
                interval: stack.interval.lower...stack.interval.upper, verdict: stack.verdict,
                isProven: stack.isProven, isGuessed: stack.isGuessed)
        }
        hint =
            state != .undecided
            ? nil
            : finding.hasOpenCourse
                ? "more snapshots, over \(formatDuration(seconds: elapsed * 2 / .seconds(1))) or longer"
                : requirement(of: finding.growth, interval: profile.interval, elapsed: elapsed)
    }

    /// What would bring the limit out of the figure's interval if growth goes on as it did: a finer sampling interval,
    /// or for a rate more time; nil if a thousand times as much would not do.
    ///
    /// The width of the interval is in proportion to the square root of the sampling interval, and to that itself where
    /// nothing was sampled. Over time, the distance to a rate's limit grows in proportion and the width with its square
    /// root, or not at all where nothing is sampled.
    private func requirement(
        of growth: Estimate, interval samplingInterval: UInt64, elapsed: Duration
    ) -> String? {
        let distance = (limit - growth.value).magnitude
        let width = limit > growth.value ? interval.upperBound - growth.value : growth.value - interval.lowerBound
        guard width > 0, distance > 0 else { return nil }
        let ratio = width / distance
        // All limits are tested together, which takes more than each interval shows.
        let factor = max(2, growth.samples == 0 ? ratio : ratio * ratio)
        guard factor < 1000 else { return nil }
        let option = samplingOption(UInt64(saturating: max(1, Double(samplingInterval) / factor)))
        guard kind == .rate || kind == .stackRate else { return option }
        return "\(formatDuration(seconds: elapsed * factor / .seconds(1))) in all, or \(option)"
    }
}

extension Profile {
    /// The functions that meet at a location, with their lines, innermost first.
    func places(at index: Int) -> [Place] {
        let location = locations[index]
        let frames: [Frame?] = location.frames.isEmpty ? [nil] : location.frames
        return frames.map { Place($0, at: location, in: self, granularity: .lines) }
    }
}
