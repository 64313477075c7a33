// SPDX-License-Identifier: Apache-2.0
//
// Columns that line up. The one place that pads and cuts to a terminal's width.

import SiltHost

/// A table for a terminal: a line of titles, then the rows.
package struct Table: Sendable {
    package struct Column: Sendable {
        package var title: String
        /// Figures stand right, names left.
        package var isFigure: Bool

        package init(_ title: String, isFigure: Bool = false) {
            self.title = title
            self.isFigure = isFigure
        }
    }

    package var columns: [Column]
    /// As many cells as there are columns.
    package var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// The table as lines, each with its newline and no space at its end.
    ///
    /// - Parameter width: of the terminal; the last column is cut in its middle to fit. nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        let cells = rows.map { $0.map(printable) }
        var widths = columns.map { columnsWide($0.title) }
        for row in cells {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], columnsWide(cell)) }
        }
        let before = widths.dropLast().reduce(0) { $0 + $1 + Self.gap }
        let room = width.map { max($0 - before, Self.leastLast) }
        return ([columns.map(\.title)] + cells).map { line($0, widths: widths, room: room) }.joined()
    }

    private static let gap = 2
    /// A name cut to less than this cannot be recognized; the line wraps instead.
    private static let leastLast = 20

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

/// A name cut in its middle: both its package and its last component matter.
func shortened(_ text: String, to width: Int) -> String {
    guard width > 1, columnsWide(text) > width else { return text }
    let head = (width - 1) / 2
    return text.prefix(head) + "…" + text.suffix(width - 1 - head)
}

/// Columns that a text takes, a character each.
private func columnsWide(_ text: String) -> Int { isPlain(text) ? text.utf8.count : text.count }
