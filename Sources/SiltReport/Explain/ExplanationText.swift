// SPDX-License-Identifier: Apache-2.0
//
// The explanation for a terminal: the verdict in the first line, then who, then what to do.

import SiltHost
import SiltProfile

extension Explanation {
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        var lines = ["Verdict: \(verdict.words)", sentence] + doubts
        for finding in findings {
            let interval = formatInterval(finding.interval, of: finding.bytes, unit: "bytes")
            let figure = formatBytes(finding.bytes.value) + (interval.isEmpty ? "" : " " + interval)
            lines.append("  \(figure)  \(finding.place.name)\(finding.course.map { " (\($0))" } ?? "")")
            lines += finding.callers.map { "    from " + $0.name }
        }
        lines += facts
        if !next.isEmpty { lines += ["Next:"] + next.map { "  " + $0 } }
        return lines.map { line in
            // Commands are to be copied whole.
            let isCommand = next.contains(String(line.drop { $0 == " " }))
            guard let width, !isCommand, line.count > width else { return printable(line) + "\n" }
            return printable(String(line.prefix(width - 1))) + "…\n"
        }.joined()
    }
}
