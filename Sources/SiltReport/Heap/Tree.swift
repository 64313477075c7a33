// SPDX-License-Identifier: Apache-2.0
//
// `tree`: the calls from the outermost function inwards, each with what is held below it. Unlike peek, a function
// stands once for each way that leads to it.

package import SiltProfile

/// A profile as a call tree, largest branches first.
package struct TreeReport: Sendable {
    package struct Row: Sendable {
        /// 0 for the outermost function.
        package var depth: Int
        package var name: String
        package var place: Place
        package var isInlined: Bool
        /// Held by this function itself, called in this way.
        package var flat: Estimate
        /// With all that it calls.
        package var cum: Estimate
        package var cumInterval: ClosedRange<Double>?
    }

    package var header: ReportHeader
    /// Its nodes are those of the tree.
    package var summary: ReportSummary
    /// From the root down, a node before its children.
    package var rows: [Row]
    package var notes: [String]

    /// - Parameters:
    ///   - kind: one of the profile's.
    ///   - options: a node is dropped with all below it; of a diff, the sum of absolute changes decides, since growth
    ///     and shrinkage below a node may cancel. The order is always by cum.
    /// - Complexity: O(frames of all samples).
    package init(
        _ profile: Profile, kind: Profile.Kind, options: ReportOptions = ReportOptions(), interval: IntervalRule? = nil
    ) {
        let tree = CallTree(profile, kind: kind, table: NodeTable(profile, granularity: options.granularity))
        let cutoff = (tree.root.weight * options.nodeFraction).rounded(.down)
        var shown = tree.preorder { tree.nodes[$0].weight >= cutoff }
        let candidates = shown.count
        if let count = options.nodeCount, count < candidates {
            // A node never weighs more than its parent and comes after it, so the parent of a node that is kept is kept
            // too.
            let heaviest = shown.indices.sorted { a, b in
                let (x, y) = (tree.nodes[shown[a]].weight, tree.nodes[shown[b]].weight)
                return x != y ? x > y : a < b
            }
            shown = heaviest.prefix(count).sorted().map { shown[$0] }
        }
        rows = shown.map { index in
            let node = tree.nodes[index]
            let place = tree.table.places[node.place]
            return Row(
                depth: node.depth, name: place.name, place: place, isInlined: node.isInlined, flat: node.flat,
                cum: node.cum, cumInterval: interval?(node.cum))
        }
        header = ReportHeader(profile, kind: kind)
        summary = ReportSummary(
            shown: rows.reduce(0.0) { $0 + $1.flat.value }, total: tree.root.cum,
            totalInterval: interval?(tree.root.cum), reference: tree.root.weight,
            dropped: tree.nodes.count - 1 - candidates, cutoff: cutoff, candidates: candidates, count: shown.count)
        notes = profile.notes(kind: kind)
    }

    /// The tree for a terminal.
    ///
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        let unit = header.kind.unit
        let scale = FigureScale(unit: unit, figures: rows.map(\.cum.value), total: summary.reference)
        let hasIntervals = rows.contains { $0.cumInterval.map { $0.lowerBound != $0.upperBound } ?? false }
        var table = Table(
            Table.Column.figures(["cum", "cum%", "flat", "samples"], leavingOut: ["samples", "cum%", "flat"]))
        if hasIntervals { table.columns.append(Table.Column("±cum", isFigure: true)) }
        table.columns.append(Table.Column("name"))
        for row in rows {
            var cells = [
                scale.text(row.cum.value), formatShare(row.cum.value, of: summary.reference),
                scale.text(row.flat.value), "\(row.cum.samples)",
            ]
            if hasIntervals { cells.append(formatInterval(row.cumInterval, of: row.cum, unit: unit)) }
            let indent = String(repeating: "  ", count: row.depth)
            cells.append(indent + row.name + (row.isInlined ? " (inline)" : ""))
            table.rows.append(cells)
        }
        let lines = header.lines() + summary.lines(unit: unit, scale: scale)
        return lines.map { $0 + "\n" }.joined() + table.text(width: width) + noteLines(notes)
    }
}

/// The stacks of a profile merged from their root ends.
private struct CallTree {
    struct Node {
        var place: Int
        var depth: Int
        var isInlined: Bool
        var flat = Estimate.zero
        var cum = Estimate.zero
        /// Sum of the absolute values of the samples in it: never more than its parent's.
        var weight = 0.0
        /// Of the children, the one added last; each names the one before it. 0: none.
        var lastChild = 0
        var sibling = 0
    }

    private struct Step: Hashable {
        var parent: Int
        var place: Int
    }

    let table: NodeTable
    /// The first stands for no function: it is the parent of the outermost ones.
    private(set) var nodes = [Node(place: -1, depth: -1, isInlined: false)]
    private var known: [Step: Int] = [:]

    var root: Node { nodes[0] }

    init(_ profile: Profile, kind: Profile.Kind, table: NodeTable) {
        self.table = table
        let column = profile.column(of: kind)
        for sample in profile.samples {
            let value = sample.values[column]
            guard !value.isNothing else { continue }
            var node = 0
            count(value, at: node)
            if sample.locations.isEmpty {
                node = child(of: node, at: table.stackless, isInlined: false)
                count(value, at: node)
            }
            for location in sample.locations.reversed() {
                let frames = table.nodes[location]
                for index in frames.indices.reversed() {
                    // Where the granularity makes caller and callee one, they are one node.
                    if nodes[node].place == frames[index], !table.granularity.tellsCallsApart { continue }
                    node = child(of: node, at: frames[index], isInlined: index != frames.count - 1)
                    count(value, at: node)
                }
            }
            nodes[node].flat += value
        }
    }

    private mutating func count(_ value: Estimate, at node: Int) {
        nodes[node].cum += value
        nodes[node].weight += value.value.magnitude
    }

    private mutating func child(of parent: Int, at place: Int, isInlined: Bool) -> Int {
        let step = Step(parent: parent, place: place)
        if let node = known[step] {
            if !isInlined { nodes[node].isInlined = false }
            return node
        }
        let node = nodes.count
        nodes.append(
            Node(place: place, depth: nodes[parent].depth + 1, isInlined: isInlined, sibling: nodes[parent].lastChild))
        nodes[parent].lastChild = node
        known[step] = node
        return node
    }

    /// Nodes from the root down, siblings from large to small, then by name; what is not wanted goes with all below it.
    func preorder(_ isWanted: (Int) -> Bool) -> [Int] {
        var order: [Int] = []
        var stack = [0]
        while let index = stack.popLast() {
            if index != 0 { order.append(index) }
            var children: [Int] = []
            var child = nodes[index].lastChild
            while child != 0 {
                if isWanted(child) { children.append(child) }
                child = nodes[child].sibling
            }
            stack += children.sorted { precedes($1, $0) }
        }
        return order
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        let (x, y) = (nodes[a].cum.value.magnitude, nodes[b].cum.value.magnitude)
        if x != y { return x > y }
        let (first, second) = (table.places[nodes[a].place], table.places[nodes[b].place])
        return first.name != second.name ? first.name < second.name : first.precedes(second)
    }
}
