// SPDX-License-Identifier: Apache-2.0
//
// The verdict for machines that build: JUnit's XML, which nearly all of them read. Names come from the profiled program, so
// what would end a field is escaped.

import SiltHost
import SiltProfile

extension CheckReport {
    /// One test case a rule: failed, skipped where it is undecided, or passed.
    package func junit() -> String {
        let failures = rules.count { fails($0) }
        let skipped = isStrict ? 0 : rules.count { $0.state == .undecided }
        let counts = "tests=\"\(rules.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
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

/// A line of text for XML.
func markedUp(_ text: String) -> String { escapedForMarkup(printable(text)) }
