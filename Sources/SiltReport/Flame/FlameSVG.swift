// SPDX-License-Identifier: Apache-2.0
//
// The flame graph as a picture: one SVG file without a script, for tickets, documents and pages that allow none.
// Frames too narrow to see are left out, and the picture says how much they hold.

package import SiltProfile

extension Profile {
    /// A flame graph as an SVG file; each frame has a `<title>` that viewers show as a tooltip.
    ///
    /// - Parameters:
    ///   - kind: one of ``kinds``; nil: the last, as pprof does.
    ///   - title: nil: the programs' names.
    ///   - folded: the same samples as `diff` shows them, their runtime frames folded; nil: as they are.
    package func flameSVG(kind: Profile.Kind? = nil, title: String? = nil, judgedAs folded: Profile? = nil) -> String {
        let kind = kind ?? kinds[kinds.count - 1]
        var tree = FlameTree()
        let ends = tree.add(self)
        let totals = tree.totals(
            of: ends, column(of: kind), changes: (folded ?? self).changeOfSamples(kind: kind))
        let picture = FlamePicture(
            tree: tree, totals: totals, unit: kind.unit, isDiff: isDifference(kind: kind),
            confidence: confidence(in: kind))
        return picture.svg(title: "\(title ?? flameTitle): \(kind.name)", notes: notes(kind: kind))
    }
}

private struct FlamePicture {
    private static let width = 1200.0
    private static let rowHeight = 18
    private static let letterWidth = 7.0

    private struct Box {
        /// Nodes of the tree that the picture shows as one: the same function under the same callers.
        var nodes: [Int]
        var depth: Int
        var x: Double
        var width: Double
    }

    private let tree: FlameTree
    private let unit: String
    private let isDiff: Bool
    private let confidence: Confidence?
    private let totals: FlameTree.Totals
    private var boxes: [Box] = []
    /// Frames left out, without counting those below them.
    private var hidden = 0

    init(tree: FlameTree, totals: FlameTree.Totals, unit: String, isDiff: Bool, confidence: Confidence?) {
        self.tree = tree
        self.unit = unit
        self.isDiff = isDiff
        self.confidence = confidence
        self.totals = totals
        place()
    }

    /// Lays the boxes out from wide to narrow, ties by name.
    private mutating func place() {
        var children = Array(repeating: [Int](), count: tree.parents.count)
        let gross = totals.gross
        for node in tree.parents.indices.dropFirst() where gross[node] > 0 { children[tree.parents[node]].append(node) }
        guard gross[0] > 0 else { return }
        let scale = Self.width / gross[0]
        var open = [Box(nodes: [0], depth: 0, x: 0, width: Self.width)]
        while let box = open.popLast() {
            boxes.append(box)
            var merged: [Int: [Int]] = [:]
            for child in box.nodes.flatMap({ children[$0] }) { merged[name(of: child), default: []].append(child) }
            let siblings = merged.map { (name: $0.key, nodes: $0.value, gross: $0.value.reduce(0) { $0 + gross[$1] }) }
                .sorted { ($1.gross, tree.names.values[$0.name]) < ($0.gross, tree.names.values[$1.name]) }
            var x = box.x
            for sibling in siblings {
                let width = sibling.gross * scale
                if width < 0.5 {
                    hidden += 1
                    continue
                }
                open.append(Box(nodes: sibling.nodes, depth: box.depth + 1, x: x, width: width))
                x += width
            }
        }
    }

    private func name(of node: Int) -> Int { tree.frames[tree.frameOfNode[node]].name }

