// SPDX-License-Identifier: Apache-2.0
//
// Columns that line up. The one place that pads and cuts to a terminal's width: what a narrow one has no room for is left
// out column by column, and names are cut in their middle.

import SiltHost

/// A table for a terminal: a line of titles, then the rows.
package struct Table: Sendable {
    package struct Column: Sendable {
        package var title: String
        /// Figures stand right, names left.
        package var isFigure: Bool
        /// What becomes of it on a terminal too narrow for all columns.
        package var narrow: Narrow

        package init(_ title: String, isFigure: Bool = false, narrow: Narrow = .stays) {
            self.title = title
            self.isFigure = isFigure
            self.narrow = narrow
        }

        /// Columns of figures.
        ///
        /// - Parameter order: which are left out on a narrow terminal, the first at first; all others stay.
        static func figures(_ titles: [String], leavingOut order: [String] = []) -> [Column] {
            titles.map { title in
                let rank = order.firstIndex(of: title)
                return Column(title, isFigure: true, narrow: rank.map { .leftOut($0) } ?? .stays)
            }
        }
    }

    package enum Narrow: Sendable, Hashable {
        case stays
        /// Left out, the lowest number first, until there is room for a name.
        case leftOut(Int)
        /// Stands in a line of its own below the name, if leaving out was not enough.
        case below

        fileprivate var rank: Int? {
            if case .leftOut(let rank) = self { return rank }
            return nil
        }
    }

    package var columns: [Column]
    /// Room for the last column without which others are left out. A name cut to less than this cannot be recognized.
    package var least = 20
    /// As many cells as there are columns.
    package var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// The table as lines, each with its newline and no space at its end.
    ///
    /// - Parameter width: of the terminal; columns are left out and the last one is cut in its middle to fit. nil: nothing is
    ///   cut.
    package func text(width: Int? = nil) -> String {
        guard let width else { return lines(room: nil) }
        let table = narrowed(to: width)
        // Where nothing more can be left out, the line wraps.
        return table.lines(room: max(width - table.before, Self.leastCut))
    }

    private static let gap = 2
    private static let leastCut = 12

    private func lines(room: Int?) -> String {
        let widths = widths
        return ([columns.map(\.title)] + rows).map { line($0.map(printable), widths: widths, room: room) }.joined()
    }

    /// Of each column, its widest cell.
    private var widths: [Int] {
        var widths = columns.map { columnsWide($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], columnsWide(printable(cell))) }
        }
        return widths
    }

    /// What stands before the last column.
    private var before: Int { widths.dropLast().reduce(0) { $0 + $1 + Self.gap } }

    private func narrowed(to width: Int) -> Table {
        let spare = columns.indices.filter { columns[$0].narrow.rank != nil }.sorted { a, b in
            (columns[a].narrow.rank ?? 0, a) < (columns[b].narrow.rank ?? 0, b)
        }
        let below = columns.indices.filter { columns[$0].narrow == .below }
        let widths = widths
        var room = width - before
        var out: [Int] = []
        for index in spare + below.reversed() where room < least {
            room += widths[index] + Self.gap
            out.append(index)
        }
        return without(out)
    }

    /// Without some columns; what of them belongs below a name stands there.
    private func without(_ out: [Int]) -> Table {
        let kept = columns.indices.filter { !out.contains($0) }
        let moved = out.sorted().filter { columns[$0].narrow == .below }
        var table = Table(kept.map { columns[$0] })
        table.least = least
        for row in rows {
            table.rows.append(kept.map { row[$0] })
            for index in moved where !row[index].isEmpty {
                table.rows.append(Array(repeating: "", count: kept.count - 1) + ["  " + row[index]])
            }
        }
        return table
    }

    private func line(_ cells: [String], widths: [Int], room: Int?) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            let shown = isLast ? room.map { shortened(cell, to: $0) } ?? cell : cell
            let padding = String(repeating: " ", count: max(0, widths[index] - columnsWide(shown)))
            text += columns[index].isFigure ? padding + shown : isLast ? shown : shown + padding
            if !isLast { text += String(repeating: " ", count: Self.gap) }
        }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }
}

/// A name that fits: without the folders of its source file, then with its function shortened; where that would leave too little of it, with the line alone.
func shortened(_ text: String, to width: Int) -> String {
    guard width > 1, columnsWide(text) > width else { return text }
    guard let name = NameWithLine(text) else { return shortName(text, to: width) }
    let room = width - columnsWide(name.place) - 1
    if room >= max(width / 2, 24) || room >= columnsWide(name.function) {
        return shortName(name.function, to: room) + " " + name.place
    }
    return shortName(name.function, to: max(1, width - columnsWide(name.line) - 1)) + " " + name.line
}

/// `parse(int) /src/main.c:12 (inline)` in parts.
private struct NameWithLine {
    var function: String
    /// `main.c:12 (inline)`
    var place: String
    /// `:12 (inline)`
    var line: String

    /// Nil of a name without a line.
    init?(_ text: String) {
        let mark = ["(inline)", "(partial-inline)"].first { text.hasSuffix(" " + $0) }.map { " " + $0 } ?? ""
        let text = text.dropLast(mark.count)
        // A folder's name may have spaces in it; a file without a folder is one word.
        guard let colon = text.lastIndex(of: ":"), Int(text[colon...].dropFirst()) != nil,
            let space = text.firstRange(of: " /")?.lowerBound ?? text[..<colon].lastIndex(of: " "),
            space > text.startIndex, text.index(after: space) < colon
        else { return nil }
        function = String(text[..<space])
        place = baseName(String(text[space...].dropFirst())) + mark
        line = text[colon...] + mark
    }
}

/// Columns that a text takes, a character each.
private func columnsWide(_ text: String) -> Int { isPlain(text) ? text.utf8.count : text.count }
