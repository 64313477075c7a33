// SPDX-License-Identifier: Apache-2.0
//
// How old the living allocations of a place are. It holds ages and weights, and knows nothing of clocks.

/// Ages of sampled allocations that are alive, each with the bytes it stands for.
public struct Ages: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var age: Duration
        /// Estimated bytes.
        var weight: Double
    }

    /// Youngest first.
    private var entries: [Entry]

    /// Of nothing: no ages.
    public init() {
        entries = []
    }

    init(_ entries: [Entry]) {
        self.entries = entries.sorted { ($0.age, $0.weight) < ($1.age, $1.weight) }
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// Age of the oldest sampled allocation; nil if there is none.
    public var oldest: Duration? {
        entries.last?.age
    }

    /// The age that half of the bytes have at most; nil if there are none.
    public var median: Duration? {
        let half = entries.reduce(0) { $0 + $1.weight } / 2
        var sum = 0.0
        for entry in entries {
            sum += entry.weight
            if sum >= half { return entry.age }
        }
        return nil
    }

    /// The ages of several places together.
    public init(merging parts: some Sequence<Ages>) {
        self.init(parts.flatMap(\.entries))
    }
}
