// SPDX-License-Identifier: Apache-2.0
//
// The explanation for a program that goes on with it: never more than 4 KiB, so that it fits wherever it is passed on.

import SiltProfile

extension Explanation {
    /// Bytes of the longest answer.
    package static let longest = 4096

    /// One object with these keys, in this order; unknown is null. What would make it longer than ``longest`` is left out:
    /// callers first, then facts, then findings; long names are cut in the middle.
    ///
    ///     format      "silt-explain"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     verdict     of three snapshots and more "grows" (as a whole, or a function steadily), "slowing", "step", "churn",
    ///                 "flat", "shrinks"; of two "grew", "shrank"; "unchanged", "undecided"; of one "moment"
    ///     sentence    what happened in all, with figures
    ///     likeliest   of what is undecided: the likeliest course, as in `silt diff --format json`
    ///     probability that of likeliest
    ///     findings    [{function, file, line, bytes: figure, course, callers: [string]}], largest first; bytes grown by, or of
    ///                 one moment held; the course is in words
    ///     facts       [sentence] on resident memory, the limit, threads
    ///     doubts      [sentence] on what is missing, or may be wrong
    ///     next        [command] to run next
    ///     notes       []
    package func json() -> [UInt8] {
        for (callers, facts, findings) in [(4, 3, 3), (2, 3, 3), (1, 3, 3), (0, 3, 2), (0, 1, 1), (0, 0, 0)] {
            let bytes = json(callers: callers, facts: facts, findings: findings)
            if bytes.count <= Self.longest { return bytes }
        }
        return json(callers: 0, facts: 0, findings: 0, isBrief: true)
    }

    private func json(callers: Int, facts: Int, findings: Int, isBrief: Bool = false) -> [UInt8] {
        JsonWriter.document("silt-explain", notes: []) { json in
            json.field("verdict", verdict.rawValue)
            json.field("sentence", cut(sentence, to: 400))
            json.field("likeliest", likeliest)
            json.field("probability") { $0.number(probability) }
            json.field("findings") {
                $0.array(self.findings.prefix(findings)) { json, finding in
                    json.object {
                        $0.field(
                            "function",
                            cut(finding.place.function.isEmpty ? finding.place.name : finding.place.function))
                        $0.field("file", finding.place.file.isEmpty ? nil : cut(finding.place.file))
                        $0.field("line") { json in
                            if finding.place.line == 0 { json.null() } else { json.number(finding.place.line) }
                        }
                        $0.field("bytes") { $0.figure(finding.bytes, in: finding.interval) }
                        $0.field("course", finding.course)
                        $0.field("callers") {
                            $0.array(finding.callers.prefix(callers)) { $0.string(cut($1.name)) }
                        }
                    }
                }
            }
            json.field("facts") { $0.array(self.facts.prefix(facts)) { $0.string(cut($1, to: 300)) } }
            json.field("doubts") { $0.array(isBrief ? [] : doubts) { $0.string(cut($1, to: 300)) } }
            json.field("next") { $0.array(isBrief ? [] : next) { $0.string($1) } }
        }
    }

    private func cut(_ text: String, to length: Int = 120) -> String {
        guard text.count > length else { return text }
        return text.prefix(length * 2 / 3) + "…" + text.suffix(length / 3)
    }
}
