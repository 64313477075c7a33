// SPDX-License-Identifier: Apache-2.0
//
// How old the living allocations of a place are. It holds ages and weights, and knows nothing of clocks.

/// Ages of sampled allocations that are alive, each with the bytes it stands for.
package struct Ages: Hashable, Sendable {
    /// Whole numbers, since there may be a million to sort: a `Duration` takes five times as long.
    struct Entry: Hashable, Sendable {
        var nanoseconds: UInt64
        /// Estimated bytes.
        var weight: Double

        init(age: Duration, weight: Double) {
            nanoseconds = age.inNanoseconds
            self.weight = weight
        }

        var age: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
    }

    /// Youngest first.
    private var entries: [Entry]

    /// Of nothing: no ages.
    package init() {
        entries = []
    }

    init(_ entries: [Entry]) {
        self.entries = entries.sorted {
            $0.nanoseconds == $1.nanoseconds ? $0.weight < $1.weight : $0.nanoseconds < $1.nanoseconds
        }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Age of the oldest sampled allocation; nil if there is none.
    package var oldest: Duration? {
        entries.last?.age
    }

    /// The age that half of the bytes have at most; nil if there are none.
    package var median: Duration? {
        let half = entries.reduce(0) { $0 + $1.weight } / 2
        var sum = 0.0
        for entry in entries {
            sum += entry.weight
            if sum >= half { return entry.age }
        }
        return nil
    }

    /// The ages of several places together.
    package init(merging parts: some Sequence<Ages>) {
        self.init(parts.flatMap(\.entries))
    }
}
