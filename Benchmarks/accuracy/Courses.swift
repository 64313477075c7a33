// SPDX-License-Identifier: Apache-2.0
//
// How often the course that a trend tells is the true one, how often the rate and the time to a limit hold the truth.

import Glibc
import SiltFile
import SiltProfile

/// One run: a program of which some snapshots were made, and what is said of it.
private struct Run {
    var development: Development
    var verdict: Course.Verdict
    /// Bytes that a unit of the development stands for.
    var unit: Double
    var elapsed: Double
    var course: Course
    var judge: CourseJudge

    /// - Parameter samples: mean samples for the 20 units that a program holds at most; nil: every block is recorded.
    init?(
        _ development: Development, at times: [Double], samples: Double?, turnover: Double?, _ random: inout Random
    ) {
        self.development = development
        let interval: UInt64 = samples == nil ? 1 : 524_288
        let sizes: [UInt64] = samples == nil ? [65_536] : [256, 65_536, 1 << 20]
        unit = Double(samples == nil ? 65_536 * 1500 : 524_288 * (samples ?? 0)) / 20
        let snapshots = development.snapshots(
            at: times, interval: interval, unit: unit, size: sizes.randomElement(using: &random) ?? 256,
            turnover: turnover ?? (development.shape.hasTurnover ? 20 : 0), &random)
        let trend = Trend(of: snapshots.map { [$0] }, symbols: NoNames())
        guard let judge = trend.courseJudge else { return nil }
        let zero = trend.profile.kinds.map { _ in Estimate.noDifference }
        course = trend.course(
            of: trend.profile.samples.reduce(zero) { sum, sample in zip(sum, sample.values).map { $0 + $1 } })
        verdict = judge.judge(course)
        elapsed = trend.elapsed / .seconds(1)
        self.judge = judge
    }
}

private let snapshotCounts = [3, 4, 5, 8, 20]
/// Of the whole heap, from one moment to the next, as shares.
private let fluctuations = [0, 0, 0.01, 0.03]

private func word(_ shape: Course.Shape) -> String {
    switch shape {
    case .steady: "steady"
    case .since: "since"
    case .slowing: "slowing"
    case .step: "step"
    case .churn: "churn"
    case .flat: "flat"
    case .shrinking: "shrinking"
    case .undecided: "undecided"
    }
}

private let words = ["steady", "since", "slowing", "step", "churn", "flat", "shrinking", "undecided"]

private func isWrong(_ verdict: Course.Shape, of development: Development) -> Bool {
    let shape = development.shape
    switch verdict {
    case .steady, .since: return !shape.isLeak && !shape.isSlowing && !development.isSeenRisingOnly
    case .undecided: return false
    case .slowing, .step, .churn, .flat, .shrinking: return shape.isLeak
    }
}

