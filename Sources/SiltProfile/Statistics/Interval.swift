// SPDX-License-Identifier: Apache-2.0
//
// The range in which a figure lies. How it is found is Confidence's business.

/// Limits between which the true figure lies with a stated confidence, 95 % unless told otherwise.
package struct Interval: Hashable, Sendable {
    package var lower: Double
    package var upper: Double

    package init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether the figure is known for sure.
    package var isExact: Bool { lower == upper }

    /// Whether a value is possible.
    package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

    /// The farther limit's distance from `value`, as a share of it: the 0.03 of `±3%`; nil where `value` is 0.
    package func relative(to value: Double) -> Double? {
        value == 0 ? nil : max(upper - value, value - lower) / value.magnitude
    }

    /// The same range in another unit, such as per second; `factor` is not negative.
    package func scaled(by factor: Double) -> Interval { Interval(lower: lower * factor, upper: upper * factor) }
}
