// SPDX-License-Identifier: Apache-2.0
//
// `top`: what each function holds itself (flat) and with all it calls (cum), as `go tool pprof -top` shows it.
// Rows first, text second, so that machine formats share the rows.

package import SiltProfile

/// Who holds memory, the largest first.
package struct TopReport: Sendable {
    package struct Row: Sendable {
        /// As shown; see ``Place/name``.
        package var name: String
        package var place: Place
        package var inlining: Inlining
        package var flat: Estimate
        package var cum: Estimate
        /// Of `flat`; nil without a rule that gives it.
        package var flatInterval: ClosedRange<Double>?
        package var cumInterval: ClosedRange<Double>?
        /// `flat` of this row and of all above it.
        package var sum: Double
        /// Of what makes up `flat`; empty if the profile does not know.
        package var ages: Ages
    }

    /// Whether the compiler had put a node into its callers.
    package enum Inlining: String, Sendable {
        case none = ""
        case partly = "(partial-inline)"
        case always = "(inline)"
    }

    package var header: ReportHeader
    package var summary: ReportSummary
    package var order: ReportOptions.Order
    package var rows: [Row]
    package var notes: [String]

    /// - Parameters:
    ///   - kind: one of the profile's.
    ///   - interval: gives figures their interval; nil leaves the column away.
    /// - Complexity: O(frames of all samples).
    package init(
        _ profile: Profile, kind: Profile.Kind, options: ReportOptions = ReportOptions(), interval: IntervalRule? = nil
    ) {
        let table = NodeTable(profile, granularity: options.granularity)
        let graph = CallGraph(profile, kind: kind, table: table)
        let selection = Selection(graph, options: options, interval: interval)
        header = ReportHeader(profile, kind: kind)
        summary = selection.summary
        order = options.order
        notes = profile.notes(kind: kind)
        var ages: [Int: [Ages]] = [:]
        for sample in profile.samples where !sample.ages.isEmpty {
            ages[sample.locations.first.map { table.nodes[$0][0] } ?? table.stackless, default: []].append(sample.ages)
        }
        var sum = 0.0
        rows = selection.nodes.map { number in
            let node = graph.nodes[number]
            sum += node.flat.value
            return Row(
                name: table.places[number].name, place: table.places[number],
                inlining: !node.isInlined ? .none : node.isCalled ? .partly : .always, flat: node.flat,
                cum: node.cum, flatInterval: interval?(node.flat), cumInterval: interval?(node.cum), sum: sum,
                ages: Ages(merging: ages[number] ?? []))
        }
    }

    /// The report for a terminal.
    ///
    /// - Parameters:
    ///   - width: of the terminal, to which names are cut; nil: nothing is cut.
    ///   - isBrief: what it is a report of is left out.
    ///   - showsAges: adds the age that half of the bytes of `flat` have at most, and that of the oldest.
    package func text(width: Int? = nil, isBrief: Bool = false, showsAges: Bool = false) -> String {
        let unit = header.kind.unit
        let scale = FigureScale(
            unit: unit, figures: rows.map { $0.flat.value != 0 ? $0.flat.value : $0.cum.value },
            total: summary.reference)
        let lines =
            header.lines(isBrief ? ReportHeader.Line.warnings : ReportHeader.Line.allCases)
            + summary.lines(unit: unit, scale: scale)
        return lines.map { $0 + "\n" }.joined() + table(scale, unit: unit, showsAges: showsAges).text(width: width)
            + noteLines(notes)
    }

    /// Samples and interval belong to the figure that the rows are sorted by.
    private func table(_ scale: FigureScale, unit: String, showsAges: Bool) -> Table {
        let hasIntervals = rows.contains { leading($0).interval.map { $0.lowerBound != $0.upperBound } ?? false }
        var table = Table(
            Table.Column.figures(
                ["flat", "flat%", "sum%", "cum", "cum%", "samples"],
                leavingOut: ["sum%", "cum%", "flat%", "samples", order == .flat ? "cum" : "flat"]))
        if hasIntervals { table.columns.append(Table.Column("±\(order.rawValue)", isFigure: true)) }
        if showsAges { table.columns += ["age", "oldest"].map { Table.Column($0, isFigure: true) } }
        table.columns.append(Table.Column("name"))
        // Who it is matters more than a second figure of it.
        table.least = 30
        let reference = summary.reference
        for row in rows {
            let (figure, interval) = leading(row)
            var cells = [
                scale.text(row.flat.value), formatShare(row.flat.value, of: reference),
                formatShare(row.sum, of: reference), scale.text(row.cum.value),
                formatShare(row.cum.value, of: reference), "\(figure.samples)",
            ]
            if hasIntervals {
                cells.append(figure.isNothing ? "" : formatInterval(interval, of: figure, unit: unit))
            }
            if showsAges {
                for age in [row.ages.median, row.ages.oldest] {
                    cells.append(age.map { formatDuration(seconds: $0 / .seconds(1)) } ?? "")
                }
            }
            cells.append(row.inlining == .none ? row.name : "\(row.name) \(row.inlining.rawValue)")
            table.rows.append(cells)
        }
        return table
    }

    private func leading(_ row: Row) -> (figure: Estimate, interval: ClosedRange<Double>?) {
        order == .flat ? (row.flat, row.flatInterval) : (row.cum, row.cumInterval)
    }
}
