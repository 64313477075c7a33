// SPDX-License-Identifier: Apache-2.0
//
// How far apart the sizes of the blocks are that were ever sampled at a place, as sums that add up over places. It holds no
// sizes: what matters for a count of objects is how many blocks a sample of each size stands for.

import Glibc

/// Sums over ln(1/p) of all samples that were ever taken at a place, be they alive or not; p is the probability with which
/// a block of that size is sampled.
package struct BlockSizes: Hashable, Sendable {
    /// Samples.
    package private(set) var count = 0.0
    package private(set) var sum = 0.0
    package private(set) var squares = 0.0
    package private(set) var least = Double.infinity
    /// Of the smallest block that was sampled.
    package private(set) var greatest = -Double.infinity
    /// Of a block of 16 bytes, the least that allocators hand out.
    package private(set) var limit = 0.0

    /// Nothing is known.
    package static let unknown = BlockSizes()

    private init() {}

    /// Where every allocation is recorded there is nothing to know: no block is missing.
    ///
    /// - Parameter smallest: bytes of the smallest of the blocks, if they are not all of one size.
    package init(samples: UInt64, ofSize size: Double, smallest: Double? = nil, by law: SamplingLaw) {
        let (p, least) = (law.probability(ofSize: size), law.probability(ofSize: smallest ?? size))
        guard samples > 0, p > 0, least > 0, !law.isExact else { return }
        let weight = log(1 / p)
        count = Double(samples)
        sum = count * weight
        squares = count * weight * weight
        self.least = weight
        greatest = log(1 / least)
        limit = log(1 / law.probability(ofSize: 16))
    }

    package static func + (a: BlockSizes, b: BlockSizes) -> BlockSizes {
        var result = a
        result.count += b.count
        result.sum += b.sum
        result.squares += b.squares
        result.least = min(a.least, b.least)
        result.greatest = max(a.greatest, b.greatest)
        result.limit = max(a.limit, b.limit)
        return result
    }

    static func += (a: inout BlockSizes, b: BlockSizes) { a = a + b }

    var mean: Double { count > 0 ? sum / count : 0 }
    /// Sum of the squared distances from ``mean``.
    var scatter: Double { max(0, squares - sum * mean) }

    /// From so many samples on the sizes of blocks are known well enough to say how many more there may be.
    static let enough = 12.0

    /// Whether the samples show blocks of one size, or many samples those of about one: the sizes of a class are at most
    /// 12.5 % apart, and a few samples lie as near to each other by chance.
    package var isOneSize: Bool {
        guard count >= 3, least < greatest else { return count >= 3 }
        // By sizes: large blocks are nearly all sampled, so that their weights are alike whatever their sizes are.
        return Self.size(ofWeight: least) < Self.size(ofWeight: greatest) * (hasEnough ? 1.13 : 1.01)
    }

    /// Bytes of a block, as a share of the mean distance between samples.
    private static func size(ofWeight weight: Double) -> Double { -log(-expm1(-weight)) }

    /// Whether there are enough samples to know the sizes by. It must not depend on what the sizes are: limits that are
    /// given only where they come out narrow are those of samples that look alike by chance.
    var hasEnough: Bool { count >= Self.enough }

    /// Whether a count of objects must allow for blocks smaller than those that were sampled.
    var areMixed: Bool { count > 0 && !isOneSize }

    /// Of blocks of several sizes: how many more objects there may be that are smaller than all that were sampled. As many of
    /// each half of a size, down to 16 bytes, as a sample of the smallest stands for: so are the blocks of what grows by
    /// doubling, of which large ones are sampled and small ones are not.
    var beyondSmallest: Double { exp(greatest) * max(0, limit - greatest) / log(2) }

    /// Of blocks of one size: how many more objects than the upper limit there may be if the place makes far smaller ones as
    /// well, which samples cannot exclude. Of blocks of 16 bytes none is sampled with a probability of 2.5 % if 3.69 samples
    /// of them are expected. Nil: sizes are mixed or not known.
    package var beyondOneSize: Double? { isOneSize ? 3.69 * exp(limit) : nil }
}
