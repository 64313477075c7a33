// SPDX-License-Identifier: Apache-2.0
//
// The diff for a terminal: a headline, then the functions that grew, the worst in the first line.

import SiltProfile

extension DiffReport {
    /// - Parameters:
    ///   - width: of the terminal, to which names are cut; nil: nothing is cut.
    ///   - isBrief: what it is a report of is left out.
    package func text(width: Int? = nil, isBrief: Bool = false) -> String {
        let unit = header.kind.unit
        var text = header.text(isBrief ? [.missedFrees] : [.file, .type, .time, .sampling, .missedFrees])
        text += headline + "\n"
        if let resident = comparison.resident { text += resident.lines.map { $0 + "\n" }.joined() }
        if let limit = comparison.limit { text += limit.sentence + "\n" }
        text += "Compared: \(comparison.relation.sentence)\n"
        if rows.isEmpty { text += "\n" + nothingChanged(comparison.resident) }
        for group in Group.allCases {
            let members = rows.filter { $0.group == group }
            guard !members.isEmpty else { continue }
            let sum = members.reduce(0.0) { $0 + $1.growth.value }
            let functions = counted(members.count, "function")
            text +=
                "\n\(group.title(isPerhapsFreed: header.isPerhapsFreed)): \(functions), \(formatFigure(sum, unit: unit))\n"
            text += table(shown(members)).text(width: width)
            let rest = members.dropFirst(options.count ?? members.count)
            if !rest.isEmpty {
                let sum = rest.reduce(0.0) { $0 + $1.growth.value }
                text += "and \(rest.count) more, together \(formatFigure(sum, unit: unit))\n"
            }
        }
        return text + noteLines(notes) + (comparison.threads?.line.map { $0 + "\n" } ?? "")
    }

    /// `inuse_space: 100MB → 612MB, grew by 512MB ±2% in 5m00s, 1.71MB/s`
    var headline: String {
        let unit = header.kind.unit
        var text = header.kind.name + ": "
        if let before = comparison.before, let after = comparison.after {
            text += "\(formatFigure(before.value, unit: unit)) → \(formatFigure(after.value, unit: unit)), "
        }
        let change = growth.value
        if !growth.isVisible {
            text += "no growth"
        } else {
            text += "\(change > 0 ? "grew" : "shrank") by \(formatFigure(change.magnitude, unit: unit))"
        }
        let interval = hasIntervals ? formatInterval(growthInterval, of: growth, unit: unit) : ""
        if !interval.isEmpty { text += " \(interval)" }
        if let seconds = comparison.seconds {
            text += " in \(formatDuration(seconds: seconds)), \(formatRate(change / seconds, unit: unit))"
        }
        if header.isPerhapsFreed, growth.isVisible {
            text += " (or freed unseen)"
        } else if hasIntervals, let growthInterval, growth.isVisible, growthInterval.contains(0) {
            text += " (within noise)"
        }
        return text
    }

    private var hasIntervals: Bool {
        (rows.map(\.interval) + [growthInterval]).contains { $0.map { $0.lowerBound != $0.upperBound } ?? false }
    }

    private func shown(_ members: [Row]) -> [Row] { Array(members.prefix(options.count ?? members.count)) }

    private func table(_ members: [Row]) -> Table {
        let unit = header.kind.unit
        let hasObjects = rows.contains { $0.objects != nil }
        let optional = [
            (hasObjects, "objects"), (comparison.seconds != nil, "rate"), (true, "samples"), (hasIntervals, "±95%"),
        ]
        let titles = ["growth"] + optional.filter(\.0).map(\.1)
        var table = Table(
            Table.Column.figures(titles, leavingOut: ["objects", "samples", "rate"]) + [Table.Column("function")])
        for row in members {
            let interval = formatInterval(row.interval, of: row.growth, unit: unit)
            let cells = [
                (hasObjects, row.objects.map { formatFigure($0.value, unit: "count") } ?? ""),
                (comparison.seconds != nil, row.perSecond.map { formatRate($0, unit: unit) } ?? ""),
                (true, "\(row.growth.samples)"), (hasIntervals, interval),
            ]
            let hint = row.hint.map { " (\($0))" } ?? ""
            let growth = formatFigure(row.growth.value, unit: unit)
            table.rows.append([growth] + cells.filter(\.0).map(\.1) + [row.name + hint])
            guard row.group != .noise || header.isPerhapsFreed else { continue }
            for stack in row.stacks {
                for (index, line) in stack.lines(besides: row.place).enumerated() {
                    // Where there are several ways to a function, each says what it carries.
                    let own = index == 0 && row.stacks.count > 1 ? formatFigure(stack.growth.value, unit: unit) : ""
                    table.rows.append([own] + Array(repeating: "", count: titles.count - 1) + ["  " + line])
                }
            }
        }
        return table
    }
}

/// In place of a table; where resident memory grew, malloc's memory alone is meant.
func nothingChanged(_ resident: ResidentGrowth?) -> String {
    resident?.isMoreThanHeap == true ? "Nothing changed in what malloc gave.\n" : "Nothing changed.\n"
}

extension DiffReport.Stack {
    /// Where it comes from, a line a frame, and first where it is itself unless that is `known`.
    func lines(besides known: Place? = nil) -> [String] {
        let own = frames.first == known ? [] : frames.prefix(1).map { "at " + $0.name }
        return own + frames.dropFirst().map { "from " + $0.name } + (isGuessed ? [guessedLine] : [])
    }
}

extension Diff.Relation {
    var sentence: String {
        switch self {
        case .sameProcess: "samples matched within one process: only what came or went is uncertain"
        case .independent: "independent profiles: their uncertainties add up"
        case .mixed: "processes in both matched by sample, the others taken whole"
        }
    }
}

extension DiffReport.Group {
    /// - Parameter isPerhapsFreed: nothing is known to have grown, since it may have been freed.
    func title(isPerhapsFreed: Bool) -> String {
        switch self {
        case .grew: "Grew"
        case .shrank: "Shrank"
        case .noise: isPerhapsFreed ? "Not proven" : "Within noise"
        }
    }
}
