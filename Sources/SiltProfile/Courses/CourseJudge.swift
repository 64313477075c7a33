// SPDX-License-Identifier: Apache-2.0
//
// Which course something took. A course is named only if the data leave little to the others: a leak that is called no
// leak, or a warm-up that is called a leak, does more harm than "undecided", which shows the likeliest course as well.

/// Judges courses over the same snapshots.
package struct CourseJudge: Sendable {
    /// How likely the courses that were not named may be.
    ///
    /// Chosen by simulation (Benchmarks/accuracy) so that harmful errors stay well below 2 %.
    private enum Doubt {
        /// That it is no growth, where growth is said: of up to ten functions in a report, of up to fifty, of more. A
        /// report of many functions is wrong more often.
        static func growth(among functions: Int) -> Double { functions <= 10 ? 0.12 : functions <= 50 ? 0.06 : 0.025 }
        /// That growth slows down, where steady growth is said.
        static let slowing = 0.35
        /// That it grows on and on, where it is said to have stopped or to slow down.
        static let stopped = 0.06
        /// The same where it is said to go up and down.
        static let churn = 0.05
        /// The same where nothing is said to happen, or less.
        static let flat = 0.025
    }

    /// More snapshots than that tell little more, and take long.
    private static let mostSnapshots = 24

    private let law: SamplingLaw
    /// Indices of the snapshots that are looked at.
    private let snapshots: [Int]
    let library: CurveLibrary
    /// Seconds from the first snapshot to the last.
    let elapsed: Double

    /// - Parameter moments: of the snapshots, in ascending order.
    /// - Returns: nil if these are fewer than three moments, which cannot tell one course from another.
    package init?(moments: [Duration], law: SamplingLaw) {
        guard let last = moments.last, last > .zero else { return nil }
        snapshots = Self.chosen(moments.map { $0 / last })
        guard snapshots.count > 2 else { return nil }
        library = CurveLibrary(times: snapshots.map { moments[$0] / last })
        elapsed = last.inSeconds
        self.law = law
    }

    /// Those that are told apart by time, spread evenly over it; the first and the last are among them.
    private static func chosen(_ times: [Double]) -> [Int] {
        let distance = 1e-6
        var distinct = [0]
        for index in times.indices.dropFirst() where times[index] - times[distinct[distinct.count - 1]] > distance {
            distinct.append(index)
        }
        distinct[distinct.count - 1] = times.count - 1
        guard distinct.count > mostSnapshots else { return distinct }
        var chosen: [Int] = []
        for place in 0..<mostSnapshots {
            let time = Double(place) / Double(mostSnapshots - 1)
            let nearest = distinct.min { (times[$0] - time).magnitude < (times[$1] - time).magnitude }
            if let nearest, nearest > chosen.last ?? -1 { chosen.append(nearest) }
        }
        return chosen
    }

    /// What is said of each of the functions of a report, or of its stacks.
    ///
    /// Those of which nothing was seen to come or to go are called flat without being weighed: a report has thousands.
    ///
    /// - Complexity: O(n · m³) for n courses that moved over m snapshots, m at most 24: about 0.15 ms each.
    package func judge(_ courses: [Course]) -> [Course.Verdict] {
        let doubt = Doubt.growth(among: courses.count { $0.hasMoved })
        return courses.map { $0.hasMoved ? judge($0, doubt: doubt) : Self.still }
    }

    /// What is said of one course by itself.
    package func judge(_ course: Course) -> Course.Verdict { judge(course, doubt: Doubt.growth(among: 1)) }

    private static let still = Course.Verdict(shape: .flat, likeliest: .flat, probability: 1, growing: 0)

    private func judge(_ course: Course, doubt: Double) -> Course.Verdict {
        // Where all is recorded, nothing has moved; where not, little may have moved unseen.
        if law.isExact, !course.hasMoved { return Self.still }
        let evidence = evidence(of: course)
        let shape = shape(of: course, evidence, doubt: doubt)
        let likeliest = likeliest(evidence)
        let growing = evidence.probability(.steady) + evidence.probability(.since)
        let rates = rates(shape, evidence)
        return Course.Verdict(
            shape: shape, likeliest: shape == .undecided ? likeliest.shape : shape,
            probability: shape == .undecided ? likeliest.probability : probability(of: shape, evidence),
            growing: growing, rate: rates.map { rate($0, of: shape, growing: growing) },
            variation: evidence.variation, rates: rates)
    }

    /// The weights of all courses.
    func evidence(of course: Course) -> CourseEvidence {
        CourseEvidence(
            levels: snapshots.map { course.levels[$0].value }, covariance: course.covariance(at: snapshots),
            oneMore: course.oneMore(law), came: course.came, went: course.went, library: library)
    }

    private func shape(of course: Course, _ evidence: CourseEvidence, doubt: Double) -> Course.Shape {
        func p(_ kinds: CourseEvidence.Kind...) -> Double { kinds.reduce(0) { $0 + evidence.probability($1) } }
        let growing = p(.steady, .since)
        let others = p(.step, .plateau, .churn, .flat, .shrinking)
        if others <= doubt, p(.slowing) <= Doubt.slowing, growing >= 0.5 { return growth(evidence) }
        let stopped = p(.step, .slowing, .plateau)
        if growing <= Doubt.stopped, stopped >= 0.85 {
            if p(.step) < 0.6 * stopped { return .slowing }
            let place = place(of: .step, evidence)
            // As flat as that is only known if what follows is long enough to show.
            let times = library.times
            let follows = 1 - times[place] >= 0.5 * (times[place] - times[place - 1])
            return follows ? .step(snapshots[place]) : .undecided
        }
        if growing <= Doubt.flat {
            if p(.flat) >= 0.7 { return .flat }
            if p(.shrinking) >= 0.7 { return .shrinking }
            if p(.flat, .churn, .shrinking) >= 0.9, p(.flat) >= p(.churn) { return .flat }
        }
        if growing <= Doubt.churn, p(.churn) >= 0.5, snapshots.count > 3, swings(course) { return .churn }
        return .undecided
    }

    /// Whether it fell by half of its range at some time.
    private func swings(_ course: Course) -> Bool {
        var (highest, lowest, fall) = (-Double.infinity, Double.infinity, 0.0)
        for snapshot in snapshots {
            let level = course.levels[snapshot].value
            highest = max(highest, level)
            lowest = min(lowest, level)
            fall = max(fall, highest - level)
        }
        return fall > 0 && fall >= 0.5 * (highest - lowest)
    }

    private func likeliest(_ evidence: CourseEvidence) -> (shape: Course.Shape, probability: Double) {
        func p(_ kind: CourseEvidence.Kind) -> Double { evidence.probability(kind) }
        let known: [(Course.Shape, Double)] = [
            (growth(evidence), p(.steady) + p(.since)), (.slowing, p(.slowing) + p(.plateau)),
            (.step(snapshots[place(of: .step, evidence)]), p(.step)), (.churn, p(.churn)), (.flat, p(.flat)),
            (.shrinking, p(.shrinking)),
        ]
        let most = known.dropFirst().reduce(known[0]) { $1.1 > $0.1 ? $1 : $0 }
        return (most.0, most.1)
    }

    private func probability(of shape: Course.Shape, _ evidence: CourseEvidence) -> Double {
        switch shape {
        case .steady, .since: evidence.probability(.steady) + evidence.probability(.since)
        case .slowing: evidence.probability(.slowing) + evidence.probability(.plateau)
        case .step: evidence.probability(.step)
        case .churn: evidence.probability(.churn)
        case .flat: evidence.probability(.flat)
        case .shrinking: evidence.probability(.shrinking)
        case .undecided: 0
        }
    }

    /// Of growth, whether it was there from the first snapshot on; in doubt it was: a line of few samples bends by chance.
    private func growth(_ evidence: CourseEvidence) -> Course.Shape {
        guard evidence.probability(.since) > 2 * evidence.probability(.steady) else { return .steady }
        let place = place(of: .since, evidence)
        return place == 0 ? .steady : .since(snapshots[place])
    }

    /// The likeliest snapshot, of those looked at, from which on a kind of course is what it is; 1 where there is none.
    private func place(of kind: CourseEvidence.Kind, _ evidence: CourseEvidence) -> Int {
        var weights = Array(repeating: 0.0, count: snapshots.count)
        for component in evidence.components where library.entries[component.entry].kind.meaning == kind {
            weights[library.entries[component.entry].start] += component.weight
        }
        let most = weights.max() ?? 0
        return most > 0 ? weights.firstIndex(of: most) ?? 1 : 1
    }

    /// How fast it grows now, as a distribution; nil where it does not.
    private func rates(_ shape: Course.Shape, _ evidence: CourseEvidence) -> NormalMixture? {
        let mixture: GrowthMixture
        switch shape {
        case .steady, .since, .undecided: mixture = GrowthMixture(evidence, library: library) { $0.grows }
        case .slowing: mixture = GrowthMixture(evidence, library: library) { $0.slows }
        case .step, .churn, .flat, .shrinking: return nil
        }
        return mixture.isEmpty ? nil : mixture.rates(over: elapsed)
    }

    private func rate(_ rates: NormalMixture, of shape: Course.Shape, growing: Double) -> Course.Rate {
        let value = rates.quantile(0.5)
        guard shape == .undecided else {
            return Course.Rate(
                value: value, interval: Interval(lower: rates.quantile(0.025), upper: rates.quantile(0.975)))
        }
        let upper = growing > 0.025 ? max(0, rates.quantile(1 - 0.025 / growing)) : 0
        return Course.Rate(value: min(max(0, value), upper), interval: Interval(lower: 0, upper: upper))
    }
}
