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

    package init(law: SamplingLaw, unit: Unit) {
        self.law = law
        self.unit = unit
    }

    /// The interval of a figure, at 95 % unless told otherwise.
    ///
    /// Figures in bytes always allow for blocks of which none was sampled: of S bytes none is sampled with probability
    /// e^(−S/R), whatever the sizes of the blocks, so that a figure of no samples ends at 3.0 R. Figures in objects
    /// allow for blocks of any size that was ever sampled at the places they are about; nothing sampled there at all,
    /// for blocks of 16 bytes, the least that allocators hand out.
    package func interval(of estimate: Estimate, level: Double = 0.95) -> Interval {
        curve(estimate).interval(level: level)
    }

    /// How improbable the data are if the figure is at most `limit`: the one-sided p-value, never too small.
    package func evidence(_ estimate: Estimate, exceeds limit: Double = 0) -> Double {
        curve(estimate).evidence(againstAtMost: limit)
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
        guard interval > 0 else { return nil }
        return Confidence(law: SamplingLaw(interval: interval), unit: kind.unit == "count" ? .objects : .bytes)
    }
}
