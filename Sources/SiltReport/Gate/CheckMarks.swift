// SPDX-License-Identifier: Apache-2.0
//
// The verdict for machines that build: JUnit's XML, which nearly all of them read, and the annotations that GitHub
// shows beside the line of code. Names come from the profiled program, so each format escapes what would end a field.

import SiltHost
import SiltProfile

extension CheckReport {
    /// One test case a rule: failed, skipped where it is undecided, or passed.
    package func junit() -> String {
        let failures = rules.count { fails($0) }
        let skipped = isStrict ? 0 : rules.count { $0.state == .undecided }
        let counts = "tests=\"\(rules.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
        let program = Set(header.processes.map(\.name)).sorted().joined(separator: ", ")
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"silt check\" \(counts)>\n"
        text += "  <testsuite name=\"\(markedUp(program))\" \(counts)>\n"
        for rule in rules {
            text += "    <testcase classname=\"silt.check\" name=\"\(markedUp(rule.name))\""
            let message = markedUp(summary(of: rule))
            if fails(rule) {
                let body = ([summary(of: rule)] + lines(rule.stacks)).map { markedUp($0) + "\n" }.joined()
                text += ">\n      <failure type=\"\(rule.state.rawValue)\" message=\"\(message)\">\(body)</failure>\n"
                text += "    </testcase>\n"
            } else if rule.state == .undecided {
                text += ">\n      <skipped message=\"undecided: \(message)\"/>\n    </testcase>\n"
            } else {
                text += "/>\n"
            }
        }
        let output = ([sentence] + notes).map { markedUp($0) + "\n" }.joined()
        text += "    <system-out>\(output)</system-out>\n"
        return text + "  </testsuite>\n</testsuites>\n"
    }

    /// Workflow commands of GitHub: an error at the line of each stack that is to blame, or a warning where the data
    /// cannot tell, and the verdict at the end.
    ///
    /// - Parameter workspace: the folder that files of the repository are named relative to.
    package func github(workspace: String? = nil) -> String {
        let level = !passes ? "error" : outcome == .undecided ? "warning" : "notice"
        var text = ""
        for stack in stacks {
            let error = stack.error.isEmpty ? "" : " " + stack.error
            let head = "grew by \(formatBytes(stack.growth.value))\(error)"
            text += annotation(
                level, at: stack.frames, in: workspace,
                [head] + stack.names(16).map(printable) + (stack.isGuessed ? [guessedLine] : []))
        }
        let rules = rules.filter { $0.state != .within }.map { "\($0.name): \(summary(of: $0))" }
        return text + annotation(level, at: [], in: workspace, [sentence] + rules)
    }

    private func fails(_ rule: Rule) -> Bool {
        rule.state == .exceeded || (isStrict && rule.state == .undecided)
    }

    private func lines(_ stacks: [Stack]) -> [String] {
        stacks.flatMap { stack in
            let names = stack.names(32)
            return ["", "\(formatBytes(stack.growth.value)) \(names.first ?? "")"]
                + names.dropFirst().map { "  from " + $0 } + (stack.isGuessed ? ["  " + guessedLine] : [])
        }
    }
}

/// A workflow command of GitHub, at the line of the first of these places that is known, if there are any.
func annotation(_ level: String, at places: [Place], in workspace: String?, _ lines: [String]) -> String {
    let place = places.first { !$0.file.isEmpty && $0.line > 0 }
    let position = place.map { " file=\(property(relative($0.file, to: workspace))),line=\($0.line)," } ?? " "
    let title = places.isEmpty ? "silt check" : "silt check%3A memory growth"
    return "::\(level)\(position)title=\(title)::\(data(lines.joined(separator: "\n")))\n"
}

/// A line of text for XML.
func markedUp(_ text: String) -> String { escapedForMarkup(printable(text)) }

/// The message of a workflow command.
private func data(_ text: String) -> String {
    replaced(printableText(text), ["%": "%25", "\r": "%0D", "\n": "%0A"])
}

/// The value of a workflow command's property.
private func property(_ text: String) -> String {
    replaced(printable(text), ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
}

private func replaced(_ text: String, _ replacements: [Unicode.Scalar: String]) -> String {
    text.unicodeScalars.map { replacements[$0] ?? String($0) }.joined()
}

private func relative(_ path: String, to folder: String?) -> String {
    guard let folder, !folder.isEmpty else { return path }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
}
