// SPDX-License-Identifier: Apache-2.0
//
// The explanation for a terminal: the verdict in the first line, then who, then what to do.

import SiltHost
import SiltProfile

extension Explanation {
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut. Sentences and commands stay whole.
    package func text(width: Int? = nil) -> String {
        func cut(_ name: String, in parts: String...) -> String {
            let name = printable(name)
            return width.map { shortened(name, to: max(20, $0 - parts.reduce(0) { $0 + $1.count })) } ?? name
        }
        var lines = ["Verdict: \(words)"] + subject + [sentence] + doubts
        for finding in findings {
            let interval = formatInterval(finding.interval, of: finding.figure, unit: unit)
            let figure =
                "  \(formatFigure(finding.figure.value, unit: unit))\(interval.isEmpty ? "" : " " + interval)  "
            let course = finding.course.map { " (\($0))" } ?? ""
            // On a narrow terminal it has a line of its own.
            let isBelow = width.map { $0 - figure.count - course.count < 20 } ?? false
            let beside = isBelow ? "" : course
            lines.append(figure + cut(finding.place.name, in: figure, beside) + beside)
            if isBelow, !course.isEmpty { lines.append("   " + cut(course, in: "   ")) }
            lines += finding.callers.map { "    from " + cut($0.name, in: "    from ") }
        }
        lines += facts
        if !next.isEmpty { lines += ["Next:"] + next.map { "  " + $0 } }
        return lines.map { printable($0) + "\n" }.joined()
    }
}
