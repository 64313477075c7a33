// SPDX-License-Identifier: Apache-2.0
//
// How a check comes to its verdict: one rule applies to every stack, every rule is a hypothesis, and all
// hypotheses are tested together.

import Glibc
import SiltSymbols

extension Check {
    /// A figure that must not exceed a limit.
    private struct Hypothesis {
        var rule: Verdict.Rule
        var limit: Double
        /// Bytes.
        var growth: Estimate
        var interval: Interval
        /// How improbable the data are if the limit is kept, and how improbable they could have been.
        var evidence: Double
        var best: Double
        /// Whether growth beyond the limit cannot be excluded.
        var isOpen: Bool
        /// See ``Verdict/Finding/hasOpenCourse``.
        var hasOpenCourse = false
        /// Indices of the stacks that it is about.
        var stacks: [Int]

        var isOfOneStack: Bool { rule == .stack || rule == .stackRate }
    }

    /// The verdict on a trend of two snapshots or more.
    ///
    /// The first rule that fits applies to a stack: ignored, the baseline, a site's limit, the general limits. Rules
    /// and single stacks are tested together, each against its own limit; in at most ``falseAlarms`` of the checks of a
    /// program that is within all limits is any of them found to exceed one. Growth is that from the first snapshot to
    /// the last, a rate is that of the present regime.
    package func verdict(on trend: Trend) -> Verdict {
        let stacks = Self.stacks(of: trend)
        let hypotheses = hypotheses(about: stacks, of: trend)
        let (proven, _) = Confidence.told(
            hypotheses.map(\.evidence), best: hypotheses.map(\.best), falseAlarms: falseAlarms)
        var findings = hypotheses.enumerated().compactMap { number, hypothesis -> Verdict.Finding? in
            let isProven = proven.contains(number) && !trend.missesFrees
            if hypothesis.isOfOneStack, !isProven, !hypothesis.isOpen { return nil }
            return Verdict.Finding(
                rule: hypothesis.rule, growth: hypothesis.growth, interval: hypothesis.interval,
                limit: hypothesis.limit, isProven: isProven,
                isOpen: !isProven && (hypothesis.isOpen || proven.contains(number)),
                hasOpenCourse: hypothesis.hasOpenCourse,
                stacks: Self.greatest(hypothesis.stacks.map { stacks[$0] }))
        }
        if let maxResidentGrowth { findings.append(Self.finding(on: trend.resident, limit: maxResidentGrowth)) }
        let outcome: Verdict.Outcome =
            if findings.contains(where: \.isProven) {
                .failed
            } else if trend.isDamaged || findings.contains(where: \.isOpen) {
                .undecided
            } else {
                .passed
            }
        return Verdict(outcome: outcome, findings: findings, elapsed: trend.elapsed)
    }

    /// Resident memory is counted, not sampled: it is beyond its limit or within it, unless a snapshot does not tell.
    private static func finding(on resident: ResidentGrowth?, limit: Double) -> Verdict.Finding {
        let growth = resident?.growth
        return Verdict.Finding(
            rule: .resident, growth: Estimate(value: growth ?? 0, variance: 0, samples: 0),
            interval: Interval(lower: growth ?? -.infinity, upper: growth ?? .infinity), limit: limit,
            isProven: growth.map { $0 > limit } ?? false, isOpen: growth == nil, stacks: [])
    }

    private static func stacks(of trend: Trend) -> [Verdict.GrownStack] {
        let confidence = trend.confidence
        let stacks = trend.profile.stackGrowth()
        let courses = stacks.map { trend.course(of: $0.values) }
        let changes = confidence.judge(courses.map(\.growth)).map(\.change)
        let verdicts = trend.courseJudge?.judge(courses)
        return stacks.indices.map { index in
            let growth = Growth(courses[index].growth, variation: verdicts?[index].variation ?? 0, confidence)
            return Verdict.GrownStack(
                functions: stacks[index].functions, locations: stacks[index].locations, course: courses[index],
                interval: growth.interval, isProven: changes[index] == .grew && growth.interval.lower > 0,
                verdict: verdicts?[index], isGuessed: stacks[index].isGuessed)
        }
    }

    /// Those that grew beyond noise, then those that grew, the greatest first; ties by name.
    private static func greatest(_ stacks: [Verdict.GrownStack]) -> [Verdict.GrownStack] {
        let grown = stacks.filter { $0.growth.value > 0 }.sorted { a, b in
            if a.isProven != b.isProven { return a.isProven }
            if a.growth.value != b.growth.value { return a.growth.value > b.growth.value }
            return a.functions.lexicographicallyPrecedes(b.functions)
        }
        return Array(grown.prefix(Verdict.namedStacks))
    }

