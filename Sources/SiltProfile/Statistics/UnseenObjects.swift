// SPDX-License-Identifier: Apache-2.0
//
// The interval of a count of objects where block sizes differ: small blocks are many and seldom sampled, so that samples alone
// put the upper limit too low. Where no limit can be given the figure is a lower bound, and its interval says so.

import Glibc

/// How many objects there may be at a place whose blocks differ in size.
///
/// The weights 1/p of what is there are taken to be log-normal, cut off at blocks of 16 bytes and at eight times the greatest
/// weight sampled; their spread is estimated from all samples that the place ever had, drawn towards 1 where there are few.
/// The limit is the greater one of two: the modified method of Cox (Zhou and Gao 1997, "Confidence intervals for the log-normal
/// mean") with the error of a count of samples added, and the gamma limit of a compound Poisson sum whose spread is at its
/// upper end. Of few samples there is none. `Benchmarks/accuracy` shows what it covers.
struct UnseenObjects {
    let sizes: BlockSizes

    /// The one-sided limit of the objects behind `samples` samples, which is exceeded with probability `tail` at most.
    func upperLimit(samples n: Double, tail: Double) -> Double {
        let (k, mean) = (sizes.count, sizes.mean)
        let freedom = k + 1
        let cut = max(sizes.greatest, min(sizes.limit, sizes.greatest + log(8)))
        func cutMoment(_ order: Double, _ variance: Double) -> Double {
            let deviation = variance.squareRoot()
            let a = (cut - mean) / deviation
            return order * mean + order * order * variance / 2
                + log(normalProbability(a - order * deviation) / normalProbability(a))
        }

        let variance = (sizes.scatter + 2) / freedom
        let error = (1 / (n + 0.5) + variance / k + variance * variance / (2 * freedom)).squareRoot()
        // Of two limits the greater one is taken, and the first is the less sure one.
        let quantile = StudentDistribution(freedom: freedom).quantile(above: 0.4 * tail)
        let most = GammaDistribution(shape: n + 1, scale: exp(cut)).quantile(1 - 0.4 * tail)
        let first = min((n + 0.5) * exp(cutMoment(1, variance) + quantile * error), most)

        let chiSquared = GammaDistribution(shape: freedom / 2, scale: 2)
        let greatest = (sizes.scatter + 2) / chiSquared.quantile(2 * tail)
        let (one, two) = (exp(cutMoment(1, greatest)), exp(cutMoment(2, greatest)))
        let second = GammaDistribution(mean: (n + 1) * one, variance: (n + 1) * two).quantile(1 - tail)
        return max(first, second)
    }
}

extension Confidence {
    /// The interval of a count of objects, not of a rate of them, whose sizes are mixed.
    ///
    /// Without an upper end, "at least", where there is none to give. Differences are put together from the limits of both
    /// sides (MOVER: Zou and Donner 2008, "Construction of confidence limits about effect measures"); where they would be open
    /// it is to the side to which the figure points: what came is at least so much, what went is.
    func intervalOfMixed(_ estimate: Estimate, level: Double) -> Interval {
        guard let removed = estimate.removed else {
            let limits = limits(of: estimate.added, like: estimate, level: level)
            return Interval(lower: limits.lower, upper: estimate.sizes.hasEnough ? limits.upper : .infinity)
        }
        let (came, went) = (
            limits(of: estimate.added, like: estimate, level: level), limits(of: removed, like: estimate, level: level)
        )
        let value = estimate.value
        let lower = value - hypot(estimate.added.value - came.lower, went.upper - removed.value)
        let upper = value + hypot(came.upper - estimate.added.value, removed.value - went.lower)
        let isOpen = !estimate.sizes.hasEnough
        return Interval(
            lower: value < 0 && isOpen ? -.infinity : lower, upper: value > 0 && isOpen ? .infinity : upper)
    }

    /// The interval of a count of objects of one size that a few samples show. That it is about this size was read off the
    /// same samples: where others are there too, all samples are of this one if more than usual of it were sampled.
    func intervalOfOneSize(_ estimate: Estimate, level: Double) -> Interval {
        let interval = recorded(estimate, level: level)
        guard !estimate.isDifference, !estimate.sizes.hasEnough else { return interval }
        return Interval(lower: recorded(estimate, level: Self.surer(level)).lower, upper: interval.upper)
    }

    /// For lower limits that allow for sizes of which few samples tell, or one.
    private static func surer(_ level: Double) -> Double { 1 - 0.4 * (1 - level) }

    /// No surer than the interval: p-values of samples alone know nothing of small blocks that went and were not sampled.
    func evidenceOfMixed(_ estimate: Estimate, exceeds limit: Double) -> Double {
        guard estimate.isDifference else { return 0 }
        let distance = estimate.value - intervalOfMixed(estimate, level: 0.95).lower
        guard distance > 0, distance.isFinite else { return 1 }
        return normalProbability(-1.96 * (estimate.value - limit) / distance)
    }

    /// Of one side of an estimate.
    private func limits(of sum: Estimate.Sum, like estimate: Estimate, level: Double) -> Interval {
        var sum = sum
        sum.oneMore = max(estimate.added.oneMore, estimate.removed?.oneMore ?? 0)
        let limits = recorded(Estimate(added: sum), level: level)
        // A rare small block that happens to be sampled stands for most of the figure, and makes most of its variance.
        let hangsOnFew = sum.oneMore * sum.oneMore > sum.variance / 4
        let lower = hangsOnFew ? recorded(Estimate(added: sum), level: Self.surer(level)).lower : limits.lower
        let unseen = UnseenObjects(sizes: estimate.sizes).upperLimit(samples: sum.seen, tail: (1 - level) / 2)
        return Interval(
            lower: lower, upper: max(limits.upper + estimate.sizes.beyondSmallest, unseen + sum.missing))
    }
}
