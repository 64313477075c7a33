// SPDX-License-Identifier: Apache-2.0
//
// How figures are written for people: the one place that rounds them.

/// A count of bytes for a person: `412.00MB` in pprof's way, powers of 1024, negative for shrinkage.
public func formatBytes(_ bytes: Double) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var value = bytes
    var unit = 0
    while value.magnitude >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    if unit == 0 { return "\(Int(value.rounded()))B" }
    let hundredths = Int((value.magnitude * 100).rounded())
    let fraction = hundredths % 100
    return "\(value < 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)\(units[unit])"
}
