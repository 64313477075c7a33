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
        /// By the nearest frames, as nodes of ``Changes/lines``.
        var paths: [[Int]: Path]
        fileprivate let column: Profile.Column

        var growth: Estimate { values[column] }

        /// The line in the function at which most has changed.
        func mainLine(_ places: [Place]) -> Place {
            var byLine: [Int: Double] = [:]
            for (nodes, path) in paths { byLine[nodes[0], default: 0] += path.growth.value }
            let first = byLine.min { a, b in
                isLarger(a.value, b.value) ?? places[a.key].precedes(places[b.key])
            }
            return first.map { places[$0.key] } ?? Place()
        }

        func stacks(_ count: Int, places: [Place]) -> [DiffReport.Stack] {
            let sorted = paths.sorted { a, b in
                isLarger(a.value.growth.value, b.value.growth.value)
                    ?? a.key.lexicographicallyPrecedes(b.key) { places[$0].precedes(places[$1]) }
            }
            return sorted.prefix(count).map { nodes, path in
                DiffReport.Stack(frames: nodes.map { places[$0] }, growth: path.growth, isGuessed: path.isGuessed)
            }
        }

        /// Whether one part explains more of the function's change than another; nil: they are equal.
        private func isLarger(_ a: Double, _ b: Double) -> Bool? {
            a == b ? nil : growth.value < 0 ? a < b : a > b
        }
    }

    /// What the samples of one way have in common.
    struct Path {
        var growth = Estimate.zero
        /// A sample of them has callers that are likely, not proven.
        var isGuessed = false

        fileprivate mutating func add(_ value: Estimate, isGuessed: Bool) {
            growth += value
            self.isGuessed = self.isGuessed || isGuessed
        }
    }

    let lines: NodeTable
    /// By node of ``lines``: whether it is code of the C++ library, compiled into the program.
    private let isOfCxxHeader: [Bool]
    private(set) var functions: [Function] = []
    /// By sample: its place in ``functions``; nil: nothing of it changed.
    private(set) var functionOfSample: [Int?] = []

    /// - Parameters:
    ///   - kind: the change by which stacks are ranked.
    ///   - options: how many callers tell one way to a function from another, and which frames are none.
    ///   - keepsUnchanged: also samples that did not change in this kind, but are something in another.
    init(
        _ profile: Profile, kind: Profile.Kind, options: DiffReport.Options, keepsUnchanged: Bool = false
    ) {
        lines = NodeTable(profile, granularity: .lines)
        isOfCxxHeader = lines.places.map(\.isOfCxxHeader)
        let names = NodeTable(profile, granularity: .filefunctions)
        let column = profile.column(of: kind)
        var leaves = Interner<Int>()
        for sample in profile.samples {
            let value = sample.values[column]
            guard !value.isNothing || keepsUnchanged else {
                functionOfSample.append(nil)
                continue
            }
            let leaf = sample.locations.first.map { names.nodes[$0][0] } ?? names.stackless
            let path = path(of: sample, length: options.frames + 1, withLibraryFrames: options.showsLibraryFrames)
            let index = leaves.index(of: leaf)
            functionOfSample.append(index)
            if index == functions.count {
                functions.append(Function(values: sample.values, paths: [:], column: column))
            } else {
                for column in sample.values.indices { functions[index].values[column] += sample.values[column] }
            }
            functions[index].paths[path, default: Path()].add(value, isGuessed: sample.isGuessed)
        }
    }

    /// The nearest frames that tell one way to a function from another, as nodes; the function itself comes first.
    private func path(of sample: Profile.Sample, length: Int, withLibraryFrames: Bool) -> [Int] {
        var path: [Int] = []
        for location in sample.locations {
            for node in lines.nodes[location] where path.count < length {
                if path.isEmpty || withLibraryFrames || !isOfCxxHeader[node] { path.append(node) }
            }
            if path.count == length { break }
        }
        return path.isEmpty ? [lines.stackless] : path
    }
}
