// SPDX-License-Identifier: Apache-2.0
//
// A live view as the lines of a screen: a head, a part of a report, and the keys. Sentences are folded at spaces, since what
// is cut off could not be read.

import SiltHost

extension WatchState {
    /// Rows that are left for the report.
    package static func page(rows: Int) -> Int { max(1, rows - 2) }

    /// The lines of the screen, the first and the last of which are emphasized.
    ///
    /// - Parameters:
    ///   - target: what is looked at.
    ///   - report: as it would be printed; of the view of keys it is not used.
    package mutating func screen(target: String, report: String, columns: Int, rows: Int) -> [String] {
        let text = view == .help ? Self.help : report
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { Self.folded(printable(String($0)), to: columns) }
        let page = Self.page(rows: rows)
        // The last page stays full.
        scroll = min(scroll, max(0, lines.count - page))
        var shown = Array(lines.dropFirst(scroll).prefix(page))
        shown += Array(repeating: "", count: page - shown.count)
        let foot =
            typed.map { "filter (a regular expression): \(printable($0))_   Enter: use it, Esc: leave it" } ?? keys
        return [Self.bar(head(target), columns)] + shown + [Self.bar(foot, columns)]
    }

    private func head(_ target: String) -> String {
        var words = [
            "silt watch \(printable(target))", viewName, ending ?? (isPaused ? "paused" : "every \(seconds) s"),
        ]
        if view == .top, order == .cum { words.append("by cum") }
        if !filter.isEmpty { words.append("only stacks with \(printable(filter))") }
        if let baseline { words.append("baseline of \(baseline)") }
        return words.joined(separator: " | ")
    }

    private var viewName: String {
        switch view {
        case .top: kind
        case .diff: "diff"
        case .threads: "threads"
        case .help: "keys"
        }
    }

    private var keys: String {
        "t top  d diff  h threads  b baseline  / filter  s sort  p pause  ? keys  q quit"
    }

    static let help = """

        t, 1     who holds memory
        d, 2     what grew since the baseline
        h, 3     threads by the code that created them
        Tab      the next of these
        b        take the baseline: a dump, which stays; the program is not disturbed
        s        sort by flat or cum
        o        the next figure: bytes or objects, in use or allocated
        /        only stacks in which a regular expression matches; Esc: all
        x        show allocators and runtimes, or fold them
        p, space pause
        +, -     look less often, more often
        r        look now
        arrows, page up, page down, home, end: scroll
        q        quit

        """

    private static func bar(_ text: String, _ columns: Int) -> String {
        let cut = cut(" " + text, to: columns)
        return cut + String(repeating: " ", count: max(0, columns - cut.count))
    }

    /// The line in pieces that fit, each as long as it can be; a word that is longer than a line is cut in two.
    private static func folded(_ line: String, to columns: Int) -> [String] {
        var pieces: [String] = []
        var rest = Substring(line)
        while rest.count > max(1, columns) {
            let piece = rest.prefix(max(1, columns))
            let space = piece.lastIndex(of: " ").flatMap { $0 > piece.startIndex ? $0 : nil }
            pieces.append(String(rest[..<(space ?? piece.endIndex)]))
            rest = rest[(space ?? piece.endIndex)...].drop { $0 == " " }
        }
        return pieces + [String(rest)]
    }

    private static func cut(_ line: String, to columns: Int) -> String {
        line.count <= columns ? line : String(line.prefix(max(0, columns - 1))) + ">"
    }
}
