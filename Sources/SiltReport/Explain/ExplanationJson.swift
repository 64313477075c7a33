// SPDX-License-Identifier: Apache-2.0
//
// The explanation for a program that goes on with it: never more than 4 KiB, so that it fits wherever it is passed on.

import SiltProfile

extension Explanation {
    /// Bytes of the longest answer.
    package static let longest = 4096

    /// One object with these keys, in this order; unknown is null. What would make it longer than ``longest`` is left out:
    /// callers first, then commands, facts, findings; long names are cut in the middle.
    ///
    ///     format      "silt-explain"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     verdict     of three snapshots and more "grows" (as a whole, or a function steadily), "slowing", "step", "churn",
    ///                 "flat", "shrinks"; of two "grew", "shrank", "grew" also of more if only how it goes on is undecided;
    ///                 "unchanged", "undecided"; of one "moment"
    ///     grew        [string]: which of "heap" (or "function": one of its functions, and the heap as a whole not surely),
    ///                 "resident" (by more than malloc explains) and "threads" did
    ///     unit        of all figures
    ///     words       the verdict in words, with what grew outside the heap
    ///     subject     [sentence]: whose memory it is, and of which moment
    ///     sentence    what happened in all, with figures
    ///     unexplained whether resident memory grew by more than malloc explains
    ///     thread_growth how many more threads there are
    ///     likeliest   of what is undecided: the likeliest course, as in `silt diff --format json`
    ///     probability that of likeliest
    ///     findings    [{function, file, line, figure, course, callers: [string]}], in the order of the report; the
    ///                 figure is what it grew by, or of one moment what it holds; the course is in words
    ///     facts       [sentence] on resident memory, the limit, threads
    ///     doubts      [sentence] on what is missing, or may be wrong
    ///     next        [command] to run next
    ///     notes       []
    package func json() -> [UInt8] {
        let sizes = [(4, 9, 3, 3), (2, 9, 3, 3), (1, 9, 3, 3), (0, 9, 3, 3), (0, 0, 3, 3), (0, 0, 1, 2), (0, 0, 0, 1)]
        for (callers, commands, facts, findings) in sizes {
            let bytes = json(callers: callers, commands: commands, facts: facts, findings: findings)
            if bytes.count <= Self.longest { return bytes }
        }
        return json(callers: 0, commands: 0, facts: 0, findings: 0, isBrief: true)
    }

    private func json(callers: Int, commands: Int, facts: Int, findings: Int, isBrief: Bool = false) -> [UInt8] {
        JsonWriter.document("silt-explain", notes: []) { json in
            json.field("verdict", verdict.rawValue)
            json.field("grew") { $0.array(grown) { $0.string($1) } }
            json.field("unit", unit)
            json.field("words", cut(words, to: 200))
            json.field("subject") { $0.array(isBrief ? [] : subject) { $0.string(cut($1)) } }
            json.field("sentence", cut(sentence, to: isBrief ? 120 : 300))
            json.field("unexplained") { $0.bool(isUnexplained) }
            json.field("thread_growth", threadGrowth)
            json.field("likeliest", likeliest)
            json.field("probability") { $0.number(probability) }
            json.field("findings") {
                $0.array(self.findings.prefix(findings)) { json, finding in
                    json.object {
                        $0.field(
                            "function",
                            shortName(
                                finding.place.function.isEmpty ? finding.place.name : finding.place.function, to: 120))
                        $0.field("file", finding.place.file.isEmpty ? nil : cut(finding.place.file))
                        $0.field("line") { json in
                            if finding.place.line == 0 { json.null() } else { json.number(finding.place.line) }
                        }
                        $0.field("figure") { $0.figure(finding.figure, in: finding.interval) }
                        $0.field("course", finding.course)
                        $0.field("callers") {
                            $0.array(finding.callers.prefix(callers)) { $0.string(cut(shortName($1.name, to: 120))) }
                        }
                    }
                }
            }
            json.field("facts") { $0.array(self.facts.prefix(facts)) { $0.string(cut($1, to: 300)) } }
            json.field("doubts") { $0.array(isBrief ? [] : doubts) { $0.string(cut($1, to: 200)) } }
            json.field("next") { $0.array(next.prefix(commands)) { $0.string($1) } }
        }
    }

    /// By bytes, and never inside a character; a character may take six bytes in JSON.
    private func cut(_ text: String, to length: Int = 120) -> String {
        guard text.utf8.count > length else { return text }
        func fitting(_ characters: some Sequence<Unicode.Scalar>, _ most: Int) -> [Unicode.Scalar] {
            var (taken, bytes): ([Unicode.Scalar], Int) = ([], 0)
            for scalar in characters {
                bytes += String(scalar).utf8.count
                if bytes > most { break }
                taken.append(scalar)
            }
            return taken
        }
        var result = String.UnicodeScalarView(fitting(text.unicodeScalars, length * 2 / 3))
        result.append("…")
        result.append(contentsOf: fitting(text.unicodeScalars.reversed(), length / 3).reversed())
        return String(result)
    }
}