    /// The entries that would accept what grew: of every stack that the general limits or the baseline govern and that
    /// grew beyond noise, the upper end of its interval.
    ///
    /// An entry of the baseline is raised, never lowered; those that need not be are left out.
    package func accepting(_ trend: Trend) -> [Baseline.Entry] {
        let stacks = Self.stacks(of: trend)
        let rules = govern(stacks)
        var needed: [[String]: UInt64] = [:]
        for (stack, rule) in zip(stacks, rules) where stack.isProven && (rule == .growth || rule == .accepted) {
            let known = baseline.entry(for: stack.functions)
            // What has no upper limit cannot be accepted.
            guard stack.interval.upper.isFinite else { continue }
            let bytes = UInt64(saturating: stack.interval.upper.rounded(.up))
            guard bytes > known?.bytes ?? 0 else { continue }
            let functions = (known ?? Baseline.accepting(stack.functions, bytes: bytes)).functions
            needed[functions] = max(bytes, needed[functions] ?? 0)
        }
        return needed.map { Baseline.Entry(bytes: $0.value, functions: $0.key) }
            .sorted { ($1.bytes, $0.functions.joined()) < ($0.bytes, $1.functions.joined()) }
    }

    private func hypotheses(about stacks: [Verdict.GrownStack], of trend: Trend) -> [Hypothesis] {
        let rules = govern(stacks)
        func members(_ rule: Verdict.Rule) -> [Int] { stacks.indices.filter { rules[$0] == rule } }
        func limited(_ rule: Verdict.Rule, to limit: Double, _ members: [Int], mayBeOpen: Bool = true) -> Hypothesis {
            let verdict =
                members.count == 1
                ? stacks[members[0]].verdict : trend.courseJudge?.judge(Self.sum(of: members, stacks, trend))
            let growth = members.reduce(.noDifference) { $0 + stacks[$1].growth }
            return hypothesis(
                rule, Growth(growth, variation: verdict?.variation ?? 0, trend.confidence), limit: limit,
                stacks: members, mayBeOpen: mayBeOpen)
        }

        let general = members(.growth)
        let growthLimit = maxRate == nil && maxResidentGrowth == nil ? maxGrowth ?? 0 : maxGrowth
        var hypotheses: [Hypothesis] = []
        if let growthLimit {
            hypotheses.append(limited(.growth, to: growthLimit, general))
            hypotheses += general.map { limited(.stack, to: growthLimit, [$0], mayBeOpen: false) }
        }
        if let maxRate { hypotheses += rateHypotheses(maxRate, about: general, stacks, of: trend) }
        for site in sites {
            let rule = Verdict.Rule.site(site.pattern.description)
            hypotheses.append(limited(rule, to: site.bytes, members(rule)))
        }
        for stack in members(.accepted) {
            let accepted = baseline.entry(for: stacks[stack].functions)?.bytes ?? 0
            hypotheses.append(limited(.accepted, to: Double(accepted), [stack]))
        }
        return hypotheses
    }

    /// Growth from the first snapshot to the last, with the program's own fluctuation: where every allocation is recorded,
    /// that is all there is between growth and noise.
    private struct Growth {
        var estimate: Estimate
        var interval: Interval
        private let variance: Double
        private let confidence: Confidence

        /// - Parameter variation: the variance of the program's own fluctuation; 0: not known, as of two snapshots.
        init(_ estimate: Estimate, variation: Double, _ confidence: Confidence) {
            self.estimate = estimate
            self.confidence = confidence
            variance = variation > 0 ? variation + estimate.variance : 0
            interval = confidence.interval(of: estimate)
            let (value, own) = (estimate.value, 1.96 * variation.squareRoot())
            interval.lower = value - hypot(value - interval.lower, own)
            interval.upper = value + hypot(interval.upper - value, own)
        }

        func evidence(exceeds limit: Double) -> Double {
            let sampling = confidence.evidence(estimate, exceeds: limit)
            guard variance > 0 else { return sampling }
            return max(sampling, normalProbability((limit - estimate.value) / variance.squareRoot()))
        }

        func bestEvidence(exceeds limit: Double) -> Double { confidence.bestEvidence(estimate, exceeds: limit) }
    }

