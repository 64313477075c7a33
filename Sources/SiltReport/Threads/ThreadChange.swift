// SPDX-License-Identifier: Apache-2.0
//
// How the threads alive changed between two snapshots, in a line below a diff.

import SiltHost
package import SiltProfile

/// Threads of two moments, and the code whose threads changed most.
package struct ThreadChange: Sendable {
    package var before: UInt64
    package var after: UInt64
    /// Where the threads of the largest change were created, then the caller of that if there is one; empty if no place
    /// has more or fewer threads than before.
    package var places: [Place]
    /// More threads created there than before; negative: fewer.
    package var growth: Int

    /// - Parameters: fold runtime frames away first, and threads stand with the function responsible for them.
    package init(from before: ThreadProfile, to after: ThreadProfile) {
        // Unknown threads count only if both snapshots know how many there are: else they would seem to come or go.
        let isCounted = before.unknown != nil && after.unknown != nil
        self.before = isCounted ? before.total : UInt64(before.recorded)
        self.after = isCounted ? after.total : UInt64(after.recorded)
        // The creating function alone is often one that starts all threads of a program: its caller tells which.
        var changes: [[Place]: Int] = [:]
        for (threads, sign) in [(before, -1), (after, 1)] {
            let table = NodeTable(threads.profile, granularity: .lines)
            for (sample, members) in zip(threads.profile.samples, threads.members) {
                let nodes = sample.locations.prefix(2).flatMap { table.nodes[$0] }.prefix(2)
                let places = (nodes.isEmpty ? [table.stackless] : nodes).map { table.places[$0] }
                changes[places, default: 0] += sign * members.count
            }
        }
        let largest = changes.filter { $0.value != 0 }.min { a, b in
            a.value.magnitude != b.value.magnitude
                ? a.value.magnitude > b.value.magnitude
                : a.key.lexicographicallyPrecedes(b.key) { $0.precedes($1) }
        }
        places = largest?.key ?? []
        growth = largest?.value ?? 0
    }

    /// `threads: 12 → 51234, +51222 created by startThread at thread.c:9, from webhookRetry`; nil if nothing changed.
    package var line: String? {
        guard before != after || !places.isEmpty else { return nil }
        var text = "threads: \(before) → \(after)"
        guard let place = places.first else { return text }
        text += ", \(growth < 0 ? "-" : "+")\(growth.magnitude) created by \(function(place))"
        if place.line != 0 { text += " at \(printable(place.file)):\(place.line)" }
        return places.count > 1 ? text + ", from \(function(places[1]))" : text
    }

    private func function(_ place: Place) -> String {
        var bare = place
        (bare.file, bare.line) = ("", 0)
        return printable(bare.name)
    }
}
