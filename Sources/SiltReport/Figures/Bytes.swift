// SPDX-License-Identifier: Apache-2.0
//
// How figures are written for people: bytes, counts and shares as pprof writes them. The one place that rounds
// them; it never decides what is shown.

import SiltProfile

/// A count of bytes for a person: `412MB`, `1.50kB`, in pprof's way: powers of 1024, negative for shrinkage.
package func formatBytes(_ bytes: Double) -> String {
    FigureScale(unit: "bytes", smallest: bytes, largest: bytes).text(bytes)
}

/// A figure in its own unit: bytes scaled, counts whole.
package func formatFigure(_ value: Double, unit: String) -> String {
    FigureScale(unit: unit, smallest: value, largest: value).text(value)
}

/// A part of a total as pprof writes it: `97.34%`, `100%`, `0.05%`; the sign is left away, 0 of 0 is `0%`.
package func formatShare(_ value: Double, of total: Double) -> String {
    guard total != 0 else { return "0%" }
    let percent = (value / total).magnitude * 100
    if percent >= 99.95 && percent <= 100.05 { return "100%" }
    if percent >= 1 { return fixed(percent, decimals: 2) + "%" }
    return significant(percent) + "%"
}

/// The unit in which all figures of one report are written, so that they compare at a glance.
struct FigureScale {
    private static let byteUnits = ["B", "kB", "MB", "GB", "TB", "PB"]

    private let factor: Double
    private let suffix: String
    private let isWhole: Bool

    /// pprof's rule: the unit of the smallest figure, or one up to a hundred times larger where figures span units.
    ///
    /// - Parameters:
    ///   - unit: `bytes`, `count`, or a unit that is printed as it stands.
    ///   - smallest: the smallest figure that is not zero; its sign does not matter.
    init(unit: String, smallest: Double, largest: Double) {
        guard unit == "bytes" else {
            factor = 1
            suffix = unit == "count" ? "" : unit
            isWhole = true
            return
        }
        let least = smallest == 0 ? largest.magnitude : smallest.magnitude
        var power = Self.power(of: least)
        if power != Self.power(of: largest.magnitude), least * 100 < largest.magnitude {
            power = Self.power(of: least * 100)
        }
        factor = Self.factor(power)
        suffix = Self.byteUnits[power]
        isWhole = power == 0
    }

    /// Covers the figures of a whole report.
    init(unit: String, figures: some Sequence<Double>, total: Double) {
        var smallest = 0.0
        for figure in figures where figure != 0 && (smallest == 0 || figure.magnitude < smallest) {
            smallest = figure.magnitude
        }
        self.init(unit: unit, smallest: smallest, largest: total)
    }

    func text(_ value: Double) -> String {
        var digits = fixed(value / factor, decimals: isWhole ? 0 : 2)
        if digits.hasSuffix(".00") { digits.removeLast(3) }
        return digits == "0" || digits == "-0" ? "0" : digits + suffix
    }

    private static func factor(_ power: Int) -> Double { Double(UInt64(1) << (10 * UInt64(power))) }

    private static func power(of magnitude: Double) -> Int {
        var power = 0
        while power + 1 < byteUnits.count, magnitude >= factor(power + 1) { power += 1 }
        return power
    }
}

/// A number with a fixed count of decimals; beyond what an integer can carry exactly, as Swift describes it.
func fixed(_ value: Double, decimals: Int) -> String {
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    // As printf rounds, and pprof with it.
    let scaled = (value.magnitude * power).rounded(.toNearestOrEven)
    guard scaled < 0x1p53 else { return "\(value)" }
    let digits = String(Int(saturating: scaled))
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

/// Two significant digits of a number below 1, without trailing zeros; what rounds to less than 0.0001 is `0`.
private func significant(_ value: Double) -> String {
    guard value >= 0.00005 else { return "0" }
    var decimals = 2
    var bound = 0.1
    while value < bound && decimals < 6 {
        decimals += 1
        bound /= 10
    }
    var text = fixed(value, decimals: decimals)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
}
