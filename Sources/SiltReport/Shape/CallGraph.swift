// SPDX-License-Identifier: Apache-2.0
//
// Flat and cumulative figures of every node of a profile, and of every call between two. The arithmetic behind top,
// peek and tree; it knows nothing of text.

import SiltProfile

/// A profile summed up by node, as pprof does it.
///
/// A sample counts once in the `cum` of a node, however often the node stands in its stack, and once in the weight of
/// a call. Inlined frames are nodes of their own.
struct CallGraph {
    struct Node {
        var flat = Estimate.zero
        var cum = Estimate.zero
        /// Stands in a stack as a function put into its caller by the compiler.
        var isInlined = false
        /// Stands in a stack as a function that was really called.
        var isCalled = false
    }

    struct Call: Hashable {
        var caller: Int
        var callee: Int
    }

    struct Edge {
        var weight = Estimate.zero
        /// Whether every such call was inlined.
        var isInlined = true
    }

    let table: NodeTable
    private(set) var nodes: [Node]
    /// Only those asked for.
    private(set) var edges: [Call: Edge] = [:]
    private(set) var total = Estimate.zero
    /// Sum of the samples' absolute values: what shares relate to, also in a diff.
    private(set) var magnitude = 0.0

    /// - Parameters:
    ///   - connected: by node number: nodes whose calls are summed up, to and fro. nil: none.
    /// - Complexity: O(frames of all samples).
    init(_ profile: Profile, kind: Profile.Kind, table: NodeTable, connected: [Bool]? = nil) {
        self.table = table
        nodes = Array(repeating: Node(), count: table.places.count)
        // The number of the sample that last counted in a node: cheaper than clearing a flag of all nodes for each
        // sample.
        var seen = Array(repeating: 0, count: nodes.count)
        var seenCalls: [Call: Int] = [:]
        var number = 0
        let column = profile.column(of: kind)
        for sample in profile.samples {
            let value = sample.values[column]
            guard value.samples != 0 || value.value != 0 else { continue }
            number += 1
            total += value
            magnitude += value.value.magnitude
            if sample.locations.isEmpty {
                nodes[table.stackless].flat += value
                nodes[table.stackless].cum += value
                continue
            }
            var caller: Int?
            for location in sample.locations.reversed() {
                let frames = table.nodes[location]
                for index in frames.indices.reversed() {
                    let node = frames[index]
                    if seen[node] != number {
                        seen[node] = number
                        nodes[node].cum += value
                    }
                    let isInlined = index != frames.count - 1
                    if let caller, caller != node {
                        if isInlined { nodes[node].isInlined = true } else { nodes[node].isCalled = true }
                        if let connected, connected[caller] || connected[node] {
                            let call = Call(caller: caller, callee: node)
                            if seenCalls.updateValue(number, forKey: call) != number {
                                edges[call, default: Edge()].weight += value
                            }
                            if !isInlined { edges[call]?.isInlined = false }
                        }
                    }
                    caller = node
                }
            }
            if let caller { nodes[caller].flat += value }
        }
    }

    /// Nodes that carry anything.
    var present: [Int] { nodes.indices.filter { nodes[$0].cum.isVisible || nodes[$0].flat.isVisible } }

    /// Nodes from large to small: by magnitude of what `order` names, then by name.
    func sorted(_ chosen: [Int], by order: ReportOptions.Order) -> [Int] {
        let names = table.places.map(\.name)
        func key(_ node: Int) -> (Double, Double) {
            let flat = nodes[node].flat.value.magnitude
            let cum = nodes[node].cum.value.magnitude
            return order == .flat ? (flat, cum) : (cum, flat)
        }
        return chosen.sorted { a, b in
            let (x, y) = (key(a), key(b))
            if x.0 != y.0 { return x.0 > y.0 }
            if names[a] != names[b] { return names[a] < names[b] }
            if x.1 != y.1 { return x.1 > y.1 }
            return table.places[a].precedes(table.places[b])
        }
    }
}
