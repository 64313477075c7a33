// SPDX-License-Identifier: Apache-2.0
//
// How the threads alive changed over two snapshots and more, as a line below a comparison and as JSON.

import SiltHost
package import SiltProfile

/// Threads of several moments, and the code whose threads changed most.
package struct ThreadChange: Sendable {
    /// How many at each snapshot.
    package var levels: [UInt64]
    /// Where the threads of the largest change from the first snapshot to the last were created, then the caller of that if
    /// there is one; empty if no place has more or fewer threads than before.
    package var places: [Place]
    /// More threads created there than at first; negative: fewer.
    package var growth: Int

    /// - Parameter snapshots: two or more, in order of time; fold runtime frames away first, and threads stand with the
    ///   function responsible for them.
    package init(_ snapshots: [ThreadProfile]) {
        precondition(snapshots.count > 1, "a change is one between two moments")
        // Unknown threads count only if all snapshots know how many there are: else they would seem to come or go.
        let isCounted = snapshots.allSatisfy { $0.unknown != nil }
        levels = snapshots.map { isCounted ? $0.total : UInt64($0.recorded) }
        // The creating function alone is often one that starts all threads of a program: its caller tells which.
        var changes: [[Place]: Int] = [:]
        for (threads, sign) in [(snapshots[0], -1), (snapshots[snapshots.count - 1], 1)] {
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
        guard Set(levels).count > 1 || !places.isEmpty else { return nil }
        let text = "threads: \(levels.map(String.init).joined(separator: " → "))"
        guard let place = places.first else { return text }
        let created = "\(text), \(growth < 0 ? "-" : "+")\(growth.magnitude) created by \(function(place))"
        let position = place.line == 0 ? "" : " at \(printable(place.file)):\(place.line)"
        return created + position + (places.count > 1 ? ", from \(function(places[1]))" : "")
    }

    private func function(_ place: Place) -> String {
        var bare = place
        (bare.file, bare.line) = ("", 0)
        return printable(bare.name)
    }
}

extension JsonWriter {
    /// `{"levels", "growth", "places": [place]}`: threads at each snapshot, and how many more than at first were created
    /// where the change is largest; null if all threads are the same.
    mutating func threads(_ change: ThreadChange?) {
        guard let change else { return null() }
        object {
            $0.field("levels") { $0.array(change.levels) { $0.number(Int(clamping: $1)) } }
            $0.field("growth", change.growth)
            $0.field("places") { $0.array(change.places) { $0.place($1) } }
        }
    }
}
