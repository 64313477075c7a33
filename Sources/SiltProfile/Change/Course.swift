// SPDX-License-Identifier: Apache-2.0
//
// What course a figure took over several snapshots: steady growth, one step, up and down. A rule that a person can
// follow, applied to figures; whose figures they are does not matter.

/// The figures of a stack, of a function or of the whole heap, over all snapshots of a trend.
package struct Course: Sendable {
    package enum Shape: Hashable, Sendable {
        /// It grows on and on: a leak.
        case steady
        /// It grew once, on the way to the snapshot of this index: a warm-up, a cache that filled.
        case step(Int)
        /// It changed, up and down.
        case churn
        /// Nothing but noise.
        case flat
        /// It gets less.
        case shrinking
    }

    /// When the snapshots were made, from the first one on.
    package var moments: [Duration]
    /// Bytes in use at each snapshot.
    package var levels: [Estimate]
    /// Bytes that came less bytes that went, from each snapshot to the next.
    package var changes: [Estimate]
    /// Bytes grown over the whole time, as fitted.
    package var fitted: Estimate
    /// Bytes that came less bytes that went, from the first snapshot to the last.
    package var growth: Estimate

    /// The course, given what was judged of ``fitted``; nil for fewer than three snapshots, which cannot tell.
    ///
    /// Growth within noise is churn if any change between neighbours was more than noise (at 5 % for all of them
    /// together), else flat. For growth beyond noise, a straight line and a single step are laid through the levels:
    /// the one that leaves the smaller sum of squares is the course, but if it leaves more than half of the sum of
    /// squares about the mean, neither describes what happened, and it is churn.
    package func shape(judged change: Judgement.Change, by confidence: Confidence) -> Shape? {
        guard levels.count > 2 else { return nil }
        if change == .shrank { return .shrinking }
        if change == .withinNoise {
            let moved = confidence.judge(changes).contains { $0.change != .withinNoise }
            return moved ? .churn : .flat
        }
        let values = levels.map(\.value)
        let step = Self.bestStep(values)
        let line = Self.squaresAboutLine(moments.map(\.inSeconds), values)
        guard min(step.squares, line) <= Self.squaresAboutMean(values[...]) / 2 else { return .churn }
        return line <= step.squares ? .steady : .step(step.index)
    }

    private static func squaresAboutMean(_ values: ArraySlice<Double>) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    private static func squaresAboutLine(_ times: [Double], _ values: [Double]) -> Double {
        let time = times.reduce(0, +) / Double(times.count)
        let value = values.reduce(0, +) / Double(values.count)
        let spread = times.reduce(0) { $0 + ($1 - time) * ($1 - time) }
        let slope = zip(times, values).reduce(0) { $0 + ($1.0 - time) * ($1.1 - value) } / spread
        return zip(times, values).reduce(0) { sum, point in
            let rest = point.1 - value - slope * (point.0 - time)
            return sum + rest * rest
        }
    }

    /// The step that leaves least; the earliest of equals.
    private static func bestStep(_ values: [Double]) -> (index: Int, squares: Double) {
        var best = (index: 1, squares: Double.infinity)
        for index in 1..<values.count {
            let squares = squaresAboutMean(values[..<index]) + squaresAboutMean(values[index...])
            if squares < best.squares { best = (index, squares) }
        }
        return best
    }
}
