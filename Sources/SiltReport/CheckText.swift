// SPDX-License-Identifier: Apache-2.0
//
// The verdict for people: one line that says it, the limits, then the stacks to look at.

import SiltProfile

extension CheckReport {
    /// - Parameters:
    ///   - width: of the terminal, to which names are cut; nil: nothing is cut.
    ///   - frames: shown of each stack.
    public func text(width: Int? = nil, frames: Int = 8) -> String {
        var text = header.lines().filter { !$0.hasPrefix("Duration") }.map { $0 + "\n" }.joined()
        text += "Compared: \(snapshots) snapshots over \(formatDuration(seconds: elapsed / .seconds(1))), "
        text += relation.sentence + "\n\n" + sentence + "\n"
        if !rules.isEmpty { text += "\n" + ruleTable.text(width: width) }
        if accepted > 0 { text += "\(counted(accepted, "stack")) within what the baseline accepts\n" }
        if !stacks.isEmpty {
            text += "\n\(outcome == .failed ? "To blame" : "Grew most"):\n" + stackTable(frames).text(width: width)
        }
        return text + noteLines(notes)
    }

    /// The verdict in one line.
    var sentence: String {
        switch outcome {
        case .passed: "PASSED: all growth is within its limits"
        case .failed: "FAILED: \(counted(rules.count { $0.state == .exceeded }, "limit")) exceeded by more than noise"
        case .undecided:
            "UNDECIDED: no growth beyond a limit is proven, but it cannot be excluded either"
                + (isStrict ? "; that fails, as --strict asks" : "")
        }
    }

    private var ruleTable: Table {
        var table = Table(
            ["limit", "growth", "±95%"].map { Table.Column($0, isFigure: true) }
                + ["verdict", "rule"].map { Table.Column($0) })
        for rule in rules {
            let hint = rule.hint.map { " (to tell: \($0))" } ?? ""
            table.rows.append([
                figure(rule.limit, of: rule), figure(rule.growth.value, of: rule), error(of: rule), rule.state.rawValue,
                rule.name + hint,
            ])
        }
        return table
    }

    private func stackTable(_ frames: Int) -> Table {
        let hasShapes = stacks.contains { $0.shape != nil }
        var table = Table(["growth", "±95%"].map { Table.Column($0, isFigure: true) })
        table.columns += (hasShapes ? ["course", "stack"] : ["stack"]).map { Table.Column($0) }
        for stack in stacks {
            let error = formatInterval(stack.interval, around: stack.growth.value, unit: "bytes")
            let cells = [formatBytes(stack.growth.value), stack.interval.isPoint ? "" : error]
            let names = stack.names(frames)
            table.rows.append(cells + (hasShapes ? [stack.shape?.words ?? ""] : []) + [names.first ?? "<unknown>"])
            for name in names.dropFirst() {
                table.rows.append(Array(repeating: "", count: hasShapes ? 3 : 2) + ["  from " + name])
            }
        }
        return table
    }

    /// What a rule is about, in one line: `grew by 33MB ±10%, limit 8MB`.
    func summary(of rule: Rule) -> String {
        let error = error(of: rule)
        let grew = "grew by \(figure(rule.growth.value, of: rule))\(error.isEmpty ? "" : " " + error)"
        return "\(grew), limit \(figure(rule.limit, of: rule))" + (rule.hint.map { "; to tell: \($0)" } ?? "")
    }

    private func error(of rule: Rule) -> String {
        guard !rule.interval.isPoint else { return "" }
        // A bound is a figure, a share is not.
        guard rule.kind == .rate, rule.growth.value == 0 else {
            return formatInterval(rule.interval, around: rule.growth.value, unit: "bytes")
        }
        return "≤" + figure(rule.interval.upperBound, of: rule)
    }

    /// Bytes, or bytes per time where the limit is a rate.
    private func figure(_ bytes: Double, of rule: Rule) -> String {
        guard rule.kind == .rate, elapsed > .zero else { return formatBytes(bytes) }
        return formatRate(bytes / (elapsed / .seconds(1)), unit: "bytes")
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension CheckReport.Stack {
    /// `insert cache.c:42`, leaf first; where frames are left out, the last line says so.
    func names(_ count: Int) -> [String] {
        let rest = frames.count - count
        return frames.prefix(count).map(\.name) + (rest > 0 ? ["\(rest) more"] : [])
    }
}

extension ClosedRange<Double> {
    fileprivate var isPoint: Bool { lowerBound == upperBound }
}
