// SPDX-License-Identifier: Apache-2.0
//
// `peek`: a function between its callers and its callees, with what flows over each call; without a pattern, every
// function so, as pprof's `-tree` shows them.

package import SiltProfile

/// Functions with their callers and callees.
package struct PeekReport: Sendable {
    /// A caller or a callee.
    package struct Call: Sendable {
        package var name: String
        package var place: Place
        /// Whether every call was inlined.
        package var isInlined: Bool
        package var weight: Estimate
    }

    package struct Entry: Sendable {
        package var name: String
        package var place: Place
        package var flat: Estimate
        package var cum: Estimate
        package var cumInterval: ClosedRange<Double>?
        /// `flat` of this entry and of all above it.
        package var sum: Double
        /// Largest first.
        package var callers: [Call]
        package var callees: [Call]
    }

    package var header: ReportHeader
    package var summary: ReportSummary
    package var entries: [Entry]
    package var notes: [String]

    /// - Parameters:
    ///   - pattern: functions to show; nil: all that `options` leaves.
    ///   - options: with a pattern use a fraction of 0, as pprof's peek does, or callers may be dropped.
    ///   - edgeFraction: calls that carry a smaller part of the total are left out; pprof's `-tree` has 0.001.
    package init(
        _ profile: Profile, kind: Int, matching pattern: Pattern? = nil,
        options: ReportOptions = ReportOptions(nodeFraction: 0), edgeFraction: Double = 0, interval: IntervalRule? = nil
    ) {
        let table = NodeTable(profile, granularity: options.granularity)
        var matcher = Matcher(pattern)
        let wanted = table.places.map { pattern == nil || matcher.matches($0.name) }
        let whole = CallGraph(profile, kind: kind, table: table, connected: wanted)
        let selection = Selection(whole, options: options, interval: interval)
        var kept = Array(repeating: false, count: table.places.count)
        for node in selection.nodes { kept[node] = true }
        let isWhole = selection.summary.count == whole.present.count
        let graph =
            isWhole ? whole : CallGraph(profile, kind: kind, table: table, kept: kept, connected: wanted)
        header = ReportHeader(profile, kind: kind)
        summary = selection.summary
        notes = profile.notes(kind: kind)
        let cutoff = (graph.total.value * edgeFraction).magnitude.rounded(.down)
        let edges = graph.edges.filter { $0.value.weight.value.magnitude >= cutoff }
        let callers = Dictionary(grouping: edges.keys, by: \.callee)
        let callees = Dictionary(grouping: edges.keys, by: \.caller)
        var sum = 0.0
        entries = selection.nodes.filter { wanted[$0] }.map { number in
            let node = graph.nodes[number]
            let place = table.places[number]
            sum += node.flat.value
            return Entry(
                name: place.name, place: place, flat: node.flat, cum: node.cum, cumInterval: interval?(node.cum),
                sum: sum,
                callers: Self.calls(callers[number] ?? [], of: edges) { table.places[$0.caller] },
                callees: Self.calls(callees[number] ?? [], of: edges) { table.places[$0.callee] })
        }
        if let pattern, entries.isEmpty { notes.append("\(pattern) matches no function of this profile.") }
    }

    private static func calls(
        _ keys: [CallGraph.Call], of edges: [CallGraph.Call: CallGraph.Edge], at end: (CallGraph.Call) -> Place
    ) -> [Call] {
        let calls = keys.compactMap { key in
            edges[key].map { edge in
                Call(name: end(key).name, place: end(key), isInlined: edge.isInlined, weight: edge.weight)
            }
        }
        return calls.sorted { a, b in
            let (x, y) = (a.weight.value.magnitude, b.weight.value.magnitude)
            if x != y { return x > y }
            return a.name != b.name ? a.name < b.name : a.place.precedes(b.place)
        }
    }

    /// The report for a terminal: of each function its callers above it, its callees below.
    package func text(width: Int? = nil) -> String {
        let unit = header.kind.unit
        let figures = entries.flatMap { entry in
            [entry.flat.value != 0 ? entry.flat.value : entry.cum.value]
                + (entry.callers + entry.callees).map(\.weight.value)
        }
        let scale = FigureScale(unit: unit, figures: figures, total: summary.reference)
        var table = Table(
            ["flat", "flat%", "sum%", "cum", "cum%", "samples", "calls", "calls%"].map {
                Table.Column($0, isFigure: true)
            } + [Table.Column("+ context")])
        func add(_ calls: [Call], of entry: Entry) {
            for call in calls {
                let share = formatShare(call.weight.value, of: entry.cum.value)
                table.rows.append(
                    ["", "", "", "", "", "", scale.text(call.weight.value), share]
                        + ["|   " + call.name + (call.isInlined ? " (inline)" : "")])
            }
        }
        let reference = summary.reference
        for (index, entry) in entries.enumerated() {
            if index > 0 { table.rows.append(Array(repeating: "", count: 8) + ["+---"]) }
            add(entry.callers, of: entry)
            table.rows.append([
                scale.text(entry.flat.value), formatShare(entry.flat.value, of: reference),
                formatShare(entry.sum, of: reference), scale.text(entry.cum.value),
                formatShare(entry.cum.value, of: reference), "\(entry.cum.samples)", "", "", "| " + entry.name,
            ])
            add(entry.callees, of: entry)
        }
        let lines = header.lines() + summary.lines(unit: unit, scale: scale)
        return lines.map { $0 + "\n" }.joined() + table.text(width: width) + noteLines(notes)
    }
}
