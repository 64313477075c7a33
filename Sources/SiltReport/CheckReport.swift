// SPDX-License-Identifier: Apache-2.0
//
// The verdict of a release gate as rows for every format: each rule with its limit, and the stacks that are to blame.
// The decision itself is SiltProfile's.

public import SiltProfile
internal import SiltSymbols

/// What a check found, ready to be written as text, JSON, JUnit's XML or annotations of GitHub.
public struct CheckReport: Sendable {
    /// How a figure stands to its limit.
    public enum State: String, Sendable { case within, exceeded, undecided }

    /// A limit and what was held against it.
    public struct Rule: Sendable {
        /// For people: `growth`, `rate of growth`, `site Cache`, `stack TokenCache.insert(_:)`.
        public var name: String
        public var kind: Verdict.Rule
        /// Bytes over the whole time.
        public var limit: Double
        public var growth: Estimate
        public var interval: ClosedRange<Double>
        public var state: State
        /// Of what is undecided: the option that would decide it.
        public var hint: String?
    }

    /// A stack that is to blame, or under suspicion.
    public struct Stack: Sendable {
        /// With file and line, leaf first.
        public var frames: [Place]
        public var growth: Estimate
        public var interval: ClosedRange<Double>
        public var shape: Course.Shape?
        /// Grew beyond noise.
        public var isProven: Bool
    }

    public var header: ReportHeader
    public var outcome: Verdict.Outcome
    /// Whether what is undecided fails.
    public var isStrict: Bool
    /// Those of stacks that the baseline accepts only if they are beyond what it accepts, or may be.
    public var rules: [Rule]
    /// Stacks that are within what the baseline accepts.
    public var accepted: Int
    /// The largest growth first.
    public var stacks: [Stack]
    public var relation: Diff.Relation
    public var snapshots: Int
    public var elapsed: Duration
    public var notes: [String]

    /// Whether the gate opens.
    public var passes: Bool { outcome == .passed || (outcome == .undecided && !isStrict) }

    /// - Parameters:
    ///   - verdict: of this trend.
    ///   - isStrict: what is undecided fails.
    public init(_ verdict: Verdict, on trend: Trend, isStrict: Bool = false) {
        let profile = trend.profile
        header = ReportHeader(profile, kind: profile.kind(named: Profile.Kind.inuseSpace.name) ?? 0)
        outcome = verdict.outcome
        self.isStrict = isStrict
        relation = trend.relation
        snapshots = trend.moments.count
        elapsed = verdict.elapsed
        notes = verdict.notes
        let rules = verdict.findings.map { Rule($0, interval: profile.interval) }
        self.rules = rules.filter { $0.kind != .accepted || $0.state != .within }
        accepted = rules.count - self.rules.count
        stacks = Self.suspects(verdict).map { stack in
            Stack(
                frames: stack.locations.flatMap { profile.places(at: $0) }, growth: stack.growth,
                interval: stack.interval.lower...stack.interval.upper, shape: stack.shape, isProven: stack.isProven)
        }
    }

    /// Of a failure the stacks that are to blame, else those that the undecided rules are about.
    private static func suspects(_ verdict: Verdict) -> [Verdict.GrownStack] {
        let findings = verdict.findings.filter {
            verdict.outcome == .failed ? $0.isProven : $0.interval.upper > $0.limit
        }
        var seen: Set<[Int]> = []
        var suspects: [Verdict.GrownStack] = []
        for finding in findings {
            let proven = finding.stacks.filter(\.isProven)
            suspects += (proven.isEmpty ? finding.stacks : proven).filter { seen.insert($0.locations).inserted }
        }
        return suspects.sorted { a, b in
            let (x, y) = (a.growth.value, b.growth.value)
            return x == y ? a.functions.lexicographicallyPrecedes(b.functions) : x > y
        }
    }
}

extension CheckReport.Rule {
    fileprivate init(_ finding: Verdict.Finding, interval samplingInterval: UInt64) {
        kind = finding.rule
        limit = finding.limit
        growth = finding.growth
        interval = finding.interval.lower...finding.interval.upper
        state = finding.isProven ? .exceeded : finding.interval.upper > finding.limit ? .undecided : .within
        let leaf = finding.stacks.first?.functions.first
        name =
            switch finding.rule {
            case .growth: "growth"
            case .rate: "rate of growth"
            case .site(let pattern): "site \(pattern)"
            case .accepted: "baseline \(leaf ?? "")"
            case .stack: "stack \(leaf ?? "")"
            }
        hint = state == .undecided ? decidingInterval(samplingInterval).map(samplingOption) : nil
    }

    /// The sampling interval at which the limit would lie outside of the figure's interval, whose width is in proportion
    /// to its square root, if the figure stays; nil if that is too fine to be of use.
    private func decidingInterval(_ samplingInterval: UInt64) -> UInt64? {
        let distance = (limit - growth.value).magnitude
        let width = limit > growth.value ? interval.upperBound - growth.value : growth.value - interval.lowerBound
        guard width > 0, distance > 0 else { return nil }
        let factor = min(1, distance / width)
        let needed = Double(samplingInterval) * factor * factor
        return needed * 1000 >= Double(samplingInterval) && needed >= 1 ? UInt64(needed) : nil
    }
}

extension Profile {
    /// The functions that meet at a location, with their lines, innermost first.
    fileprivate func places(at index: Int) -> [Place] {
        let location = locations[index]
        let frames: [Frame?] = location.frames.isEmpty ? [nil] : location.frames
        return frames.map { Place($0, at: location, in: self, granularity: .lines) }
    }
}
