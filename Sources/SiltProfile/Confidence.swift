// SPDX-License-Identifier: Apache-2.0
//
// How sure the figures of one column are: their intervals, and which of many changes are more than noise. What to
// print, and in which words, is for reports.

/// Judges the figures of one kind in one profile.
public struct Confidence: Sendable {
    /// What figures count.
    public enum Unit: Hashable, Sendable { case bytes, objects }

    let law: SamplingLaw
    private let unit: Unit

    public init(law: SamplingLaw, unit: Unit) {
        self.law = law
        self.unit = unit
    }

    /// The interval of a figure, at 95 % unless told otherwise.
    ///
    /// Figures in bytes always allow for blocks of which none was sampled, up to what the law lets go unseen; of s bytes
    /// none is sampled with probability e^(−s/R), whatever their sizes, so that a figure of no samples ends at 3.0 R.
    /// Figures in objects hold for the sizes of blocks that were seen.
    ///
    /// - Parameter blockSize: where nothing was seen, the size that an object would have; without it, objects are taken
    ///   to be of 16 bytes, the least that allocators hand out.
    public func interval(of estimate: Estimate, blockSize: UInt64 = 0, level: Double = 0.95) -> Interval {
        curve(estimate, blockSize: blockSize).interval(level: level)
    }

    /// How improbable the data are if the figure is at most `limit`: the one-sided p-value, never too small.
    public func evidence(_ estimate: Estimate, exceeds limit: Double = 0, blockSize: UInt64 = 0) -> Double {
        curve(estimate, blockSize: blockSize).evidence(againstAtMost: limit)
    }

    private func curve(_ estimate: Estimate, blockSize: UInt64) -> ConfidenceCurve {
        let interval = law.isExact ? 0 : Double(law.interval)
        return switch unit {
        case .bytes: ConfidenceCurve(estimate, oneMore: interval, ifNone: interval)
        case .objects:
            ConfidenceCurve(estimate, oneMore: nil, ifNone: interval / Double(blockSize > 0 ? blockSize : 16))
        }
    }
}

extension Profile {
    /// What judges the figures of a kind; nil if nothing is known of how they were sampled.
    public func confidence(in kind: Kind) -> Confidence? {
        guard interval > 0 else { return nil }
        return Confidence(law: SamplingLaw(interval: interval), unit: kind.unit == "count" ? .objects : .bytes)
    }
}
