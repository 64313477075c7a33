// SPDX-License-Identifier: Apache-2.0
//
// The verdict for people: one line that says it, the limits, then the stacks to look at.

import SiltProfile

extension CheckReport {
    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        // Stacks shown, and limits; frames of each stack.
        let (count, frames) = (10, 8)
        var text = header.text([.file, .type, .time, .sampling])
        // Heap profiles in text form hold no time.
        let time = elapsed > .zero ? " over \(formatDuration(seconds: elapsed / .seconds(1)))" : ""
        text += "Compared: \(snapshots) snapshots\(time), "
        text += relation.sentence + "\n"
        if let resident { text += resident.line + "\n" }
        text += "\n" + sentence + "\n"
        if !rules.isEmpty { text += "\n" + table(rules.prefix(count)).text(width: width) + rest(rules.count - count) }
        if accepted > 0 { text += "\(counted(accepted, "stack")) within what the baseline accepts\n" }
        if !stacks.isEmpty {
            text += "\n\(outcome == .failed ? "To blame" : "Grew most"):\n"
            text += table(stacks.prefix(count), frames: frames).text(width: width) + rest(stacks.count - count)
        }
        return text + noteLines(notes)
    }

    /// The verdict in one line.
    var sentence: String {
        switch outcome {
        case .passed: "PASSED: all growth is within its limits"
        case .failed: "FAILED: \(counted(rules.count { $0.state == .exceeded }, "limit")) exceeded by more than noise"
        case .undecided:
            "UNDECIDED: \(reason)no growth beyond a limit is proven, but it cannot be excluded either"
                + (isStrict ? "; that fails, as --strict asks" : "")
        }
    }

    /// Why nothing can be proven, if it is not for noise.
    private var reason: String {
        if isDamaged { return "a snapshot is damaged: " }
        return missesFrees ? "frees went past libsilt.so, and what seems to be in use may have been freed: " : ""
    }

    private func table(_ rules: some Collection<Rule>) -> Table {
        let hasErrors = rules.contains { !error(of: $0).isEmpty }
        let figures = ["limit", "growth"] + (hasErrors ? ["±95%"] : [])
        var table = Table(
            figures.map { Table.Column($0, isFigure: true) } + ["verdict", "rule"].map { Table.Column($0) })
        for rule in rules {
            let remark = rule.hint.map { " (to decide: \($0))" } ?? rule.movement.map { " (\($0))" } ?? ""
            let figures = [figure(rule.limit, of: rule), rule.growth.map { figure($0.value, of: rule) } ?? "unknown"]
            table.rows.append(
                figures + (hasErrors ? [error(of: rule)] : []) + [rule.state.rawValue, rule.name + remark])
        }
        return table
    }

    private func table(_ stacks: some Collection<Stack>, frames: Int) -> Table {
        let hasErrors = stacks.contains { !$0.error.isEmpty }
        let hasShapes = stacks.contains { $0.verdict != nil }
        let figures = ["growth"] + (hasErrors ? ["±95%"] : [])
        var table = Table(
            figures.map { Table.Column($0, isFigure: true) }
                + (hasShapes ? [Table.Column("course", narrow: .below)] : []) + [Table.Column("stack")])
        for stack in stacks {
            let cells = [formatBytes(stack.growth.value)] + (hasErrors ? [stack.error] : [])
            let names = stack.names(frames)
            table.rows.append(
                cells + (hasShapes ? [stack.verdict?.words(over: snapshots) ?? ""] : []) + [names.first ?? "<unknown>"])
            for line in names.dropFirst().map({ "from " + $0 }) + (stack.isGuessed ? [guessedLine] : []) {
                table.rows.append(Array(repeating: "", count: table.columns.count - 1) + ["  " + line])
            }
        }
        return table
    }

    /// What a rule is about, in one line: `grew by 33MB ±10%, limit 8MB`.
    func summary(of rule: Rule) -> String {
        let error = error(of: rule)
        let growth = rule.growth.map { "grew by \(figure($0.value, of: rule))" } ?? "growth not known"
        return growth + (error.isEmpty ? "" : " " + error) + ", limit \(figure(rule.limit, of: rule))"
            + (rule.hint.map { "; to decide: \($0)" } ?? rule.movement.map { "; \($0)" } ?? "")
    }

    private func error(of rule: Rule) -> String {
        guard let growth = rule.growth else { return "" }
        // A bound is a figure and needs the unit of the limit; a share has none.
        return formatInterval(rule.interval, around: growth.value) { figure($0, of: rule) }
    }

    /// Bytes, or bytes per time where the limit is a rate.
    private func figure(_ bytes: Double, of rule: Rule) -> String {
        guard rule.kind == .rate || rule.kind == .stackRate, elapsed > .zero else { return formatBytes(bytes) }
        return formatRate(bytes / (elapsed / .seconds(1)), unit: "bytes")
    }

    private func rest(_ count: Int) -> String { count > 0 ? "and \(count) more\n" : "" }
}

extension CheckReport.Stack {
    /// `insert cache.c:42`, leaf first; where frames are left out, the last line says so.
    func names(_ count: Int) -> [String] {
        let rest = frames.count - count
        return frames.prefix(count).map(\.name) + (rest > 0 ? ["\(rest) more"] : [])
    }

    /// `±3%`; empty where the figure is known for sure.
    var error: String { formatInterval(interval, around: growth.value, unit: "bytes") }
}

extension CheckReport.Rule {
    /// Why a stack is beyond its limit where `diff`, which adds up by function, shows no such growth.
    fileprivate var movement: String? {
        functionGrowth.map {
            "the function's stacks together: \(formatBytes($0)); memory moved between them"
        }
    }
}
