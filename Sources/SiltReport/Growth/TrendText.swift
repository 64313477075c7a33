// SPDX-License-Identifier: Apache-2.0
//
// The trend for a terminal: a headline, the time that is left, then the functions that grew, the worst in the first
// line, each with its rate and its course.

import SiltProfile

extension TrendReport {
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        var text = header.text([.file, .type, .time, .sampling, .missedFrees])
        text += "Snapshots: \(course.moments.count), at \(course.moments.map(Self.time).joined(separator: ", "))\n"
        text += headline + "\n"
        if let resident { text += resident.lines.map { $0 + "\n" }.joined() }
        if let limit { text += limit.sentence + "\n" }
        text += "Compared: \(relation.sentence)\n"
        if rows.isEmpty { text += "\n" + nothingChanged(resident) }
        for group in DiffReport.Group.allCases {
            let members = rows.filter { $0.group == group }
            guard !members.isEmpty else { continue }
            let functions = counted(members.count, "function")
            text +=
                "\n\(group.title(isPerhapsFreed: header.isPerhapsFreed)): \(functions), \(formatRate(members.reduce(0) { $0 + $1.rate.value }, unit: "bytes"))\n"
            let shown = Array(members.prefix(options.count ?? members.count))
            text += table(shown).text(width: width)
            let rest = members.dropFirst(shown.count)
            if !rest.isEmpty {
                text +=
                    "and \(rest.count) more, together \(formatRate(rest.reduce(0) { $0 + $1.rate.value }, unit: "bytes"))\n"
            }
        }
        return text + noteLines(notes) + (threads?.line.map { $0 + "\n" } ?? "")
    }

    /// `inuse_space: 100MB → 612MB in 20m00s, grows by 25.60MB/min ±2% (steady growth)`, or of what does not surely go on
    /// `grew by 512MB ±2% (growth that slows down)`
    var headline: String {
        var text = header.kind.name + ": "
        if let first = course.levels.first, let last = course.levels.last {
            text += "\(formatBytes(first.value)) → \(formatBytes(last.value)) in \(Self.time(elapsed)), "
        }
        guard course.hasMoved, rate.value != 0 else { return text + "no growth" }
        let words =
            (verdict.map { " (\($0.words(over: course.moments.count)))" } ?? "")
            + (header.isPerhapsFreed ? " (or freed unseen)" : "")
        if let verdict, verdict.shape == .churn || verdict.shape == .flat {
            return text + "no growth that goes on" + words
        }
        let error = error(of: rate)
        let figure = formatRate(rate.value.magnitude, unit: "bytes") + (error.isEmpty ? "" : " " + error)
        // Only of growth that goes on the rate is that of now; anything else has grown, and how it goes on is not said.
        guard let verdict, !verdict.shape.isGrowth else {
            return text + "\(rate.value > 0 ? "grows" : "shrinks") by \(figure)" + words
        }
        if let change, change.contains(0), rate.interval.map({ $0.contains(0) }) ?? true {
            return text + "\(rate.value > 0 ? "" : "-")\(figure), within noise" + words
        }
        let growth = course.growth.value
        let range = formatInterval(change, around: growth, unit: "bytes")
        return text + "\(growth > 0 ? "grew" : "shrank") by \(formatBytes(growth.magnitude))"
            + (range.isEmpty ? "" : " " + range) + words
    }

    private var hasIntervals: Bool {
        ([rate] + rows.map(\.rate)).contains { $0.interval.map { $0.lowerBound < $0.upperBound } ?? false }
    }

    private func table(_ members: [Row]) -> Table {
        var columns = [Table.Column("rate", isFigure: true)]
        if hasIntervals { columns.append(Table.Column("±95%", isFigure: true)) }
        columns += [
            Table.Column("growth", isFigure: true, narrow: .leftOut(2)),
            Table.Column("samples", isFigure: true, narrow: .leftOut(1)), Table.Column("levels"),
            Table.Column("course", narrow: .below), Table.Column("function"),
        ]
        var table = Table(columns)
        for row in members {
            let (growth, samples) = (row.course.growth.value, row.course.fitted.samples)
            var cells = [formatRate(row.rate.value, unit: "bytes")]
            if hasIntervals { cells.append(error(of: row.rate)) }
            let hint = row.hint.map { " (\($0))" } ?? ""
            cells += [formatBytes(growth), "\(samples)", bars(row.course.levels.map(\.value))]
            table.rows.append(cells + [row.verdict?.words(over: course.moments.count) ?? "", row.name + hint])
            guard row.group != .noise || header.isPerhapsFreed else { continue }
            for stack in row.stacks {
                for (index, line) in stack.lines(besides: row.place).enumerated() {
                    // Where there are several ways to a function, each says what it carries.
                    let own = index == 0 && row.stacks.count > 1 ? rate(of: stack.growth.value) : ""
                    table.rows.append([own] + Array(repeating: "", count: columns.count - 2) + ["  " + line])
                }
            }
        }
        return table
    }

    private func error(of rate: Rate) -> String {
        formatInterval(rate.interval, around: rate.value) { formatRate($0, unit: "bytes") }
    }

    private func rate(of growth: Double) -> String {
        elapsed > .zero ? formatRate(growth / (elapsed / .seconds(1)), unit: "bytes") : formatBytes(growth)
    }

    private static func time(_ time: Duration) -> String { formatDuration(seconds: time / .seconds(1)) }
}

extension Course.Verdict {
    /// `steady growth`, or of what is undecided the likeliest: `undecided, likely steady growth (83%)`.
    func words(over snapshots: Int) -> String {
        guard shape == .undecided else { return shape.words }
        let percent = Int((probability * 100).rounded(.down))
        var course = likeliest.words
        // What begins just before the last snapshot looks the same whether it goes on or not.
        if likeliest == .step(snapshots - 1) {
            course = "one step or the beginning of growth, at snapshot \(snapshots)"
        }
        return "undecided, \(probability < 0.5 ? "perhaps" : "likely") \(course) (\(percent)%)"
    }
}

extension Course.Shape {
    /// Snapshots count from 1 for people.
    fileprivate var words: String {
        switch self {
        case .steady: "steady growth"
        case .since(let index): "steady growth since snapshot \(index + 1)"
        case .slowing: "growth that slows down"
        case .step(let index): "one step, at snapshot \(index + 1)"
        case .churn: "churn"
        case .flat: "flat"
        case .shrinking: "shrinking"
        case .undecided: "undecided"
        }
    }
}

/// Figures as a row of bars: `▁▃▅█`, the largest the highest.
private func bars(_ values: [Double]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = values.max() ?? 0
    guard largest > 0 else { return String(repeating: bars[0], count: values.count) }
    return String(
        values.map {
            bars[min(bars.count - 1, Int(saturating: (max(0, $0) / largest * Double(bars.count - 1)).rounded()))]
        })
}
