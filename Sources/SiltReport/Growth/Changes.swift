// SPDX-License-Identifier: Apache-2.0
//
// Changes summed up by the function that memory was allocated in, and the ways that lead to it. What diff and trend have
// in common; it judges nothing and prints nothing.

import SiltProfile

/// The samples of a profile of changes, function by function.
struct Changes {
    struct Function {
        /// Every kind of the profile.
        var values: [Estimate]
        /// Growth by the nearest frames, as nodes of ``Changes/lines``.
        var paths: [[Int]: Estimate]
        fileprivate let kind: Int

        var growth: Estimate { values[kind] }

        /// The line in the function at which most has changed.
        func mainLine(_ places: [Place]) -> Place {
            var byLine: [Int: Double] = [:]
            for (path, growth) in paths { byLine[path[0], default: 0] += growth.value }
            let first = byLine.min { a, b in
                isLarger(a.value, b.value) ?? places[a.key].precedes(places[b.key])
            }
            return first.map { places[$0.key] } ?? Place()
        }

        func stacks(_ count: Int, places: [Place]) -> [DiffReport.Stack] {
            let sorted = paths.sorted { a, b in
                isLarger(a.value.value, b.value.value)
                    ?? a.key.lexicographicallyPrecedes(b.key) { places[$0].precedes(places[$1]) }
            }
            return sorted.prefix(count).map { path, growth in
                DiffReport.Stack(frames: path.map { places[$0] }, growth: growth)
            }
        }

        /// Whether one part explains more of the function's change than another; nil: they are equal.
        private func isLarger(_ a: Double, _ b: Double) -> Bool? {
            a == b ? nil : growth.value < 0 ? a < b : a > b
        }
    }

    let lines: NodeTable
    private(set) var functions: [Function] = []

    /// - Parameters:
    ///   - kind: the change by which stacks are ranked.
    ///   - depth: frames that tell one way to a function from another.
    ///   - keepsUnchanged: also samples that did not change in this kind, but are something in another.
    init(_ profile: Profile, kind: Int, depth: Int, keepsUnchanged: Bool = false) {
        lines = NodeTable(profile, granularity: .lines)
        let names = NodeTable(profile, granularity: .filefunctions)
        var known: [Int: Int] = [:]
        for sample in profile.samples {
            let value = sample.values[kind]
            guard !value.isNothing || keepsUnchanged else { continue }
            let leaf = sample.locations.first.map { names.nodes[$0][0] } ?? names.stackless
            // A location has a frame at least, so that no more locations than frames are needed.
            let nearest = sample.locations.prefix(depth).flatMap { lines.nodes[$0] }.prefix(depth)
            let path = nearest.isEmpty ? [lines.stackless] : Array(nearest)
            if let index = known[leaf] {
                for column in sample.values.indices { functions[index].values[column] += sample.values[column] }
                functions[index].paths[path, default: .zero] += value
            } else {
                known[leaf] = functions.count
                functions.append(Function(values: sample.values, paths: [path: value], kind: kind))
            }
        }
    }
}
