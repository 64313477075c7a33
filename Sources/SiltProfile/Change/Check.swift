// SPDX-License-Identifier: Apache-2.0
//
// The release gate as a decision: snapshots and limits in, a verdict out. It fails only on growth that is more than
// noise, names the stacks that grew, and says when the data cannot tell. Printing and exit statuses are the command's.

package import SiltSymbols

/// What a program may grow by.
package struct Check: Sendable {
    /// A rule for the stacks of which a function matches.
    package struct SiteLimit: Hashable, Sendable {
        /// Found anywhere in the name of any function of the stack.
        package var pattern: Pattern
        /// Bytes that all those stacks together may grow by.
        package var bytes: Double

        package init(pattern: Pattern, bytes: Double) {
            self.pattern = pattern
            self.bytes = bytes
        }
    }

    /// Bytes that all stacks without another rule may grow by, together and each; without any limit, 0.
    package var maxGrowth: Double?
    /// The same in bytes per second. Over three snapshots and more it is the rate of what happens now that counts, and only
    /// growth that goes on counts: no step, no churn.
    package var maxRate: Double?
    /// Bytes that resident memory may grow by, whatever took them: malloc, mmap, files or stacks.
    package var maxResidentGrowth: Double?
    /// The first that matches a stack applies to it.
    package var sites: [SiteLimit]
    /// Stacks with a function that matches one of these do not count.
    package var ignored: [Pattern]
    /// Stacks that may each grow by what is accepted.
    package var baseline: Baseline
    /// The share of checks of programs within their limits that may fail.
    package var falseAlarms = 0.05

    package init(
        maxGrowth: Double? = nil, maxRate: Double? = nil, maxResidentGrowth: Double? = nil, sites: [SiteLimit] = [],
        ignored: [Pattern] = [], baseline: Baseline = Baseline()
    ) {
        self.maxGrowth = maxGrowth
        self.maxRate = maxRate
        self.maxResidentGrowth = maxResidentGrowth
        self.sites = sites
        self.ignored = ignored
        self.baseline = baseline
    }
}

/// What a check found.
package struct Verdict: Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// Everything is within its limits, at 95 % confidence.
        case passed
        /// Something grew beyond its limit, and that is more than noise.
        case failed
        /// No growth beyond a limit is proven, but neither is its absence.
        case undecided
    }

    /// The rule that a finding is about.
    package enum Rule: Hashable, Sendable {
        /// All stacks together that have no other rule, against the limit of growth.
        case growth
        /// The same against the limit of the rate; figures are what it would come to over the whole time.
        case rate
        /// Resident memory, measured by the kernel. Nothing is known of it if its interval is endless.
        case resident
        /// The stacks that match the pattern.
        case site(String)
        /// A stack of the baseline.
        case accepted
        /// One stack by itself, against the limit of growth.
        case stack
        /// The same against the limit of the rate; figures as those of ``rate``.
        case stackRate
    }

    /// A figure against its limit.
    package struct Finding: Sendable {
        package var rule: Rule
        /// Bytes.
        package var growth: Estimate
        package var interval: Interval
        /// Bytes.
        package var limit: Double
        /// Whether the growth is beyond the limit by more than noise.
        package var isProven: Bool
        /// Whether growth beyond the limit is neither proven nor excluded.
        package var isOpen: Bool
        /// Of a rate: whether samples tell well what was in use, and it is the course that is open.
        package var hasOpenCourse = false
        /// The stacks that grew most, those beyond noise first; at most ``Verdict/namedStacks``.
        package var stacks: [GrownStack]
    }

    /// A stack that grew.
    package struct GrownStack: Sendable {
        /// Names of its functions, leaf first.
        package var functions: [String]
        /// Indices into the profile's locations, leaf first.
        package var locations: [Int]
        package var course: Course
        /// Of ``growth``.
        package var interval: Interval
        /// Whether it grew beyond noise.
        package var isProven: Bool
        /// Only of three snapshots and more.
        package var verdict: Course.Verdict?
        /// Some of its callers are likely, not proven.
        package var isGuessed: Bool

        /// Bytes, from the first snapshot to the last.
        package var growth: Estimate { course.growth }
    }

    package static let namedStacks = 5

    package var outcome: Outcome
    /// Every rule that applied to a stack, in the order of their list; for single stacks, only what is
    /// proven, and growth that may be beyond the limit of the rate.
    package var findings: [Finding]
    /// Time between the first and the last snapshot.
    package var elapsed: Duration
}
