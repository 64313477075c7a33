// SPDX-License-Identifier: Apache-2.0
//
// The range in which a figure lies. Confidence computes it.

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

    /// The same range in another unit, such as per second; `factor` is not negative.
    package func scaled(by factor: Double) -> Interval { Interval(lower: lower * factor, upper: upper * factor) }
}
