// SPDX-License-Identifier: Apache-2.0
//
// What the reports have in common: how much of a profile they show, and the rule that gives figures their interval.

package import SiltProfile

/// How much of a profile a report shows; the defaults are pprof's.
package struct ReportOptions: Sendable {
    /// What nodes are sorted by, from large to small.
    package enum Order: String, Sendable, CaseIterable { case flat, cum }

    package var granularity: Granularity
    package var order: Order
    /// Nodes whose cum is a smaller part of the total than this are dropped.
    package var nodeFraction: Double
    /// At most so many nodes; nil: all.
    package var nodeCount: Int?
    /// Total that shares relate to; nil: the sum of the samples' absolute values.
    ///
    /// pprof relates them to the whole profile before it was filtered, and with `-diff_base` to the base.
    package var reference: Double?

    package init(
        granularity: Granularity = .functions, order: Order = .flat, nodeFraction: Double = 0.005,
        nodeCount: Int? = nil, reference: Double? = nil
    ) {
        self.granularity = granularity
        self.order = order
        self.nodeFraction = nodeFraction
        self.nodeCount = nodeCount
        self.reference = reference
    }
}

/// Gives a figure its 95 % interval; nil where none can be told.
package typealias IntervalRule = (Estimate) -> ClosedRange<Double>?

/// An interval for a narrow column: `±3%`, `-12+18%`, or `≤1.50MB` where nothing was sampled, `≥1.50MB` where
/// there is no knowing how much was lost; empty without one.
package func formatInterval(_ interval: ClosedRange<Double>?, around value: Double, unit: String) -> String {
    guard let interval else { return "" }
    switch (interval.lowerBound.isFinite, interval.upperBound.isFinite) {
    case (true, true): break
    case (true, false): return "≥" + formatFigure(interval.lowerBound, unit: unit)
    case (false, true): return "≤" + formatFigure(interval.upperBound, unit: unit)
    case (false, false): return "unknown"
    }
    guard value != 0 else {
        let bound = max(interval.upperBound.magnitude, interval.lowerBound.magnitude)
        return (interval.lowerBound < 0 ? "±" : "≤") + formatFigure(bound, unit: unit)
    }
    let below = percent((value - interval.lowerBound) / value.magnitude)
    let above = percent((interval.upperBound - value) / value.magnitude)
    if below == above { return "±\(below)%" }
    // What was lost is on one side only.
    if interval.lowerBound == value { return "+\(above)%" }
    if interval.upperBound == value { return "-\(below)%" }
    return "-\(below)+\(above)%"
}

private func percent(_ ratio: Double) -> String { fixed(ratio * 100, decimals: ratio.magnitude < 0.00995 ? 1 : 0) }

extension Estimate {
    /// Whether it is more than the rounding that is left where growth and shrinkage cancel: figures are whole numbers.
    var isVisible: Bool { value.magnitude >= 0.5 }
}

extension Profile {
    /// The sum of the samples' absolute values: what shares relate to, also in a diff.
    package func magnitude(ofKind kind: Int) -> Double { samples.reduce(0) { $0 + $1.values[kind].value.magnitude } }

    /// The column of figures with this name, such as `inuse_space`; nil if the profile has none.
    package func kind(named name: String) -> Int? { kinds.firstIndex { $0.name == name } }

    /// The profile's notes, and how many samples of a kind have a stack that ends early, by reason.
    func notes(kind: Int) -> [String] {
        var cut: [String: Int] = [:]
        var all = 0
        for sample in samples {
            all += sample.values[kind].samples
            if let reason = sample.truncated { cut[reason, default: 0] += sample.values[kind].samples }
        }
        let reasons = cut.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        guard !reasons.isEmpty else { return notes }
        let list = reasons.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return notes + ["\(reasons.reduce(0) { $0 + $1.value }) of \(all) samples have a stack cut short (\(list))."]
    }
}

/// Notes as the tail of a report; empty without any.
func noteLines(_ notes: [String]) -> String {
    notes.isEmpty ? "" : "\n" + notes.map { "Note: \(printable($0))\n" }.joined()
}
