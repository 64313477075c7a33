// SPDX-License-Identifier: Apache-2.0
//
// What the data say about one figure, as a pair of distributions: the least and the greatest that are plausible. The
// method behind every interval and every "grew" is here; what a sample is worth is not.

/// The confidence distributions of a sum of samples, or of a difference of two such sums.
///
/// A sum is made of a part that is certain, the samples themselves, and an unseen part whose mean and variance are
/// estimated. How many allocations were missed follows a negative binomial law (few samples, large blocks) that tends to
/// a gamma law (small blocks), so the unseen part is given the gamma distribution with those moments; the greatest
/// plausible one has a sample more. With small blocks of one size these are the exact limits of Garwood (1936) for a
/// Poisson count; with mixed sizes, the gamma limits of Fay and Feuer (1997, "Confidence intervals for directly
/// standardized rates: a method based on the gamma distribution").
///
/// A difference melds the distributions of its two sums (Fay, Proschan and Brittain 2015, "Combining one-sample
/// confidence procedures for inference in the two-sample case"); with small blocks of one size its test of "no growth"
/// is the exact conditional test of two Poisson counts (Przyborowski and Wilenski 1940).
struct ConfidenceCurve {
    /// One plausible distribution of a sum: what is certain, plus what was not seen.
    private struct Belief {
        var certain: Double
        var unseen: GammaDistribution
        /// Half a block up or down, since blocks are whole and gamma variables are not.
        var correction: Double

        func probability(atMost x: Double) -> Double {
            x < certain ? 0 : unseen.probability(atMost: x - certain - correction)
        }

        func forEachPoint(_ body: (_ x: Double, _ weight: Double) -> Void) {
            unseen.forEachPoint { body(certain + max(0, $0 + correction), $1) }
        }
    }

    private let cameLeast: Belief
    private let cameMost: Belief
    private let wentLeast: Belief
    private let wentMost: Belief
    private let estimate: Estimate

    /// - Parameters:
    ///   - oneMore: what one sample more could stand for, whatever was seen; nil: what the samples seen stand for.
    ///   - ifNone: the same where no sample was seen at all.
    init(_ estimate: Estimate, oneMore: Double?, ifNone: Double) {
        let went = estimate.removed ?? .zero
        (cameLeast, cameMost) = Self.beliefs(
            estimate.added, oneMore: oneMore ?? (estimate.added.samples > 0 ? nil : Self.scale(went) ?? ifNone))
        (wentLeast, wentMost) =
            estimate.isDifference
            ? Self.beliefs(
                went, oneMore: oneMore ?? (went.samples > 0 ? nil : Self.scale(estimate.added) ?? ifNone))
            : Self.beliefs(.zero, oneMore: 0)
        self.estimate = estimate
    }

    /// Whether every distribution is a single point, the value.
    private var isExact: Bool {
        [cameLeast, cameMost, wentLeast, wentMost].allSatisfy(\.unseen.isPoint)
    }

    /// The p-value of "it is at most `limit`": how probable that is if as little came and as much went as is plausible.
    func evidence(againstAtMost limit: Double) -> Double {
        Self.probability(of: cameLeast, minus: wentMost, atMost: limit)
    }

    /// The central interval between the mid-p limits (Lancaster 1961; Fay and Kim 2017, "Confidence intervals for
    /// directly standardized rates using mid-p gamma intervals"): those of the average of both distributions.
    ///
    /// Their coverage is close to `level` on average; it swings around it where a handful of samples allows no finer
    /// steps, where exact limits would always cover more.
    func interval(level: Double) -> Interval {
        if isExact { return Interval(lower: estimate.value, upper: estimate.value) }
        let lowest = cameLeast.certain - wentMost.certain - spread(wentMost)
        let highest = cameLeast.certain + spread(cameMost) - wentMost.certain
        let tail = (1 - level) / 2
        let floor = estimate.isDifference ? lowest : cameLeast.certain
        return Interval(
            lower: quantile(tail, from: floor, to: highest), upper: quantile(1 - tail, from: floor, to: highest))
    }

    private static func beliefs(_ sum: Estimate.Sum, oneMore: Double?) -> (least: Belief, most: Belief) {
        let certain = min(sum.seen, sum.value)
        let unseen = sum.value - certain
        let least = GammaDistribution(mean: unseen, variance: sum.variance)
        let half = least.isPoint ? 0 : least.scale * certain / sum.value / 2
        let most =
            if let oneMore {
                GammaDistribution(mean: unseen + oneMore, variance: sum.variance + oneMore * oneMore)
            } else {
                GammaDistribution(
                    shape: least.isPoint ? 0 : least.shape + unseen / sum.value, scale: least.scale)
            }
        return (
            Belief(certain: certain, unseen: least, correction: -half),
            Belief(certain: certain, unseen: most, correction: half)
        )
    }

    /// What a sample stands for, on the average that matters for the tail; nil if nothing is unseen.
    private static func scale(_ sum: Estimate.Sum) -> Double? {
        let least = GammaDistribution(mean: sum.value - min(sum.seen, sum.value), variance: sum.variance)
        return least.isPoint ? nil : least.scale
    }

    /// The probability that `came` − `went` is at most `x`; integrated over the narrower of the two.
    private static func probability(of came: Belief, minus went: Belief, atMost x: Double) -> Double {
        var sum = 0.0
        if went.unseen.variance <= came.unseen.variance {
            went.forEachPoint { sum += $1 * came.probability(atMost: x + $0) }
            return sum
        }
        // The event went ≥ came − x; `went` has no atoms here.
        came.forEachPoint { sum += $1 * (1 - went.probability(atMost: $0 - x)) }
        return sum
    }

    /// Beyond any quantile that is asked for.
    private func spread(_ belief: Belief) -> Double {
        belief.unseen.mean + 8 * belief.unseen.variance.squareRoot() + 8 * belief.unseen.scale + belief.correction
    }

    /// Where the average of both distributions reaches `probability`: regula falsi, halving where it stalls.
    private func quantile(_ probability: Double, from low: Double, to high: Double) -> Double {
        func excess(_ x: Double) -> Double {
            (Self.probability(of: cameLeast, minus: wentMost, atMost: x)
                + Self.probability(of: cameMost, minus: wentLeast, atMost: x)) / 2 - probability
        }
        var (low, high) = (low, high)
        var atLow = excess(low)
        if atLow >= 0 { return low }
        var atHigh = excess(high)
        let tolerance = (high - low) * 1e-6
        var isHalving = false
        while high - low > tolerance, atHigh > 0 {
            let width = high - low
            let middle = isHalving ? low + width / 2 : low - atLow * width / (atHigh - atLow)
            let value = excess(middle)
            if value < 0 {
                (low, atLow) = (middle, value)
            } else {
                (high, atHigh) = (middle, value)
            }
            isHalving = high - low > width / 2
        }
        return high
    }
}
