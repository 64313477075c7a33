// SPDX-License-Identifier: Apache-2.0
//
// Counts how often intervals hold the truth, and how estimates scatter about it. One tally is one line of the table.

import SiltProfile

/// What many runs say of one figure.
struct Tally {
    private(set) var runs = 0
    private var covered = 0
    private var above = 0
    private var below = 0
    private var error = 0.0
    private var squaredError = 0.0
    private var widths: [Double] = []
    private var samples = 0
    private var magnitude = 0.0

    /// One run: what was true, what was estimated.
    mutating func add(truth: Double, _ estimate: Estimate, _ interval: Interval) {
        runs += 1
        // Figures that are exact are so to the rounding of a sum.
        let slack = truth.magnitude * 1e-9
        if interval.lower > truth + slack {
            above += 1
        } else if interval.upper < truth - slack {
            below += 1
        } else {
            covered += 1
        }
        error += estimate.value - truth
        squaredError += (estimate.value - truth) * (estimate.value - truth)
        widths.append((interval.upper - interval.lower) / 2)
        samples += estimate.samples
        magnitude += max(truth.magnitude, estimate.added.value)
    }

    var coverage: Double { Double(covered) / Double(runs) }

    /// Mean error in standard errors: beyond ±3 the estimate would be called biased.
    var biasScore: Double {
        let mean = error / Double(runs)
        let variance = squaredError / Double(runs) - mean * mean
        return variance > 0 ? mean / (variance / Double(runs)).squareRoot() : 0
    }

    private var medianWidth: Double { widths.sorted()[widths.count / 2] }

    /// Cells: samples, coverage, misses on either side, bias in shares of what is there and in standard errors, median
    /// half width, or "at least" where half of the intervals have no upper end.
    var cells: [String] {
        let count = Double(runs)
        return [
            fixed(Double(samples) / count, 1), percent(coverage), percent(Double(below) / count),
            percent(Double(above) / count),
            (error < 0 ? "−" : "+") + fixed(error.magnitude / magnitude * 100, 2) + " %",
            (biasScore < 0 ? "−" : "+") + fixed(biasScore.magnitude, 1),
            medianWidth.isFinite ? "±" + short(medianWidth) : "at least",
        ]
    }
}

func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

/// A number with so many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "−" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// A number for people, in thousands, millions, …
func short(_ value: Double) -> String {
    var value = value
    for unit in ["", " k", " M", " G"] {
        if value.magnitude < 1000 || unit == " G" { return fixed(value, 1) + unit }
        value /= 1000
    }
    return ""
}

/// A Markdown table.
func table(_ head: [String], _ rows: [[String]]) -> String {
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
        "| " + zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ")
            + " |"
    }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
    return ([line(head), rule] + rows.map(line)).joined(separator: "\n")
}
