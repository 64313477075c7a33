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

    package init(
        granularity: Granularity = .functions, order: Order = .flat, nodeFraction: Double = 0.005,
        nodeCount: Int? = nil
    ) {
        self.granularity = granularity
        self.order = order
        self.nodeFraction = nodeFraction
        self.nodeCount = nodeCount
    }
}

/// Gives a figure its 95 % interval; nil if its error is not known.
package typealias IntervalRule = (Estimate) -> ClosedRange<Double>?

/// An interval for a narrow column: `±3%`, `-12+18%`, or `≤1.50MB` where nothing was sampled, `≥1.50MB` where
/// there is no knowing how much was lost; empty without one, and where the figure is exact.
package func formatInterval(_ interval: ClosedRange<Double>?, around value: Double, unit: String) -> String {
    formatInterval(interval, around: value) { formatFigure($0, unit: unit) }
}

/// The interval of an estimate, with a `*` where it is about objects of one size only, as the notes say.
func formatInterval(_ interval: ClosedRange<Double>?, of estimate: Estimate, unit: String) -> String {
    let text = formatInterval(interval, around: estimate.value, unit: unit)
    return text.isEmpty || estimate.sizes.beyondOneSize == nil ? text : text + "*"
}

/// The same where a bound is not written as bytes or a count are, such as that of a rate.
func formatInterval(
    _ interval: ClosedRange<Double>?, around value: Double, bound figure: (Double) -> String
) -> String {
    guard let interval, interval.lowerBound < interval.upperBound else { return "" }
    switch (interval.lowerBound.isFinite, interval.upperBound.isFinite) {
    case (true, true): break
    case (true, false): return "≥" + figure(interval.lowerBound)
    case (false, true): return "≤" + figure(interval.upperBound)
    case (false, false): return "unknown"
    }
    guard value != 0 else {
        let bound = max(interval.upperBound.magnitude, interval.lowerBound.magnitude)
        return (interval.lowerBound < 0 ? "±" : "≤") + figure(bound)
    }
    let below = percent((value - interval.lowerBound) / value.magnitude)
    let above = percent((interval.upperBound - value) / value.magnitude)
    if below == above { return "±\(below)%" }
    // What was lost is on one side only, and large blocks may be more, hardly less.
    if interval.lowerBound == value || below == "0.0" { return "+\(above)%" }
    if interval.upperBound == value || above == "0.0" { return "-\(below)%" }
    return "-\(below)+\(above)%"
}

private func percent(_ ratio: Double) -> String { fixed(ratio * 100, decimals: ratio.magnitude < 0.00995 ? 1 : 0) }

extension Estimate {
    /// Whether it is more than the rounding error that is left where growth and shrinkage cancel; true figures are
    /// whole.
    var isVisible: Bool { value.magnitude >= 0.5 }
}

extension Profile {
    /// The kind of figures with this name, such as `inuse_space`; nil if the profile has none.
    package func kind(named name: String) -> Kind? { kinds.first { $0.name == name } }
}
