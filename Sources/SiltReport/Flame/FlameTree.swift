// SPDX-License-Identifier: Apache-2.0
//
// All stacks of a profile merged from their roots, line by line: what both forms of the flame graph are drawn from.
// It holds figures and names and knows neither pixels nor HTML.

import SiltProfile
import SiltSymbols

/// A prefix tree of stacks. A node's parent always has the smaller number; node 0 is the root of all.
struct FlameTree {
    struct Frame: Hashable {
        /// Indices into ``names``, ``files`` and ``modules``.
        var name: Int
        var file: Int
        var line: Int
        var module: Int
    }

    private(set) var names = Interner<String>()
    private(set) var files = Interner<String>()
    private(set) var modules = Interner<String>()
    private var frameTable = Interner<Frame>()
    var frames: [Frame] { frameTable.values }
    /// By node; the root is its own parent and has no frame.
    private(set) var parents = [0]
    private(set) var frameOfNode = [-1]
    /// The nodes at which stacks end, in the order of the samples, and what ends there: one figure a kind.
    private(set) var leaves: [Int] = []
    private(set) var figures: [[Estimate]] = []

    /// - Complexity: O(frames of all samples).
    init(_ profile: Profile) {
        var edges = Interner<Edge>()
        var leafOfNode: [Int: Int] = [:]
        let framesOfLocation = profile.locations.map { location in
            frameList(of: location, in: profile)
        }
        for sample in profile.samples {
            var node = 0
            if let reason = sample.truncated {
                let frame = Frame(
                    name: names.index(of: cutFrameName(reason)), file: files.index(of: ""), line: 0,
                    module: modules.index(of: ""))
                node = child(of: node, frame: frameTable.index(of: frame), in: &edges)
            }
            for location in sample.locations.reversed() {
                for frame in framesOfLocation[location].reversed() {
                    node = child(of: node, frame: frame, in: &edges)
                }
            }
            if let leaf = leafOfNode[node] {
                for kind in sample.values.indices { figures[leaf][kind] += sample.values[kind] }
            } else {
                leafOfNode[node] = leaves.count
                leaves.append(node)
                figures.append(sample.values)
            }
        }
    }

    /// What each node holds in a column, itself and all below it, and the sum of the absolute values in that.
    func totals(_ column: Profile.Column) -> (net: [Estimate], gross: [Double]) {
        var net = Array(repeating: Estimate.zero, count: parents.count)
        var gross = Array(repeating: 0.0, count: parents.count)
        for (leaf, node) in leaves.enumerated() {
            net[node] += figures[leaf][column]
            gross[node] += figures[leaf][column].value.magnitude
        }
        for node in parents.indices.dropFirst().reversed() {
            net[parents[node]] += net[node]
            gross[parents[node]] += gross[node]
        }
        return (net, gross)
    }

    private struct Edge: Hashable {
        var parent: Int
        var frame: Int
    }

    private mutating func child(of parent: Int, frame: Int, in edges: inout Interner<Edge>) -> Int {
        // The root is no edge's end.
        let node = edges.index(of: Edge(parent: parent, frame: frame)) + 1
        if node == parents.count {
            parents.append(parent)
            frameOfNode.append(frame)
        }
        return node
    }

    /// Innermost first, as the location has them.
    private mutating func frameList(of location: Profile.Location, in profile: Profile) -> [Int] {
        let module = location.mapping.map { String(baseName(profile.mappings[$0].path)) } ?? ""
        let found: [SiltSymbols.Frame?] = location.frames.isEmpty ? [nil] : location.frames
        return found.map { frame in
            let place = Place(frame, at: location, in: profile, granularity: .functions)
            return frameTable.index(
                of: Frame(
                    name: names.index(of: place.name), file: files.index(of: frame?.file ?? ""), line: frame?.line ?? 0,
                    module: modules.index(of: module)))
        }
    }
}
