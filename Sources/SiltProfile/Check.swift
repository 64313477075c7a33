// SPDX-License-Identifier: Apache-2.0
//
// The release gate as a decision: snapshots and limits in, a verdict out. It fails only on growth that is more than
// noise, names who is guilty, and says when the data cannot tell. Printing and exit statuses are for the command.

/// What a program may grow by.
public struct Check: Sendable {
    /// A rule that governs the stacks of which a function matches.
    public struct SiteLimit: Hashable, Sendable {
        /// Found anywhere in the name of any function of the stack.
        public var pattern: Pattern
        /// Bytes that all those stacks together may grow by.
        public var bytes: Double

        public init(pattern: Pattern, bytes: Double) {
            self.pattern = pattern
            self.bytes = bytes
        }
    }

    /// Bytes that everything not governed by another rule may grow by, and each of its stacks; without any limit, 0.
    public var maxGrowth: Double?
    /// The same in bytes per second. A stack that grew in one step is not guilty of a rate.
    public var maxRate: Double?
    /// The first that matches a stack governs it.
    public var sites: [SiteLimit]
    /// Stacks with a function that matches one of these do not count.
    public var ignored: [Pattern]
    /// Stacks that may each grow by what is accepted.
    public var baseline: Baseline
    /// The share of checks of programs within their limits that may fail.
    public var falseAlarms = 0.05

    public init(
        maxGrowth: Double? = nil, maxRate: Double? = nil, sites: [SiteLimit] = [], ignored: [Pattern] = [],
        baseline: Baseline = Baseline()
    ) {
        self.maxGrowth = maxGrowth
        self.maxRate = maxRate
        self.sites = sites
        self.ignored = ignored
        self.baseline = baseline
    }
}

/// What a check found.
public struct Verdict: Sendable {
    public enum Outcome: String, Hashable, Sendable {
        /// Everything is within its limits, at 95 % confidence.
        case passed
        /// Something grew beyond its limit, and that is more than noise.
        case failed
        /// No growth beyond a limit is proven, but neither is its absence.
        case undecided
    }

    /// The rule that a finding is about.
    public enum Rule: Hashable, Sendable {
        /// All stacks together that no other rule governs: the limit of growth.
        case growth
        /// The same: the limit of the rate; figures are over the whole time.
        case rate
        /// The stacks that match the pattern.
        case site(String)
        /// A stack of the baseline.
        case accepted
        /// One stack by itself, against the limit of growth or rate.
        case stack
    }

    /// A figure against its limit.
    public struct Finding: Sendable {
        public var rule: Rule
        /// Bytes.
        public var growth: Estimate
        public var interval: Interval
        /// Bytes.
        public var limit: Double
        /// Whether the growth is beyond the limit by more than noise.
        public var isProven: Bool
        /// The stacks that grew most, guilty ones first; at most ``Verdict/namedStacks``.
        public var stacks: [GrownStack]
    }

    /// A stack that grew.
    public struct GrownStack: Sendable {
        /// Names of its functions, leaf first.
        public var functions: [String]
        /// Indices into the profile's locations, leaf first.
        public var locations: [Int]
        /// Bytes, from the first snapshot to the last.
        public var growth: Estimate
        /// Bytes over the same time, as fitted to all snapshots.
        public var fitted: Estimate
        /// Of ``growth``.
        public var interval: Interval
        /// Whether it grew beyond noise.
        public var isProven: Bool
        /// Only of three snapshots and more.
        public var shape: Course.Shape?
    }

    public static let namedStacks = 5

    public var outcome: Outcome
    /// Every rule that had a stack to govern, in the order of their list; for ``Rule/stack``, only what is proven.
    public var findings: [Finding]
    /// Time between the first and the last snapshot.
    public var elapsed: Duration
    public var notes: [String]
}
