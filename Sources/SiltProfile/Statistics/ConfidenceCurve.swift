// SPDX-License-Identifier: Apache-2.0
//
// What the data say about one figure, as distributions of what is plausible. The method behind every interval and every
// "grew" is here; what a sample is worth is not.

/// The confidence distributions of a sum of samples, or of a difference of two such sums.
///
/// A sum is made of a part that is certain, the samples themselves, and an unseen part whose mean and variance are
/// estimated. How many allocations were missed follows a negative binomial law (few samples, large blocks) that tends to
/// a gamma law (small blocks), so the unseen part has a gamma distribution: the least plausible one with those moments,
/// the greatest with those of a sample more, of the greatest weight. With small blocks of one size these are the exact
/// limits of Garwood (1936) for a Poisson count; with mixed sizes, the gamma limits of Fay and Feuer (1997, "Confidence
/// intervals for directly standardized rates: a method based on the gamma distribution").
///
/// A difference melds the distributions of its two sums (Fay, Proschan and Brittain 2015, "Combining one-sample
/// confidence procedures for inference in the two-sample case"). For tests those are the least of what came and the
/// greatest of what went; with small blocks of one size that is the exact conditional test of two Poisson counts
/// (Przyborowski and Wilenski 1940).
struct ConfidenceCurve {
    /// What is plausible of one sum.
    private struct Side {
        var certain: Double
        var least: GammaDistribution
        var greatest: GammaDistribution
        /// Half of a sample more: for a Poisson count, that of Jeffreys.
        var middle: GammaDistribution
        /// Half a block: blocks are whole, and gamma variables are not.
        var half: Double

        init(_ sum: Estimate.Sum, oneMore: Double) {
            // What does not vary is not inferred, such as what an exact record lost.
            certain = sum.variance > 0 ? min(sum.seen, sum.value) : sum.value
            let unseen = sum.value - certain
            let least = GammaDistribution(mean: unseen, variance: sum.variance)
            let share = least.isPoint ? 0 : least.scale / sum.value
            // One sample more, like those seen or of the greatest weight: the same where all blocks are alike.
            let more = max(oneMore, share * unseen)
            let moreVariance = max(oneMore * oneMore, share * unseen * least.scale)
            self.least = least
            greatest = GammaDistribution(mean: unseen + more, variance: sum.variance + moreVariance)
            middle = GammaDistribution(mean: unseen + more / 2, variance: sum.variance + moreVariance / 2)
            half = share * certain / 2
        }
    }

    private let came: Side
    private let went: Side
    private let estimate: Estimate

    /// - Parameter ofNothing: what one sample more could stand for where the estimate does not know.
    init(_ estimate: Estimate, ofNothing: Double) {
        let removed = estimate.removed ?? .zero
        let known = max(estimate.added.oneMore, removed.oneMore)
        let oneMore = known > 0 || estimate.samples > 0 ? known : ofNothing
        came = Side(estimate.added, oneMore: oneMore)
        went = Side(removed, oneMore: estimate.isDifference ? oneMore : 0)
        self.estimate = estimate
    }

    /// The p-value of "it is at most `limit`": how probable that is if as little came and as much went as is plausible.
    func evidence(againstAtMost limit: Double) -> Double {
        let inferred = limit - came.certain + went.certain + came.half + went.half
        // What is certain of a sum is there, however little more is plausible.
        if !estimate.isDifference, limit < came.certain { return 0 }
        return GammaDistribution.probability(of: came.least, minus: went.greatest, atMost: inferred)
    }

    /// The central interval.
    ///
    /// Of a sum, that between the mid-p limits (Lancaster 1961; Fay and Kim 2017, "Confidence intervals for directly
    /// standardized rates using mid-p gamma intervals"), by the average of its least and greatest distribution. Of a
    /// difference, that of the melded middle distributions; where nothing was seen to come or to go, as much may have
    /// as a sum of nothing allows. Coverage is close to `level` on average, and swings around it where a handful of
    /// samples allows no finer steps; exact limits would always cover more.
    func interval(level: Double) -> Interval {
        if came.greatest.isPoint, went.greatest.isPoint {
            return Interval(lower: estimate.value, upper: estimate.value)
        }
        let tail = (1 - level) / 2
        if estimate.isDifference, estimate.samples == 0, estimate.value == 0 {
            let most = came.greatest.quantile(1 - 2 * tail)
            return Interval(lower: -most, upper: most)
        }
        let half = max(came.half, went.half)
        let certain = came.certain - went.certain
        let lower = quantile(tail) - half
        let upper = quantile(1 - tail) + half
        return Interval(
            lower: min(estimate.value, certain + (estimate.isDifference ? lower : max(0, lower))),
            upper: max(estimate.value, certain + upper))
    }

    /// Where the distribution of what is inferred reaches `probability`.
    private func quantile(_ probability: Double) -> Double {
        let low = estimate.isDifference ? -went.greatest.farOut : 0
        return root(from: low, to: came.greatest.farOut) { x in
            estimate.isDifference
                ? GammaDistribution.probability(of: came.middle, minus: went.middle, atMost: x) - probability
                : (came.least.probability(atMost: x) + came.greatest.probability(atMost: x)) / 2 - probability
        }
    }
}