/// Prints what is said of each shape, for all numbers of snapshots, spread evenly and not, sampled and recorded whole.
func measureCourses(runs: Int) {
    var rows: [[String]] = []
    var wrongRows: [[String]] = []
    var wrongByCount: [Int: (wrong: Int, undecided: Int, all: Int)] = [:]
    var rising = (growth: 0, all: 0)
    for (number, shape) in Shape.allCases.enumerated() {
        var random = Random(seed: UInt64(500 + number))
        var said: [String: Int] = [:]
        var all = 0
        var wrong = 0
        var wrongHere: [String] = []
        for count in snapshotCounts {
            var wrongOfCount = 0
            var allOfCount = 0
            for even in [true, false] {
                for samples in [nil, 40, 100, 400] as [Double?] {
                    for _ in 0..<runs {
                        let isQuiet = shape == .slowLeak || shape == .slowLeakUnderChurn
                        let fluctuation = isQuiet ? 0 : fluctuations.randomElement(using: &random) ?? 0
                        let development = Development(shape, fluctuation: fluctuation, &random)
                        let turnover = !shape.hasTurnover && random.uniform() < 0.25 ? 2.0 : nil
                        let times = moments(count, even: even, &random)
                        guard
                            let run = Run(
                                development, at: times, samples: samples, turnover: turnover, &random)
                        else { continue }
                        said[word(run.verdict.shape), default: 0] += 1
                        all += 1
                        allOfCount += 1
                        var tally = wrongByCount[count] ?? (0, 0, 0)
                        tally.all += 1
                        if run.verdict.shape == .undecided { tally.undecided += 1 }
                        if development.isSeenRisingOnly {
                            rising.all += 1
                            if run.verdict.shape.isGrowth { rising.growth += 1 }
                        }
                        if isWrong(run.verdict.shape, of: development) {
                            wrong += 1
                            wrongOfCount += 1
                            tally.wrong += 1
                        }
                        wrongByCount[count] = tally
                    }
                }
            }
            wrongHere.append(percent(Double(wrongOfCount) / Double(allOfCount)))
        }
        rows.append(
            [shape.rawValue] + words.map { percent(Double(said[$0] ?? 0) / Double(all)) }
                + [percent(Double(wrong) / Double(all))])
        wrongRows.append([shape.rawValue] + wrongHere)
    }
    let each = snapshotCounts.count * 8 * runs
    print("\nWhat is said of each shape, \(each) runs each: 3 to 20 snapshots, even and not, sampled and not\n")
    print(table(["shape"] + words + ["wrong"], rows))
    print("\nWrong verdicts by the number of snapshots\n")
    func totals(_ name: String, _ share: ((wrong: Int, undecided: Int, all: Int)) -> Int) -> [String] {
        [name]
            + snapshotCounts.map { count in
                let tally = wrongByCount[count] ?? (0, 0, 1)
                return percent(Double(share(tally)) / Double(tally.all))
            }
    }
    wrongRows.append(totals("all") { $0.wrong })
    wrongRows.append(totals("all, undecided") { $0.undecided })
    print(table(["shape"] + snapshotCounts.map { "\($0)" }, wrongRows))
    print(
        "\nOf a quarter of a day \(rising.all) runs show the way up only; growth that goes on is said of "
            + percent(Double(rising.growth) / Double(max(1, rising.all))))
}

/// Prints how often a plain leak of which 100 samples arrive is called steady.
func measurePlainLeaks(runs: Int) {
    var rows: [[String]] = []
    for count in snapshotCounts {
        for even in [true, false] {
            var random = Random(seed: UInt64(600 + count))
            var (steady, likeliest, undecided) = (0, 0, 0)
            for _ in 0..<runs {
                var development = Development(.linear, &random)
                // 100 samples of what arrives, whatever it begins with.
                let rise = development.levels[Development.steps] - development.levels[0]
                development = development.scaled(by: 20 / rise)
                let times = moments(count, even: even, &random)
                guard let run = Run(development, at: times, samples: 100, turnover: nil, &random) else { continue }
                if run.verdict.shape == .steady { steady += 1 }
                if run.verdict.likeliest == .steady { likeliest += 1 }
                if run.verdict.shape == .undecided { undecided += 1 }
            }
            rows.append(
                ["\(count)", even ? "even" : "uneven"]
                    + [steady, likeliest, undecided].map { percent(Double($0) / Double(runs)) })
        }
    }
    print("\nA plain leak of which 100 samples arrive, \(runs) runs each\n")
    print(table(["snapshots", "times", "steady", "likeliest steady", "undecided"], rows))
}

