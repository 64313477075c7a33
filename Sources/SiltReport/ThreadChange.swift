// SPDX-License-Identifier: Apache-2.0
//
// How the threads alive changed between two snapshots, in a line below a diff.

public import SiltProfile

/// Threads of two moments, and the code whose threads changed most.
public struct ThreadChange: Sendable {
    public var before: UInt64
    public var after: UInt64
    /// Where the largest change was created; nil if no place has more or fewer than before.
    public var place: Place?
    /// More threads created there than before; negative: fewer.
    public var growth: Int

    /// - Parameters: fold runtime frames away first, and threads stand with the function responsible for them.
    public init(from before: ThreadProfile, to after: ThreadProfile) {
        // Like with like: what nobody counted on one side is left out on both.
        let isCounted = before.unknown != nil && after.unknown != nil
        self.before = isCounted ? before.total : UInt64(before.recorded)
        self.after = isCounted ? after.total : UInt64(after.recorded)
        var changes: [Place: Int] = [:]
        for (threads, sign) in [(before, -1), (after, 1)] {
            let table = NodeTable(threads.profile, granularity: .lines)
            for (sample, members) in zip(threads.profile.samples, threads.members) {
                let node = sample.locations.first.map { table.nodes[$0][0] } ?? table.stackless
                changes[table.places[node], default: 0] += sign * members.count
            }
        }
        let largest = changes.filter { $0.value != 0 }.min { a, b in
            a.value.magnitude != b.value.magnitude
                ? a.value.magnitude > b.value.magnitude : a.key.precedes(b.key)
        }
        place = largest?.key
        growth = largest?.value ?? 0
    }

    /// `threads: 12 → 51,234, +51,222 created by webhookRetry at retry.c:31`; nil if nothing changed.
    public var line: String? {
        guard before != after || place != nil else { return nil }
        var text = "threads: \(grouped(before)) → \(grouped(after))"
        guard let place else { return text }
        text += ", \(growth < 0 ? "-" : "+")\(grouped(UInt64(growth.magnitude))) created by "
        var function = place
        (function.file, function.line) = ("", 0)
        text += printable(function.name)
        return place.line == 0 ? text : text + " at \(printable(place.file)):\(place.line)"
    }

    private func grouped(_ number: UInt64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