    func svg(title: String, notes: [String]) -> String {
        let rows = (boxes.map(\.depth).max() ?? 0) + 1
        let top = 34
        var lines = notes
        if hidden > 0 { lines.append("\(hidden) frames are too narrow to be drawn.") }
        if isDiff {
            lines.append("Width: how much changed. Red grew, blue shrank; grey: both, or not more than noise.")
        }
        let height = top + rows * Self.rowHeight + 10 + lines.count * 16
        var svg = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(height)" role="img">
            <title>\(escapedForMarkup(title))</title>
            <style>
            .back { fill: #fff } text { font: 12px monospace; fill: #16191d } .head { font: bold 15px sans-serif }
            .note { font: 12px sans-serif }
            .c0 { fill: hsl(28 80% 80%) } .c1 { fill: hsl(42 80% 78%) } .c2 { fill: hsl(14 75% 82%) }
            .grew { fill: hsl(8 85% 76%) } .shrank { fill: hsl(212 80% 78%) } .even { fill: hsl(220 8% 86%) }
            @media (prefers-color-scheme: dark) {
            .back { fill: #14171a } text { fill: #f6f7f8 }
            .c0 { fill: hsl(28 45% 30%) } .c1 { fill: hsl(42 45% 26%) } .c2 { fill: hsl(14 40% 33%) }
            .grew { fill: hsl(8 55% 36%) } .shrank { fill: hsl(212 50% 36%) } .even { fill: hsl(220 6% 32%) }
            }
            </style>
            <rect class="back" width="100%" height="100%"/>
            <text class="head" x="4" y="20">\(escapedForMarkup(title)), \(escapedForMarkup(figure(totals.net[0], in: interval(totals.net[0]))))</text>

            """
        for box in boxes { svg += element(box, top: top) }
        for (index, line) in lines.enumerated() {
            let y = top + rows * Self.rowHeight + 20 + index * 16
            svg += "<text class=\"note\" x=\"4\" y=\"\(y)\">\(escapedForMarkup(line))</text>\n"
        }
        return svg + "</svg>\n"
    }

    private func element(_ box: Box, top: Int) -> String {
        let y = top + box.depth * Self.rowHeight
        let label = box.depth == 0 ? "all" : tree.names.values[name(of: box.nodes[0])]
        let total = box.nodes.reduce(Estimate.zero) { $0 + totals.net[$1] }
        let interval = interval(total)
        let width = box.nodes.reduce(0.0) { $0 + totals.gross[$1] }
        var tip = "\(label)\n\(figure(total, in: interval)), \(formatShare(width, of: totals.gross[0]))"
        for place in places(box.nodes).prefix(4) { tip += "\n" + place }
        let room = Int(saturating: (box.width - 6) / Self.letterWidth)
        let text = label.count <= room ? label : label.prefix(max(room, 1) - 1) + "…"
        let shown = """
            <text x="\(fixed(box.x + 3, decimals: 1))" y="\(y + 13)">\(escapedForMarkup(text))</text>
            """
        return """
            <g><title>\(escapedForMarkup(tip))</title><rect class="\(colour(box, total: total, in: interval, width: width))" \
            x="\(fixed(box.x, decimals: 1))" y="\(y)" width="\(fixed(max(box.width - 0.5, 0.3), decimals: 1))" \
            height="\(Self.rowHeight - 1)"/>\(room < 3 ? "" : shown)</g>

            """
    }

    /// Nil where none can be told, or the figure is exact.
    private func interval(_ estimate: Estimate) -> Interval? {
        guard let interval = confidence?.interval(of: estimate), !interval.isExact else { return nil }
        return interval
    }

    private func figure(_ estimate: Estimate, in interval: Interval?) -> String {
        let value = formatFigure(estimate.value, unit: unit)
        let signed = isDiff && estimate.value > 0 ? "+" + value : value
        let range = interval.map { $0.lower...$0.upper }
        return range == nil ? signed : "\(signed) \(formatInterval(range, of: estimate, unit: unit))"
    }

    /// Source places from heavy to light, ties by their text.
    private func places(_ nodes: [Int]) -> [String] {
        var weights: [String: Double] = [:]
        for node in nodes where node > 0 {
            let frame = tree.frames[tree.frameOfNode[node]]
            let file = tree.files.values[frame.file]
            guard !file.isEmpty else { continue }
            weights[frame.line > 0 ? "\(file):\(frame.line)" : file, default: 0] += totals.gross[node]
        }
        return weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// In a diff, grey where as much went as came, where noise explains the figure, and where none of the functions in
    /// it is more than noise to `diff`; page/estimates.js has the same rule.
    private func colour(_ box: Box, total: Estimate, in interval: Interval?, width: Double) -> String {
        if isDiff {
            let holds = total.value > 0 ? totals.holdsGrown : totals.holdsShrunk
            let isNoise = interval?.contains(0) ?? (total.value == 0)
            if isNoise || total.value.magnitude < 0.1 * width || !box.nodes.contains(where: { holds[$0] }) {
                return "even"
            }
            return total.value > 0 ? "grew" : "shrank"
        }
        // Neighbours differ, and a function keeps its colour from picture to picture.
        let label = box.depth == 0 ? "" : tree.names.values[name(of: box.nodes[0])]
        return "c\(label.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff } % 3)"
    }
}
