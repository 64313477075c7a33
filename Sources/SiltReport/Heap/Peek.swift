// SPDX-License-Identifier: Apache-2.0
//
// `peek`: a function between its callers and its callees, with what flows over each call.

package import SiltProfile
package import SiltSymbols

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
    ///   - kind: one of the profile's.
    ///   - pattern: functions to show.
    package init(_ profile: Profile, kind: Profile.Kind, matching pattern: Pattern) {
        let table = NodeTable(profile, granularity: .functions)
        var matcher = Matcher(pattern)
        let wanted = table.places.map { matcher.matches($0.name) }
        let graph = CallGraph(profile, kind: kind, table: table, connected: wanted)
        // Callers and callees are shown however small they are.
        let selection = Selection(graph, options: ReportOptions(nodeFraction: 0), interval: nil)
        header = ReportHeader(profile, kind: kind)
        summary = selection.summary
        notes = profile.notes(kind: kind)
        let edges = graph.edges
        let callers = Dictionary(grouping: edges.keys, by: \.callee)
        let callees = Dictionary(grouping: edges.keys, by: \.caller)
        var sum = 0.0
        entries = selection.nodes.filter { wanted[$0] }.map { number in
            let node = graph.nodes[number]
            let place = table.places[number]
            sum += node.flat.value
            return Entry(
                name: place.name, place: place, flat: node.flat, cum: node.cum, sum: sum,
                callers: Self.calls(callers[number] ?? [], of: edges) { table.places[$0.caller] },
                callees: Self.calls(callees[number] ?? [], of: edges) { table.places[$0.callee] })
        }
        if entries.isEmpty { notes.append("\(pattern) matches no function of this profile.") }
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
            Table.Column.figures(
                ["flat", "flat%", "sum%", "cum", "cum%", "samples", "calls", "calls%"],
                leavingOut: ["sum%", "cum%", "flat%", "samples", "calls%"]) + [Table.Column("+ context")])
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
