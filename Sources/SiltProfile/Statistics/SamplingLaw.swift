// SPDX-License-Identifier: Apache-2.0
//
// The sampling law, and what follows from it for one sample. The only place that knows how samples were drawn:
// it turns sampled counts into unbiased sums and never looks at where they came from.

import Glibc

/// How allocations were chosen: points of a Poisson process over the bytes allocated, on average one in every
/// ``interval`` bytes; an allocation is sampled if a point falls within it.
///
/// So an allocation of s bytes is sampled with probability p = 1 − e^(−s/R), independently of all others, and a sample
/// stands for 1/p objects and s/p bytes (Horvitz and Thompson 1952, "A generalization of sampling without replacement
/// from a finite universe"). Those sums are unbiased, whatever the sizes are.
package struct SamplingLaw: Hashable, Sendable {
    /// Mean bytes between samples, R. At most 1: every allocation is recorded, and figures are exact.
    package let interval: UInt64

    package init(interval: UInt64) {
        self.interval = interval
    }

    /// Whether every allocation is recorded.
    package var isExact: Bool { interval <= 1 }

    /// The probability that an allocation of `size` bytes is sampled: 1 − e^(−size/R).
    ///
    /// An allocation of no bytes is never sampled unless the law is exact.
    package func probability(ofSize size: Double) -> Double {
        isExact ? 1 : -expm1(-size / Double(interval))
    }

    /// How many allocations `samples` sampled ones of `size` bytes stand for.
    ///
    /// Value n/p; its estimated variance n(1−p)/p² is unbiased, since it is present with
    /// probability p and p · (1−p)/p² = (1−p)/p is the variance of what an allocation contributes, 1/p or nothing.
    ///
    /// - Parameter size: bytes of each; an average serves where sizes are within a size class (at most 12.5 % apart:
    ///   the objects are then understated by at most 0.4 %, the bytes by less).
    package func objects(samples: UInt64, ofSize size: Double) -> Estimate {
        var sum = sum(samples: samples, ofSize: size, each: 1)
        let p = probability(ofSize: size)
        sum.oneMore = p > 0 ? (1 - p) / p : 0
        return Estimate(added: sum)
    }

    /// How many bytes `samples` sampled allocations of `size` bytes stand for: value ns/p, variance ns²(1−p)/p².
    ///
    /// One sample more could be of any size, so it could stand for R, the limit of s(1−p)/p for small s.
    package func bytes(samples: UInt64, ofSize size: Double) -> Estimate {
        var sum = sum(samples: samples, ofSize: size, each: size)
        sum.oneMore = isExact ? 0 : Double(interval)
        return Estimate(added: sum)
    }

    /// Estimates for figures that another tool has already made unbiased, such as those of a pprof heap profile.
    ///
    /// The number of samples behind them is what the law makes of the average size: n = objects · p.
    package func recovered(objects: Double, bytes: Double) -> (objects: Estimate, bytes: Estimate) {
        guard objects != 0 else { return (.zero, Estimate(value: bytes, variance: 0, samples: 0)) }
        let size = (bytes / objects).magnitude
        let p = probability(ofSize: size)
        let sizes = BlockSizes(
            samples: max(1, UInt64(saturating: (objects.magnitude * p).rounded())), ofSize: size, by: self)
        // In proportion to a single sample of this size, of which there were n; n need not be whole.
        func estimate(_ one: Estimate, negated: Bool) -> Estimate {
            let n = objects.magnitude * (p > 0 ? p : 1)
            let one = one.added
            let sum = Estimate.Sum(
                value: one.value * n, seen: one.seen * n, variance: one.variance * n,
                samples: Int(saturating: n.rounded()), oneMore: one.oneMore)
            return negated ? -Estimate(added: sum) : Estimate(added: sum)
        }
        var count = estimate(self.objects(samples: 1, ofSize: size), negated: objects < 0)
        count.sizes = sizes
        return (count, estimate(self.bytes(samples: 1, ofSize: size), negated: bytes < 0))
    }

    private func sum(samples: UInt64, ofSize size: Double, each: Double) -> Estimate.Sum {
        let p = probability(ofSize: size)
        let count = Double(samples)
        // An allocation of no bytes cannot have been sampled; one that a file has all the same counts as itself.
        let probability = p > 0 ? p : 1
        return Estimate.Sum(
            value: count * each / probability, seen: count * each,
            variance: count * each * each * (1 - probability) / (probability * probability),
            samples: Int(clamping: samples))
    }
}