    private func hypothesis(
        _ rule: Verdict.Rule, _ growth: Growth, limit: Double, stacks: [Int], mayBeOpen: Bool
    ) -> Hypothesis {
        Hypothesis(
            rule: rule, limit: limit, growth: growth.estimate, interval: growth.interval,
            evidence: growth.evidence(exceeds: limit), best: growth.bestEvidence(exceeds: limit),
            isOpen: mayBeOpen && growth.interval.upper > limit, stacks: stacks)
    }

    private static func sum(of members: [Int], _ stacks: [Verdict.GrownStack], _ trend: Trend) -> Course {
        let none = trend.course(of: trend.profile.kinds.map { _ in .noDifference })
        return members.reduce(none) { $0 + stacks[$1].course }
    }

    /// The rate of all stacks together that did not grow in one step, and that of each.
    private func rateHypotheses(
        _ maxRate: Double, about members: [Int], _ stacks: [Verdict.GrownStack], of trend: Trend
    ) -> [Hypothesis] {
        let limit = maxRate * trend.elapsed.inSeconds
        let rising = members.filter { if case .step = stacks[$0].verdict?.shape { false } else { true } }
        let sum = Self.sum(of: rising, stacks, trend)
        guard let judge = trend.courseJudge else {
            let all = [(Verdict.Rule.rate, sum, rising)] + rising.map { (.stackRate, stacks[$0].course, [$0]) }
            return all.map { rule, course, members in
                hypothesis(
                    rule, Growth(course.fitted, variation: 0, trend.confidence), limit: limit, stacks: members,
                    mayBeOpen: rule == .rate)
            }
        }
        let whole = rateHypothesis(.rate, sum, judge.judge(sum), maxRate, stacks: rising, of: trend)
        let single = rising.compactMap { index in
            stacks[index].verdict.map {
                rateHypothesis(
                    .stackRate, stacks[index].course, $0, maxRate, stacks: [index], of: trend,
                    hasGrown: stacks[index].isProven && stacks[index].growth.value > limit)
            }
        }
        return [whole] + single
    }

    /// Whether the present regime of a course is within the limit.
    ///
    /// Only steady growth can be found guilty, whether it began inside the window or before. One stack among many that is
    /// undecided is left open only if it more likely grows than not, or has surely grown, and by more than the limit allows:
    /// else the many small ones would leave every check open.
    private func rateHypothesis(
        _ rule: Verdict.Rule, _ course: Course, _ verdict: Course.Verdict, _ maxRate: Double, stacks: [Int],
        of trend: Trend, hasGrown: Bool = false
    ) -> Hypothesis {
        let seconds = trend.elapsed.inSeconds
        let rate = verdict.rate ?? Course.Rate(value: 0, interval: Interval(lower: 0, upper: 0))
        var interval = rate.interval.scaled(by: seconds)
        let sampling = trend.confidence.interval(of: course.fitted)
        let hasOpenCourse =
            verdict.shape == .undecided && sampling.upper - sampling.lower < 0.5 * (interval.upper - interval.lower)
        // That growth is rare does not exclude it where sampling is too coarse to show it.
        if rule == .rate, verdict.shape == .undecided || verdict.shape == .flat {
            interval.upper = max(interval.upper, sampling.upper)
        }
        let mayGrow =
            rule != .stackRate || verdict.shape != .undecided
            || (rate.value > maxRate && (verdict.growing >= 0.5 || hasGrown))
        return Hypothesis(
            rule: rule, limit: maxRate * seconds,
            growth: Estimate(value: rate.value * seconds, variance: 0, samples: course.fitted.samples),
            interval: interval, evidence: verdict.evidence(rateExceeds: maxRate),
            best: trend.confidence.bestEvidence(course.fitted, exceeds: maxRate * seconds),
            isOpen: mayGrow && interval.upper > maxRate * seconds, hasOpenCourse: hasOpenCourse, stacks: stacks)
    }

    /// The rule of each stack; nil: ignored.
    private func govern(_ stacks: [Verdict.GrownStack]) -> [Verdict.Rule?] {
        var ignored = ignored.map { Matcher($0) }
        var governed = sites.map { Matcher($0.pattern) }
        func first(of matchers: inout [Matcher], in functions: [String]) -> Int? {
            matchers.indices.first { index in functions.contains { matchers[index].matches($0) } }
        }
        return stacks.map { stack in
            if first(of: &ignored, in: stack.functions) != nil { return nil }
            if baseline.entry(for: stack.functions) != nil { return .accepted }
            let site = first(of: &governed, in: stack.functions)
            return site.map { .site(sites[$0].pattern.description) } ?? .growth
        }
    }
}
