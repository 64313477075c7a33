// SPDX-License-Identifier: Apache-2.0
//
// Which snapshots of the past are kept: one a minute for an hour, one each ten minutes for a day, all within a number of
// bytes. A pure decision; it removes nothing itself.

/// A snapshot that lies in the history.
struct PastSnapshot: Sendable, Hashable {
    /// The process that it is of.
    var process: String
    /// Seconds since 1970.
    var time: UInt64
    var bytes: UInt64
    var path: String
}

enum Thinning {
    static let denseSpan: UInt64 = 3600
    static let wholeSpan: UInt64 = 86_400
    static let sparseStep: UInt64 = 600

    /// Those that need not be kept any more, in no order.
    ///
    /// Over the budget, the process that takes most loses its oldest, so that one that is large does not push out all
    /// others.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - budget: bytes of all together.
    static func superfluous(_ snapshots: [PastSnapshot], now: UInt64, budget: UInt64) -> [PastSnapshot] {
        var removed: [PastSnapshot] = []
        var kept: [String: [PastSnapshot]] = [:]
        for (process, all) in Dictionary(grouping: snapshots, by: \.process) {
            var lastSlot: UInt64?
            for snapshot in all.sorted(by: { $0.time < $1.time }) {
                let age = now - min(now, snapshot.time)
                let slot = snapshot.time / sparseStep
                if age > wholeSpan || (age > denseSpan && slot == lastSlot) {
                    removed.append(snapshot)
                    continue
                }
                lastSlot = slot
                kept[process, default: []].append(snapshot)
            }
        }
        var sizes = kept.mapValues { $0.reduce(0) { $0 &+ $1.bytes } }
        var firsts = kept.mapValues { _ in 0 }
        var total = sizes.values.reduce(0, &+)
        while total > budget, let largest = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key,
            let first = firsts[largest], let oldest = kept[largest]?[first]
        {
            removed.append(oldest)
            total -= oldest.bytes
            firsts[largest] = first + 1
            let rest = (kept[largest]?.count ?? 0) - first - 1
            sizes[largest] = rest == 0 ? nil : (sizes[largest] ?? 0) - oldest.bytes
        }
        return removed
    }
}
