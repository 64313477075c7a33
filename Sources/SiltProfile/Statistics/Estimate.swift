// SPDX-License-Identifier: Apache-2.0
//
// The figure that a set of samples stands for, with what is needed to say how sure it is. It adds and subtracts;
// what one sample stands for is in SamplingLaw, intervals are in Confidence.

/// A sum over sampled allocations, or the difference of two such sums: its unbiased value and estimated variance.
package struct Estimate: Hashable, Sendable {
    /// A sum of independent samples, each divided by its inclusion probability.
    package struct Sum: Hashable, Sendable {
        /// Unbiased value of the whole, after Horvitz and Thompson (1952).
        package var value: Double
        /// The samples themselves, undivided: that much is certain, `value - seen` is inferred.
        package var seen: Double
        /// Estimated variance of `value`, in the square of its unit.
        package var variance: Double
        /// Samples that went in.
        package var samples: Int
        /// What one sample more could stand for beyond itself: the greatest of all places that went in, also of those
        /// where nothing was sampled.
        package var oneMore: Double
        /// What may be there although no sample shows it, since its record was lost; not part of `value`, and only of upper
        /// limits. Its estimated variance.
        package var missing: Double
        package var missingVariance: Double

        package static let zero = Sum(value: 0, seen: 0, variance: 0, samples: 0)

        package init(
            value: Double, seen: Double, variance: Double, samples: Int, oneMore: Double = 0, missing: Double = 0,
            missingVariance: Double = 0
        ) {
            self.value = value
            self.seen = seen
            self.variance = variance
            self.samples = samples
            self.oneMore = oneMore
            self.missing = missing
            self.missingVariance = missingVariance
        }

        package static func + (a: Sum, b: Sum) -> Sum {
            Sum(
                value: a.value + b.value, seen: a.seen + b.seen, variance: a.variance + b.variance,
                samples: a.samples.addingSaturated(b.samples), oneMore: max(a.oneMore, b.oneMore),
                missing: a.missing + b.missing, missingVariance: a.missingVariance + b.missingVariance)
        }

        /// The same sum in another unit, such as per second; `factor` is not negative.
        package func scaled(by factor: Double) -> Sum {
            Sum(
                value: value * factor, seen: seen * factor, variance: variance * factor * factor, samples: samples,
                oneMore: oneMore * factor, missing: missing * factor, missingVariance: missingVariance * factor * factor
            )
        }

        /// The sum if what may be missing is there.
        var withMissing: Sum {
            Sum(
                value: value + missing, seen: seen, variance: variance + missingVariance, samples: samples,
                oneMore: oneMore)
        }
    }

    /// What is there, or in a difference: what came.
    package var added: Sum
    /// In a difference: what went. Nil where nothing can have gone, which is not the same as that nothing was seen to go.
    package var removed: Sum?
    /// Of a count of objects: the sizes of all blocks that were ever sampled where it comes from.
    package var sizes: BlockSizes

    package static let zero = Estimate(added: .zero)
    /// A difference in which nothing was seen to come or go.
    package static let noDifference = Estimate(added: .zero, removed: .zero)

    package init(added: Sum, removed: Sum? = nil, sizes: BlockSizes = .unknown) {
        self.added = added
        self.removed = removed
        self.sizes = sizes
    }

    /// An estimate of which only value, variance and number of samples are known; a negative value is something removed.
    package init(value: Double, variance: Double, samples: Int) {
        let sum = Sum(value: value.magnitude, seen: 0, variance: variance, samples: samples)
        self = value < 0 ? Estimate(added: .zero, removed: sum) : Estimate(added: sum)
    }

    package var value: Double { added.value - (removed?.value ?? 0) }
    /// Estimated variance of `value`, in the square of its unit.
    package var variance: Double { added.variance + (removed?.variance ?? 0) }
    /// Samples that went in, on both sides.
    package var samples: Int { added.samples.addingSaturated(removed?.samples ?? 0) }
    /// Whether nothing was seen, nor is anything missing that may be there.
    package var isNothing: Bool {
        value == 0 && samples == 0 && added.missing == 0 && (removed?.missing ?? 0) == 0
    }
    /// How large it may be, either way, as far as is known of what is missing.
    package var possible: Double { value.magnitude + max(added.missing, removed?.missing ?? 0) }
    /// Whether it compares two moments, so that it may be negative.
    package var isDifference: Bool { removed != nil }

    /// The same as something that may be there and that nothing shows.
    var asMissing: Estimate {
        Estimate(
            added: Sum(
                value: 0, seen: 0, variance: 0, samples: 0, missing: added.value, missingVariance: added.variance))
    }

    /// The same with the variance that it has as a share of a known whole, which halves the error of the largest.
    ///
    /// With X of the figure and Y of all others the variance of the share s = X/(X+Y) is ((1−s)² var X + s² var Y)/(X+Y)²
    /// (the delta method). var Y counts two samples that were not seen, without which few samples would make a figure sure
    /// of the whole. Chosen by simulation: of three sites with 70, 20 and 10 %, intervals hold 94 to 98 % of all truths with
    /// ten samples of a site and more, and more than 95 % with fewer.
    func asShare(of whole: Estimate) -> Estimate {
        guard whole.value > 0, added.value > 0, added.variance > 0 else { return self }
        let share = min(added.value / whole.value, 1)
        let others = max(0, whole.variance - added.variance) + 2 * added.oneMore * added.oneMore
        var result = self
        result.added.variance = (1 - share) * (1 - share) * added.variance + share * share * others
        return result
    }

    /// The sum of two independent estimates.
    package static func + (a: Estimate, b: Estimate) -> Estimate {
        let removed: Sum? = if let a = a.removed, let b = b.removed { a + b } else { a.removed ?? b.removed }
        return Estimate(added: a.added + b.added, removed: removed, sizes: a.sizes + b.sizes)
    }

    package static func += (a: inout Estimate, b: Estimate) { a = a + b }

    package static prefix func - (a: Estimate) -> Estimate {
        Estimate(added: a.removed ?? .zero, removed: a.added, sizes: a.sizes)
    }

    /// The difference of two independent estimates; its samples are those of both.
    package static func - (a: Estimate, b: Estimate) -> Estimate { a + -b }

    /// The same figure in another unit, such as per second; `factor` is not negative.
    package func scaled(by factor: Double) -> Estimate {
        Estimate(added: added.scaled(by: factor), removed: removed?.scaled(by: factor), sizes: sizes)
    }
}
