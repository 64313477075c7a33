// SPDX-License-Identifier: Apache-2.0
//
// From sampled blocks to estimates, by the law that the writer sampled by. Nothing is believed to be surer than the text
// can tell: it gives blocks and bytes of a stack together, and sizes may differ.

internal import SiltProfile

struct LegacyEstimator {
    /// Nil: not known.
    private let law: SamplingLaw?
    private let sizes: LegacyHeader.Sizes
    /// Whether figures of mixed sizes are too small, by what blocks of different sizes differ in probability.
    private let isAveraged: Bool

    /// - Parameter isAveraged: whether the writer has added up samples as they are, so that all that can be had is the
    ///   probability of their average size; jemalloc weighs each sample by its own since version 5.3.
    init(interval: UInt64, sizes: LegacyHeader.Sizes, isAveraged: Bool) {
        law = interval == 0 ? nil : SamplingLaw(interval: interval)
        self.sizes = sizes
        self.isAveraged = isAveraged
    }

    /// The least that allocators hand out.
    private static let leastSize = 16.0

    /// - Parameter usualSize: of the blocks that were ever sampled at this stack.
    func estimates(_ blocks: LegacyFigures.Blocks, usualSize: Double) -> (objects: Estimate, bytes: Estimate) {
        let (count, bytes) = (Double(blocks.count), Double(blocks.bytes))
        guard let law else {
            return (
                Estimate(value: count, variance: 0, samples: 0), Estimate(value: bytes, variance: 0, samples: 0)
            )
        }
        let samples = Int(clamping: blocks.count)
        if law.isExact {
            func exact(_ value: Double) -> Estimate {
                Estimate(added: Estimate.Sum(value: value, seen: value, variance: 0, samples: samples))
            }
            return (exact(count), exact(bytes))
        }
        if sizes == .equal || blocks.count <= 1 {
            let size = blocks.count > 0 ? blocks.averageSize : usualSize
            var objects = law.objects(samples: blocks.count, ofSize: size)
            if sizes == .equal { objects.sizes = BlockSizes(samples: blocks.count, ofSize: size, by: law) }
            return (objects, law.bytes(samples: blocks.count, ofSize: size))
        }
        return mixed(blocks, law)
    }

    /// Estimates for several samples of sizes that are not known, n of them with S bytes together.
    ///
    /// Values are those of blocks of the average size, n/p(S/n) and S/p(S/n): the rule of jeprof and pprof. A sample of s
    /// bytes adds (s/p)²(1−p) to the variance of the bytes, at most R² whatever s is. To that of the objects it adds
    /// (1−p)/p², at most a/q where it stands for a objects and q is the probability of the smallest block; together they
    /// add no more than the square of all.
    ///
    /// Averaging makes bytes too small, since s/p(s) is convex, by S + nR − S/p at most: s/p(s) lies between s and s + R.
    private func mixed(
        _ blocks: LegacyFigures.Blocks, _ law: SamplingLaw
    ) -> (objects: Estimate, bytes: Estimate) {
        let (count, bytes) = (Double(blocks.count), Double(blocks.bytes))
        let interval = Double(law.interval)
        let probability = law.probability(ofSize: blocks.averageSize)
        // Blocks of no bytes cannot have been sampled; those that a file has all the same count as themselves.
        let factor = probability > 0 ? 1 / probability : 1
        let most = 1 / law.probability(ofSize: Self.leastSize)
        let missing = isAveraged ? max(0, bytes + count * interval - bytes * factor) : 0
        let samples = Int(clamping: blocks.count)
        return (
            Estimate(
                added: Estimate.Sum(
                    value: count * factor, seen: 0, variance: count * factor * min(most, count * factor),
                    samples: samples, oneMore: most)),
            Estimate(
                added: Estimate.Sum(
                    value: bytes * factor, seen: 0, variance: count * interval * interval + missing * missing,
                    samples: samples, oneMore: interval))
        )
    }
}
