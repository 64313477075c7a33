// SPDX-License-Identifier: Apache-2.0
//
// All stacks of profiles merged from their roots, line by line: what both forms of the flame graph are made of.
// It holds figures and names and knows neither pixels nor HTML.

import SiltHost
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
    private var edges = Interner<Edge>()

    /// Where the stacks of one profile end.
    struct Ends {
        /// Nodes, in the order of the samples, and what ends there: one figure a kind.
        fileprivate(set) var leaves: [Int] = []
        fileprivate(set) var figures: [[Estimate]] = []
        /// The first of the samples that end at each leaf: all of one leaf are of one function.
        fileprivate(set) var sampleOfLeaf: [Int] = []
    }

    /// Adds the stacks of a profile; what it shares with those that are there is stored once.
    ///
    /// - Complexity: O(frames of all samples).
    mutating func add(_ profile: Profile) -> Ends {
        var ends = Ends()
        var leafOfNode: [Int: Int] = [:]
        let framesOfLocation = profile.locations.map { location in
            frameList(of: location, in: profile)
        }
        for (index, sample) in profile.samples.enumerated() {
            var node = 0
            if let reason = sample.truncated {
                let frame = Frame(
                    name: names.index(of: printable(cutFrameName(reason))), file: files.index(of: ""), line: 0,
                    module: modules.index(of: ""))
                node = child(of: node, frame: frameTable.index(of: frame))
            }
            for location in sample.locations.reversed() {
                for frame in framesOfLocation[location].reversed() {
                    node = child(of: node, frame: frame)
                }
            }
            if let leaf = leafOfNode[node] {
                for column in sample.values.indices { ends.figures[leaf][column] += sample.values[column] }
            } else {
                leafOfNode[node] = ends.leaves.count
                ends.leaves.append(node)
                ends.figures.append(sample.values)
                ends.sampleOfLeaf.append(index)
            }
        }
        return ends
    }

    /// What each node holds of a kind, itself and all below it.
    struct Totals {
        var net: [Estimate]
        /// The sum of the absolute values in it.
        var gross: [Double]
        /// Whether it holds anything of a function that grew, and of one that shrank.
        var holdsGrown: [Bool]
        var holdsShrunk: [Bool]
    }

    /// - Parameters:
    ///   - ends: of a profile in this tree.
    ///   - changes: by sample, what `diff` says of its function.
    func totals(of ends: Ends, _ column: Profile.Column, changes: [Judgement.Change]) -> Totals {
        let nothing = Array(repeating: false, count: parents.count)
        var totals = Totals(
            net: Array(repeating: .zero, count: parents.count), gross: Array(repeating: 0, count: parents.count),
            holdsGrown: nothing, holdsShrunk: nothing)
        for (leaf, node) in ends.leaves.enumerated() {
            totals.net[node] += ends.figures[leaf][column]
            totals.gross[node] += ends.figures[leaf][column].value.magnitude
            if changes[ends.sampleOfLeaf[leaf]] == .grew { totals.holdsGrown[node] = true }
            if changes[ends.sampleOfLeaf[leaf]] == .shrank { totals.holdsShrunk[node] = true }
        }
        for node in parents.indices.dropFirst().reversed() {
            totals.net[parents[node]] += totals.net[node]
            totals.gross[parents[node]] += totals.gross[node]
            if totals.holdsGrown[node] { totals.holdsGrown[parents[node]] = true }
            if totals.holdsShrunk[node] { totals.holdsShrunk[parents[node]] = true }
        }
        return totals
    }

    private struct Edge: Hashable {
        var parent: Int
        var frame: Int
    }

    private mutating func child(of parent: Int, frame: Int) -> Int {
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
        let module = location.mapping.map { printable(String(baseName(profile.mappings[$0].path))) } ?? ""
        let found: [SiltSymbols.Frame?] = location.frames.isEmpty ? [nil] : location.frames
        return found.map { frame in
            let place = Place(frame, at: location, in: profile, granularity: .functions)
            return frameTable.index(
                of: Frame(
                    name: names.index(of: printable(place.name)), file: files.index(of: printable(frame?.file ?? "")),
                    line: frame?.line ?? 0,
                    module: modules.index(of: module)))
        }
    }
}
