// SPDX-License-Identifier: Apache-2.0
//
// The figures of which a course is made: of a stack, of a function or of the whole heap, whose they are does not matter.
// What course they took is judged by CourseJudge.

/// The figures of something over all snapshots of a trend.
package struct Course: Sendable {
    /// When the snapshots were made, from the first one on.
    package var moments: [Duration]
    /// Bytes in use at each snapshot.
    package var levels: [Estimate]
    /// Bytes that came less bytes that went, from each snapshot to the next.
    package var changes: [Estimate]
    /// Of the bytes in use at each snapshot, those that were still in use at the last.
    package var kept: [Estimate]
    /// Bytes grown over the whole time, as fitted.
    package var fitted: Estimate
    /// Bytes that came less bytes that went, from the first snapshot to the last.
    package var growth: Estimate

    /// The course of two things together, over the same snapshots.
    package static func + (a: Course, b: Course) -> Course {
        func sums(_ a: [Estimate], _ b: [Estimate]) -> [Estimate] { zip(a, b).map { $0 + $1 } }
        return Course(
            moments: a.moments, levels: sums(a.levels, b.levels), changes: sums(a.changes, b.changes),
            kept: sums(a.kept, b.kept), fitted: a.fitted + b.fitted, growth: a.growth + b.growth)
    }

    /// From the first snapshot to the last.
    package var elapsed: Duration { moments.last ?? .zero }

    /// Bytes that came, over all intervals.
    var came: Double { changes.reduce(0) { $0 + $1.added.value } }
    /// Bytes that went, over all intervals.
    var went: Double { changes.reduce(0) { $0 + ($1.removed?.value ?? 0) } }
    /// Whether anything was seen to come or to go.
    package var hasMoved: Bool { changes.contains { $0.samples > 0 } }

    /// The interval of ``fitted`` that contains lack of fit: the wider of that of sampling and that of what the levels leave
    /// about a line (Student 1908).
    package func fittedInterval(_ confidence: Confidence) -> Interval {
        let sampling = confidence.interval(of: fitted)
        let count = Double(levels.count)
        guard count > 2, elapsed > .zero else { return sampling }
        let times = moments.map { $0 / elapsed }
        let time = times.reduce(0, +) / count
        let level = levels.reduce(0) { $0 + $1.value } / count
        let spread = times.reduce(0) { $0 + ($1 - time) * ($1 - time) }
        let slope = zip(times, levels).reduce(0) { $0 + ($1.0 - time) * ($1.1.value - level) } / spread
        let squares = zip(times, levels).reduce(0) { sum, point in
            let rest = point.1.value - level - slope * (point.0 - time)
            return sum + rest * rest
        }
        let error = (squares / (count - 2) / spread).squareRoot() * Self.studentQuantile(levels.count - 2)
        // Levels on a line leave no more than the rounding of a sum.
        guard error > 1e-9 * level.magnitude else { return sampling }
        return Interval(
            lower: min(sampling.lower, fitted.value - error), upper: max(sampling.upper, fitted.value + error))
    }

    /// The distance that Student's variable exceeds in 5 % of cases, in either direction; to 1 %.
    private static func studentQuantile(_ freedom: Int) -> Double {
        let first = [12.71, 4.30, 3.18, 2.78, 2.57]
        return freedom <= first.count ? first[freedom - 1] : 1.96 + 2.9 / Double(freedom)
    }

    /// The sampling covariance of the levels at some of the snapshots, row after row: that of two levels is the variance
    /// of what was in use at both, since samples are independent.
    ///
    /// Exact for what stayed to the last snapshot. What went earlier is taken to have gone from one snapshot to the next
    /// at the same share, whenever it came: the share that was seen to go.
    func covariance(at snapshots: [Int]) -> [Double] {
        let count = levels.count
        // What is in use at a snapshot and stays is also in use at the next: rounding must not make it less.
        var stayed: [Double] = []
        for index in 0..<count {
            let variance = index == count - 1 ? levels[index].variance : kept[index].variance
            stayed.append(min(max(variance, stayed.last ?? 0), levels[count - 1].variance))
        }
        let passing = (0..<count).map { max(0, levels[$0].variance - stayed[$0]) }
        let survival = (0..<count - 1).map { index -> Double in
            let gone = changes[index].removed?.variance ?? 0
            return passing[index] > 0 ? max(0, 1 - gone / passing[index]) : 0
        }
        var matrix = Array(repeating: 0.0, count: snapshots.count * snapshots.count)
        for (row, first) in snapshots.enumerated() {
            var share = 1.0
            var reached = first
            for column in row..<snapshots.count {
                while reached < snapshots[column] {
                    // More may not survive than there is then.
                    let next = passing[reached] * survival[reached]
                    share *= next > passing[reached + 1] ? passing[reached + 1] / passing[reached] : survival[reached]
                    reached += 1
                }
                let value = stayed[first] + passing[first] * share
                matrix[row * snapshots.count + column] = value
                matrix[column * snapshots.count + row] = value
            }
        }
        return matrix
    }

    /// What one sample more would stand for, in bytes: the root of the mean variance of a sample; where nothing was
    /// sampled, the mean distance between samples. 0 where every allocation is recorded.
    func oneMore(_ law: SamplingLaw) -> Double {
        if law.isExact { return 0 }
        let samples = levels.reduce(0) { $0 + $1.samples }
        guard samples > 0 else { return Double(law.interval) }
        return (levels.reduce(0) { $0 + $1.variance } / Double(samples)).squareRoot()
    }
}
