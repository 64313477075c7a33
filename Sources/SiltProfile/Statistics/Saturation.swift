// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers out of figures that nobody has checked: counters of a damaged file are near 2^63, and what is computed
// of them may be infinite or no number. The only way from a Double to an integer; nothing here traps.

extension FixedWidthInteger {
    /// The whole part of a value; the nearest bound where that does not fit, 0 for not-a-number.
    package init(saturating value: Double) {
        if let whole = Self(exactly: value.rounded(.towardZero)) {
            self = whole
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }

    /// The sum, or the nearest bound.
    package func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or 0 where there is more to take away.
    func subtractingSaturated(_ other: Self) -> Self where Self: UnsignedInteger { self - Swift.min(self, other) }
}
