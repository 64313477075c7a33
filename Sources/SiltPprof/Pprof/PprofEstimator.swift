// SPDX-License-Identifier: Apache-2.0
//
// The errors of a pprof file's figures: the format does not store them, but in a heap profile they follow from block
// size and period. The sampling law itself is SiltProfile's.

internal import SiltProfile

/// Turns a sample's bare figures into estimates.
struct PprofEstimator {
    /// How many figures a sample has.
    let kinds: Int
    private let law: SamplingLaw?
    private let pairs: [(objects: Int, bytes: Int)]

    /// - Parameter interval: the file's period in bytes; 0: not known.
    init(kinds: [Profile.Kind], interval: UInt64) {
        self.kinds = kinds.count
        law = interval == 0 ? nil : SamplingLaw(interval: interval)
        let known: [(objects: Profile.Kind, bytes: Profile.Kind)] = [
            (.allocObjects, .allocSpace), (.inuseObjects, .inuseSpace),
        ]
        pairs = known.compactMap { pair in
            guard let objects = kinds.firstIndex(of: pair.objects), let bytes = kinds.firstIndex(of: pair.bytes) else {
                return nil
            }
            return (objects, bytes)
        }
    }

    /// - Parameter hasBlockSize: whether all blocks behind the figures are of about one size, as Go's and Silt's
    ///   samples are; otherwise blocks of different sizes would be computed as blocks of one size.
    /// - Returns: estimates of 0 samples for figures of which nothing is known.
    func estimates(_ values: [Double], hasBlockSize: Bool) -> [Estimate] {
        var estimates = values.map { Estimate(value: $0, variance: 0, samples: 0) }
        guard let law, hasBlockSize else { return estimates }
        for (objects, bytes) in pairs {
            (estimates[objects], estimates[bytes]) = law.recovered(objects: values[objects], bytes: values[bytes])
        }
        // What was ever allocated tells more of the sizes than what is alive.
        if pairs.count == 2, values[pairs[0].objects] != 0 {
            estimates[pairs[1].objects].sizes = estimates[pairs[0].objects].sizes
        }
        return estimates
    }
}
