// SPDX-License-Identifier: Apache-2.0
//
// How durations and rates are written for people.

import SiltProfile

/// A duration by its two largest units: `3 d 4 h`, `2h05m`, `2m05s`, `12.5s`, `340ms`; negative ones carry a minus, and
/// what is no number is `?`.
package func formatDuration(seconds: Double) -> String {
    guard !seconds.isNaN else { return "?" }
    guard seconds >= 0 else { return "-" + formatDuration(seconds: -seconds) }
    if seconds < 0.9995 { return seconds == 0 ? "0s" : "\(fixed(seconds * 1000, decimals: 0))ms" }
    if seconds < 59.95 {
        let text = fixed(seconds, decimals: 1)
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "s"
    }
    // Beyond some thousand years the days alone, without a conversion that could overflow.
    guard seconds < 1e12 else { return "\(fixed(seconds / 86_400, decimals: 0)) d" }
    let whole = Int(saturating: seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(whole / 60)m\(two(whole % 60))s" }
    let minutes = Int(saturating: (seconds / 60).rounded())
    if minutes < 1440 { return "\(minutes / 60)h\(two(minutes % 60))m" }
    let hours = Int(saturating: (seconds / 3600).rounded())
    return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
}

/// Bytes or counts per second, in the unit of time that makes the figure readable: `1.50MB/s`, `12/min`, `30kB/h`.
package func formatRate(_ perSecond: Double, unit: String) -> String {
    let least = unit == "bytes" ? 1024.0 : 1.0
    for (factor, name) in [(1.0, "s"), (60.0, "min")] where perSecond.magnitude * factor >= least {
        return formatFigure(perSecond * factor, unit: unit) + "/" + name
    }
    return perSecond == 0 ? "0/s" : formatFigure(perSecond * 3600, unit: unit) + "/h"
}
