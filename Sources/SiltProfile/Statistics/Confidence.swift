// SPDX-License-Identifier: Apache-2.0
//
// How sure the figures of one column are: their intervals, and which of many changes are more than noise. What to
// print, and in which words, is for reports.

/// Judges the figures of one kind in one profile.
package struct Confidence: Sendable {
    /// What figures count.
    package enum Unit: Hashable, Sendable { case bytes, objects }

    let law: SamplingLaw
    private let unit: Unit
    /// What may be beyond any figure.
    private var unknown: Unknown
    /// What figures are shares of, if that is known exactly.
    private var whole: Estimate?

    package init(law: SamplingLaw, unit: Unit, unknown: Unknown = .none, whole: Estimate? = nil) {
        self.law = law
        self.unit = unit
        self.unknown = unknown
        self.whole = whole
    }

    /// For the same figures negated.
    var reversed: Confidence { Confidence(law: law, unit: unit, unknown: unknown.reversed) }

    /// The interval of a figure, at 95 % unless told otherwise.
    ///
    /// Figures in bytes always allow for blocks of which none was sampled: of S bytes none is sampled with probability
    /// e^(−S/R), whatever the sizes of the blocks, so that a figure of no samples ends at 3.0 R. Figures in objects
    /// allow for blocks of any size that was ever sampled at the places they are about, and for smaller ones where those
    /// sizes differ; of few samples without an upper limit: such a figure is a lower bound. Where nothing was sampled at all they allow for
    /// blocks of 16 bytes, the least that allocators hand out.
    ///
    /// What was lost widens it: its limits are those with all that may be missing there, and none that may be missing here.
    package func interval(of estimate: Estimate, level: Double = 0.95) -> Interval {
        let estimate = whole.map { estimate.asShare(of: $0) } ?? estimate
        let interval =
            if unit == .objects, estimate.sizes.areMixed {
                intervalOfMixed(estimate, level: level)
            } else if unit == .objects, estimate.sizes.isOneSize {
                intervalOfOneSize(estimate, level: level)
            } else {
                recorded(estimate, level: level)
            }
        return Interval(lower: interval.lower - unknown.below, upper: interval.upper + unknown.above)
    }

    /// By samples and what is known to be missing.
    func recorded(_ estimate: Estimate, level: Double) -> Interval {
        let recorded = curve(estimate).interval(level: level)
        var (lower, upper) = (recorded.lower, recorded.upper)
        if let removed = estimate.removed, removed.missing > 0 {
            let least = Estimate(added: estimate.added, removed: removed.withMissing)
            lower = curve(least).interval(level: level).lower
        }
        if estimate.added.missing > 0 {
            let most = Estimate(added: estimate.added.withMissing, removed: estimate.removed)
            upper = curve(most).interval(level: level).upper
        }
        return Interval(lower: lower, upper: upper)
    }

    /// How improbable the data are if the figure is at most `limit`: the one-sided p-value, never too small.
    package func evidence(_ estimate: Estimate, exceeds limit: Double = 0) -> Double {
        guard unknown.below.isFinite else { return 1 }
        let least = Estimate(added: estimate.added, removed: estimate.removed?.withMissing)
        let evidence = curve(least).evidence(againstAtMost: limit + unknown.below)
        guard unit == .objects, estimate.sizes.areMixed else { return evidence }
        return max(evidence, evidenceOfMixed(estimate, exceeds: limit + unknown.below))
    }

    private func curve(_ estimate: Estimate) -> ConfidenceCurve {
        ConfidenceCurve(estimate, ofNothing: ofNothing)
    }

    /// What one sample more could stand for where nothing was sampled at all.
    package var ofNothing: Double {
        let interval = law.isExact ? 0 : Double(law.interval)
        return unit == .bytes ? interval : interval / 16
    }
}

extension Profile {
    /// What judges the figures of a kind; nil if nothing is known of how they were sampled.
    package func confidence(in kind: Kind) -> Confidence? {
        guard interval > 0, !notes.contains(.noIntervals) else { return nil }
        return Confidence(
            law: SamplingLaw(interval: interval), unit: kind.unit == "count" ? .objects : .bytes,
            unknown: unknown[kind] ?? .none, whole: wholes[kind])
    }
}
