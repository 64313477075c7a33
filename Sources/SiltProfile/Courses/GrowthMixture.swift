// SPDX-License-Identifier: Apache-2.0
//
// How fast memory grows now and how long it takes to grow by so much, by all curves that explain the levels, each
// continued as it is. The choice between curves is part of the error: no interval here comes from one curve alone.

import Glibc

/// Rising curves with their weights, as a distribution of what comes next.
struct GrowthMixture {
    private struct Part {
        var weight: Double
        var entry: CurveLibrary.Entry
        var component: CourseEvidence.Component
    }

    private let parts: [Part]
    /// No program keeps to a curve exactly: so much of the rise is added to its error. Found by simulation.
    private static let misfit = 0.05

    /// - Parameter classes: those whose curves count.
    init(_ evidence: CourseEvidence, library: CurveLibrary, of classes: (CurveLibrary.Class) -> Bool) {
        let members = evidence.components.filter { classes(library.entries[$0.entry].kind) }
        let all = members.reduce(0) { $0 + $1.weight }
        let kept = members.filter { $0.weight > 1e-3 * all }
        let sum = kept.reduce(0) { $0 + $1.weight }
        parts = kept.map { Part(weight: $0.weight / sum, entry: library.entries[$0.entry], component: $0) }
    }

    var isEmpty: Bool { parts.isEmpty }

    /// Bytes per second by which memory grows at the last snapshot.
    ///
    /// - Parameter elapsed: seconds from the first snapshot to the last.
    func rates(over elapsed: Double) -> NormalMixture {
        NormalMixture(
            parts.map { part in
                let slope = part.entry.slope / elapsed
                let error = hypot(part.component.error, Self.misfit * part.component.rise)
                return NormalMixture.Part(
                    weight: part.weight, mean: part.component.rise * slope, deviation: error * slope.magnitude)
            })
    }

    /// When memory has grown by `room` bytes, in units of the time between the first snapshot and the last; the time that
    /// is not exceeded with a probability, nil if that is beyond ``horizon``.
    func time(toGrowBy room: Double, probability: Double) -> Double? {
        func reached(by time: Double) -> Double {
            parts.reduce(0) { sum, part in
                let rise = part.entry.rise(after: time)
                let error = hypot(part.component.error, 1.4 * Self.misfit * part.component.rise) * rise
                let deviation = hypot(error, part.component.fluctuation)
                let distance = part.component.rise * rise - room
                return sum + part.weight
                    * (deviation > 0 ? normalProbability(distance / deviation) : distance >= 0 ? 1 : 0)
            }
        }
        guard !parts.isEmpty, reached(by: Self.horizon) >= probability else { return nil }
        var (low, high) = (log(1e-4), log(Self.horizon))
        while high - low > 1e-3 {
            let middle = (low + high) / 2
            if reached(by: exp(middle)) < probability { low = middle } else { high = middle }
        }
        return exp(high)
    }

    /// A course is not continued for longer than so many times the time over which it was seen.
    static let horizon = 1000.0
}

/// A weighted sum of normal distributions.
struct NormalMixture: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        var weight: Double
        var mean: Double
        var deviation: Double
    }

    /// Their weights sum to 1.
    let parts: [Part]

    init(_ parts: [Part]) { self.parts = parts }

    /// The probability of a value of at most `x`.
    func probability(atMost x: Double) -> Double {
        parts.reduce(0) { sum, part in
            let below =
                part.deviation > 0 ? normalProbability((x - part.mean) / part.deviation) : x >= part.mean ? 1 : 0
            return sum + part.weight * below
        }
    }

    /// The value that is not exceeded with a probability between 0 and 1, to a millionth of the range.
    func quantile(_ probability: Double) -> Double {
        var low = parts.reduce(Double.infinity) { min($0, $1.mean - 6 * $1.deviation) }
        var high = parts.reduce(-Double.infinity) { max($0, $1.mean + 6 * $1.deviation) }
        guard low.isFinite, high.isFinite else { return 0 }
        for _ in 0..<20 {
            let middle = (low + high) / 2
            if self.probability(atMost: middle) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// Φ(x), the probability that a standard normal variable is at most x.
func normalProbability(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
