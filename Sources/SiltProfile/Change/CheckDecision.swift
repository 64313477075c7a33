// SPDX-License-Identifier: Apache-2.0
//
// How a check comes to its verdict: one rule applies to every stack, every rule is a hypothesis, and all
// hypotheses are tested together.

extension Check {
    /// A figure that must not exceed a limit.
    private struct Hypothesis {
        var rule: Verdict.Rule
        var limit: Double
        /// Bytes.
        var growth: Estimate
        /// Indices of the stacks that it is about.
        var stacks: [Int]
    }

    /// The verdict on a trend of two snapshots or more.
    ///
    /// The first rule that fits applies to a stack: ignored, the baseline, a site's limit, the general limits. Rules
    /// and single stacks are tested together, each against its own limit; in at most ``falseAlarms`` of the checks of a
    /// program that is within all limits is any of them found to exceed one. Growth is that from the first snapshot to
    /// the last, a rate is the fitted one.
    package func verdict(on trend: Trend) -> Verdict {
        let confidence = trend.confidence
        let stacks = Self.stacks(of: trend, judgedBy: confidence)
        let hypotheses = hypotheses(about: stacks, elapsed: trend.elapsed)
        let (proven, _) = Confidence.told(
            hypotheses.map { confidence.evidence($0.growth, exceeds: $0.limit) },
            best: hypotheses.map { confidence.bestEvidence($0.growth, exceeds: $0.limit) }, falseAlarms: falseAlarms)
        let findings = hypotheses.enumerated().compactMap { number, hypothesis -> Verdict.Finding? in
            let isProven = proven.contains(number)
            if hypothesis.rule == .stack, !isProven { return nil }
            return Verdict.Finding(
                rule: hypothesis.rule, growth: hypothesis.growth,
                interval: confidence.interval(of: hypothesis.growth), limit: hypothesis.limit, isProven: isProven,
                stacks: Self.greatest(hypothesis.stacks.map { stacks[$0] }))
        }
        let outcome: Verdict.Outcome =
            if !proven.isEmpty {
                .failed
            } else if findings.contains(where: { $0.interval.upper > $0.limit }) {
                .undecided
            } else {
                .passed
            }
        return Verdict(outcome: outcome, findings: findings, elapsed: trend.elapsed)
    }

    private static func stacks(of trend: Trend, judgedBy confidence: Confidence) -> [Verdict.GrownStack] {
        let stacks = trend.profile.stackGrowth()
        let courses = stacks.map { trend.course(of: $0.values) }
        let changes = confidence.judge(courses.map(\.growth)).map(\.change)
        return stacks.indices.map { index in
            let course = courses[index]
            return Verdict.GrownStack(
                functions: stacks[index].functions, locations: stacks[index].locations, growth: course.growth,
                fitted: course.fitted, interval: confidence.interval(of: course.growth),
                isProven: changes[index] == .grew, shape: course.shape(judged: changes[index], by: confidence),
                isGuessed: stacks[index].isGuessed)
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
        let stacks = Self.stacks(of: trend, judgedBy: trend.confidence)
        let rules = govern(stacks)
        var needed: [[String]: UInt64] = [:]
        for (stack, rule) in zip(stacks, rules) where stack.isProven && (rule == .growth || rule == .accepted) {
            let known = baseline.entry(for: stack.functions)
            let bytes = UInt64(saturating: stack.interval.upper.rounded(.up))
            guard bytes > known?.bytes ?? 0 else { continue }
            let functions = (known ?? Baseline.accepting(stack.functions, bytes: bytes)).functions
            needed[functions] = max(bytes, needed[functions] ?? 0)
        }
        return needed.map { Baseline.Entry(bytes: $0.value, functions: $0.key) }
            .sorted { ($1.bytes, $0.functions.joined()) < ($0.bytes, $1.functions.joined()) }
    }

    private func hypotheses(about stacks: [Verdict.GrownStack], elapsed: Duration) -> [Hypothesis] {
        let rules = govern(stacks)
        func members(_ rule: Verdict.Rule) -> [Int] { stacks.indices.filter { rules[$0] == rule } }
        func growth(_ members: [Int]) -> Estimate { members.reduce(.noDifference) { $0 + stacks[$1].growth } }
        func fitted(_ members: [Int]) -> Estimate { members.reduce(.noDifference) { $0 + stacks[$1].fitted } }

        let general = members(.growth)
        let growthLimit = maxRate == nil ? maxGrowth ?? 0 : maxGrowth
        var hypotheses: [Hypothesis] = []
        if let limit = growthLimit {
            hypotheses.append(Hypothesis(rule: .growth, limit: limit, growth: growth(general), stacks: general))
            hypotheses += general.map {
                Hypothesis(rule: .stack, limit: limit, growth: stacks[$0].growth, stacks: [$0])
            }
        }
        if let maxRate {
            let limit = maxRate * elapsed.inSeconds
            let rising = general.filter { if case .step = stacks[$0].shape { false } else { true } }
            hypotheses.append(Hypothesis(rule: .rate, limit: limit, growth: fitted(rising), stacks: rising))
            hypotheses += rising.map {
                Hypothesis(rule: .stack, limit: limit, growth: stacks[$0].fitted, stacks: [$0])
            }
        }
        for site in sites {
            let members = members(.site(site.pattern.description))
            hypotheses.append(
                Hypothesis(
                    rule: .site(site.pattern.description), limit: site.bytes, growth: growth(members), stacks: members))
        }
        for stack in members(.accepted) {
            let accepted = baseline.entry(for: stacks[stack].functions)?.bytes ?? 0
            hypotheses.append(
                Hypothesis(rule: .accepted, limit: Double(accepted), growth: stacks[stack].growth, stacks: [stack]))
        }
        return hypotheses
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