/// Prints how often the rate that is told holds the true one, and the time to a limit the true time.
func measureForecasts(runs: Int) {
    var rows: [[String]] = []
    for (number, shape) in Shape.allCases.enumerated() {
        var random = Random(seed: UInt64(700 + number))
        var (all, told, rateHeld, forecast, held, early, late) = (0, 0, 0, 0, 0, 0, 0)
        var widths: [Double] = []
        for count in snapshotCounts.dropFirst() {
            for samples in [nil, 100, 400] as [Double?] {
                for _ in 0..<runs {
                    let fluctuation = fluctuations.randomElement(using: &random) ?? 0
                    let development = Development(shape, windows: 10, fluctuation: 0, &random)
                    let times = moments(count, even: random.uniform() < 0.5, &random)
                    let seen = development.fluctuating(by: fluctuation, &random)
                    guard let run = Run(seen, at: times, samples: samples, turnover: nil, &random) else { continue }
                    all += 1
                    guard run.verdict.shape.isGrowth, let rate = run.verdict.rate else { continue }
                    told += 1
                    let factor = run.elapsed / run.unit
                    if (rate.interval.lower * factor...rate.interval.upper * factor).contains(development.rate) {
                        rateHeld += 1
                    }
                    let rise = development.levels[Development.steps] - development.levels[0]
                    let share: Double = [0.3, 1, 2].randomElement(using: &random) ?? 1
                    let room = share * max(rise, 1)
                    guard let forecastTimes = run.judge.forecast(of: run.course, run.verdict, room: room * run.unit)
                    else { continue }
                    guard let truth = development.time(toGrowBy: room) else {
                        // Followed for nine windows: a limit that was not reached by then is later.
                        if shape.isLeak { continue }
                        forecast += 1
                        if forecastTimes.latest == nil { held += 1 } else { early += 1 }
                        continue
                    }
                    forecast += 1
                    let soonest = forecastTimes.soonest / .seconds(run.elapsed)
                    let latest = forecastTimes.latest.map { $0 / .seconds(run.elapsed) } ?? .infinity
                    if truth < soonest { late += 1 } else if truth > latest { early += 1 } else { held += 1 }
                    widths.append(latest / max(soonest, 1e-3))
                }
            }
        }
        let middle = widths.sorted().dropFirst(widths.count / 2).first
        rows.append([
            shape.rawValue, "\(all)", "\(told)", told > 0 ? percent(Double(rateHeld) / Double(told)) : "",
            "\(forecast)", forecast > 0 ? percent(Double(held) / Double(forecast)) : "", "\(late)", "\(early)",
            middle.map { $0.isFinite ? fixed($0, 1) : "open" } ?? "",
        ])
    }
    print("\nRates and times to a limit where growth was told; 95 % intervals\n")
    print(
        table(
            [
                "shape", "runs", "growth told", "rate held", "times told", "time held", "told too late",
                "told too soon",
                "latest : soonest",
            ], rows))
}

/// Prints how long it takes to judge a report of many functions.
func measureCourseSpeed(functions: Int) {
    for count in snapshotCounts {
        var random = Random(seed: 800)
        var courses: [Course] = []
        var judge: CourseJudge?
        for index in 0..<functions {
            let shape = Shape.allCases[index % Shape.allCases.count]
            let run = Run(
                Development(shape, &random), at: moments(count, even: true, &random), samples: 60, turnover: nil,
                &random)
            judge = run?.judge ?? judge
            if let run { courses.append(run.course) }
        }
        guard let judge else { return }
        let start = clock()
        _ = judge.judge(courses)
        let time = Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000
        print("\(functions) functions that all move, \(count) snapshots: \(fixed(time, 1)) ms of processor time")
    }
}

extension Development {
    private init(levels: [Double], of other: Development, times factor: Double = 1) {
        self.levels = levels
        isSeenRisingOnly = other.isSeenRisingOnly
        shape = other.shape
        rate = other.rate * factor
    }

    /// The same with another unit.
    func scaled(by factor: Double) -> Development {
        Development(levels: levels.map { $0 * factor }, of: self, times: factor)
    }

    /// The same with a fluctuation that is no part of the truth.
    func fluctuating(by share: Double, _ random: inout Random) -> Development {
        Development(levels: levels.map { max(0.1, $0 * (1 + share * random.normal())) }, of: self)
    }
}
