// SPDX-License-Identifier: Apache-2.0
//
// How a moment is written for people and for databases. No other file computes with years, months or days.

import Glibc

/// A moment such as `2026-11-22 16:40:01 UTC`.
///
/// - Parameter nanoseconds: since 1970.
package func formatMoment(_ nanoseconds: UInt64) -> String {
    let (day, time) = dayAndTime(nanoseconds)
    return "\(day) \(time) UTC"
}

/// A moment such as `2026-11-22T16:40:01.000250Z` (RFC 3339), to the microsecond: databases take no more digits.
///
/// - Parameter nanoseconds: since 1970.
package func formatTimestamp(_ nanoseconds: UInt64) -> String {
    let (day, time) = dayAndTime(nanoseconds)
    let microseconds = String(nanoseconds % 1_000_000_000 / 1000)
    return "\(day)T\(time).\(String(repeating: "0", count: 6 - microseconds.count))\(microseconds)Z"
}

/// `2026-11-22` and `16:40:01`, in UTC.
private func dayAndTime(_ nanoseconds: UInt64) -> (day: String, time: String) {
    // A number of 64 bits holds nanoseconds up to the year 2554, so the seconds fit and gmtime_r cannot fail.
    var seconds = time_t(nanoseconds / 1_000_000_000)
    // Safe: `tm` has a pointer, the zone's name, which is not used.
    var parts = unsafe tm()
    // Safe: both pointers live for the call.
    unsafe gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
    // Safe: only numbers are read.
    return unsafe (
        "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))",
        "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    )
}
