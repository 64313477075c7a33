// SPDX-License-Identifier: Apache-2.0
//
// The verdict on processes of two builds for people, and for machines that build: JUnit's XML and GitHub's annotations.

import SiltHost
import SiltProfile

extension ReplicaReport {
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        // Functions shown; those that grew are always shown.
        let count = 10
        var text = header.text([.file, .type, .time, .sampling])
        text +=
            "Compared: \(counted(replicas.baseCount, "process", plural: "processes")) with \(replicas.afterCount), by what"
        text += " differs from process to process; figures are means of a process\n\n" + sentence + "\n"
        let proven = rows.dropFirst().count(where: \.figures.isProven)
        let shown = rows.prefix(1 + max(count, proven))
        let hasLoads = shown.contains { $0.figures.growthAtEqualLoad != nil }
        let figures = ["base", "after", "growth", "95%"] + (hasLoads ? ["equal load", "95%"] : [])
        var table = Table(
            Table.Column.figures(figures, leavingOut: ["base", "after"])
                + ["verdict", "function"].map { Table.Column($0) })
        for row in shown {
            let figures = row.figures
            table.rows.append(
                [formatBytes(figures.base), formatBytes(figures.after)] + cells(figures.growth)
                    + (hasLoads ? cells(figures.growthAtEqualLoad) : [])
                    + [figures.isProven ? "grew" : "within", row.title])
            guard figures.isProven else { continue }
            for place in row.frames.dropFirst().prefix(4) {
                table.rows.append(Array(repeating: "", count: table.columns.count - 1) + ["  from \(place.name)"])
            }
        }
        text += "\n" + table.text(width: width)
        if shown.count < rows.count { text += "and \(rows.count - shown.count) more\n" }
        return text + noteLines(notes)
    }

    private func cells(_ factor: Replicas.Factor?) -> [String] {
        guard let factor else { return ["", ""] }
        return [words(factor.value), "\(words(factor.interval.lower)) to \(words(factor.interval.upper))"]
    }

    /// `×1.43`
    private func words(_ factor: Double) -> String { "×" + fixed(factor, decimals: factor < 9.995 ? 2 : 0) }

    private func summary(of row: Row) -> String {
        let figures = row.figures
        let (growth, equal) = (cells(figures.growth), cells(figures.growthAtEqualLoad))
        return "\(formatBytes(figures.base)) to \(formatBytes(figures.after)) a process, \(growth[0]) (\(growth[1]))"
            + (figures.growthAtEqualLoad == nil ? "" : ", at equal load \(equal[0]) (\(equal[1]))")
    }

    /// One test case for the whole heap, and one for each function that grew: failed, skipped where it is undecided, or passed.
    package func junit() -> String {
        let cases = rows.prefix(1) + rows.dropFirst().filter(\.figures.isProven)
        let isHeapUndecided = outcome == .undecided
        let failures = cases.count(where: \.figures.isProven) + (isHeapUndecided && isStrict ? 1 : 0)
        let skipped = isHeapUndecided && !isStrict ? 1 : 0
        let counts = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"silt check\" \(counts)>\n"
        text += "  <testsuite name=\"\(markedUp(program))\" \(counts)>\n"
        for (index, row) in cases.enumerated() {
            text += "    <testcase classname=\"silt.check\" name=\"\(markedUp(row.name))\""
            let message = markedUp(summary(of: row))
            let isUndecided = index == 0 && isHeapUndecided
            if row.figures.isProven || (isUndecided && isStrict) {
                let type = row.figures.isProven ? "exceeded" : "undecided"
                let body = ([summary(of: row)] + row.frames.prefix(32).map { "  from " + $0.name })
                    .map { markedUp($0) + "\n" }.joined()
                text += ">\n      <failure type=\"\(type)\" message=\"\(message)\">\(body)</failure>\n    </testcase>\n"
            } else if isUndecided {
                text += ">\n      <skipped message=\"undecided: \(message)\"/>\n    </testcase>\n"
            } else {
                text += "/>\n"
            }
        }
        let output = ([sentence] + notes).map { markedUp($0) + "\n" }.joined()
        return text + "    <system-out>\(output)</system-out>\n  </testsuite>\n</testsuites>\n"
    }

    package var marks: [CodeMark] {
        rows.dropFirst().filter(\.figures.isProven).map { row in
            CodeMark(
                places: row.frames,
                lines: ["grew: \(summary(of: row))"] + row.frames.prefix(16).map { printable($0.name) })
        }
    }

    package var closing: [String] { [sentence] }
}

extension ReplicaReport.Row {
    /// With file and line.
    fileprivate var title: String { figures.function == nil ? name : frames.first?.name ?? name }
}
