// SPDX-License-Identifier: Apache-2.0
//
// Which of many changes are more than noise, and what it would take to tell the others. Many are tested at once: the
// promise is about the whole report.

import Glibc

/// What can be said of one change.
package struct Judgement: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable {
        case grew, shrank, withinNoise
    }

    /// What would show a change within noise, if it goes on as it did: either of the two is enough.
    package struct Requirement: Hashable, Sendable {
        /// Time from the first snapshot to the second; nil if the time between those at hand is not known.
        package var wait: Duration?
        /// Mean bytes between samples.
        package var interval: UInt64
    }

    package var change: Change
    /// Only of a change within noise; nil also where nothing points to a change.
    package var requirement: Requirement?
}

extension Confidence {
    /// Sorts changes into those that grew, those that shrank, and those within noise.
    ///
    /// In at most a share `falseAlarms` of reports is any change put into the first two groups that did not happen: the
    /// step-down method of Holm (1979), counting only those changes that could be told from nothing at all by the
    /// samples they have (Tarone 1990; Hommel and Krummenauer 1998), so that the many sites with a sample or two do not
    /// hide the few that matter.
    ///
    /// - Parameters:
    ///   - changes: figures of a diff, each of another function or stack.
    ///   - elapsed: time between the snapshots, to say how long to wait.
    package func judge(_ changes: [Estimate], elapsed: Duration? = nil, falseAlarms: Double = 0.05) -> [Judgement] {
        let reversed = self.reversed
        let evidence = changes.map {
            min(1, 2 * min(self.evidence($0, exceeds: 0), reversed.evidence(-$0, exceeds: 0)))
        }
        let (told, divisor) = Self.told(evidence, best: changes.map(bestEvidence), falseAlarms: falseAlarms)
        return changes.indices.map { index in
            if told.contains(index) {
                return Judgement(change: changes[index].value > 0 ? .grew : .shrank, requirement: nil)
            }
            let requirement = requirement(changes[index], elapsed: elapsed, falseAlarms: falseAlarms / divisor)
            return Judgement(change: .withinNoise, requirement: requirement)
        }
    }

    /// Which of many hypotheses are told from chance, and by what the level was divided for the others.
    ///
    /// - Parameters:
    ///   - evidence: their p-values.
    ///   - best: the smallest p-values that they could have had.
    static func told(
        _ evidence: [Double], best: [Double], falseAlarms: Double
    ) -> (told: Set<Int>, divisor: Double) {
        var open = Array(evidence.indices)
        var told: Set<Int> = []
        while true {
            let divisor = divisor(open.map { best[$0] }, falseAlarms: falseAlarms)
            let next = open.filter { evidence[$0] <= falseAlarms / divisor }
            if next.isEmpty { return (told, divisor) }
            told.formUnion(next)
            open.removeAll(where: told.contains)
        }
    }

    /// The evidence if all samples of a change had been on one side.
    private func bestEvidence(_ change: Estimate) -> Double {
        min(1, 2 * bestEvidence(change, exceeds: 0))
    }

    /// The same, one-sided, against a limit.
    func bestEvidence(_ change: Estimate, exceeds limit: Double) -> Double {
        guard let removed = change.removed else { return evidence(change, exceeds: limit) }
        return evidence(Estimate(added: change.added + removed, removed: .zero), exceeds: limit)
    }

    /// The smallest k such that at most k of the changes can have evidence of level / k: what the level is divided by.
    private static func divisor(_ best: [Double], falseAlarms: Double) -> Double {
        let sorted = best.sorted()
        var k = 1
        while k < sorted.count, sorted[k] <= falseAlarms / Double(k) { k += 1 }
        return Double(k)
    }

    /// The change grows with time and its variance at most as fast, and variance is in proportion to the interval: both
    /// must improve by f = (z + 0.84)² · variance / value² for the change to be told in four of five cases.
    private func requirement(_ change: Estimate, elapsed: Duration?, falseAlarms: Double) -> Judgement.Requirement? {
        guard change.value != 0, change.variance > 0, !law.isExact else { return nil }
        let distance = normalQuantile(1 - falseAlarms / 2) + 0.84
        // What is at hand did not do.
        let factor = max(2, distance * distance * change.variance / (change.value * change.value))
        guard factor < 1000 else { return nil }
        return Judgement.Requirement(
            wait: elapsed.map { $0 * factor }, interval: max(1, UInt64(saturating: Double(law.interval) / factor)))
    }
}

/// The point that a standard normal variable does not exceed with the given probability, to nine digits.
private func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-10.0, 10.0)
    while high - low > 1e-9 {
        let middle = (low + high) / 2
        if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
    return high
}
