// SPDX-License-Identifier: Apache-2.0
//
// How a moment is written for people: the one place that knows the calendar.

/// A moment such as `2026-11-22 16:40:01 UTC`.
///
/// The Gregorian calendar is counted in eras of 400 years that begin in March, so that the leap day comes last.
///
/// - Parameter nanoseconds: since 1970.
public func formatMoment(_ nanoseconds: UInt64) -> String {
    let seconds = Int(nanoseconds / 1_000_000_000)
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (era, day) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
    return "\(year)-\(two(month))-\(two(dayOfMonth))"
        + " \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) UTC"
}
