// SPDX-License-Identifier: Apache-2.0
//
// Other people's names in text for people: names of functions, files and programs must not steer a terminal, turn a line
// around, or add one. The one place that neutralises them; what machines read escapes by the rules of its own format.

/// A name as one line of plain text: U+FFFD stands for each character that controls a terminal, ends a line, or changes
/// the direction of writing; `\xNN` for a byte of a path that is no UTF-8.
package func printable(_ name: String) -> String {
    isPlain(name) ? name : neutralised(name) { _ in false }
}

/// A text of several lines, with what ``printable(_:)`` replaces in names; line feeds and tabulators stay.
package func printableText(_ text: String) -> String {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7f) || $0 == 0x0a }
        ? text : neutralised(text) { $0 == "\n" || $0 == "\t" }
}

/// Whether all of it is printable ASCII, as nearly every name is; then bytes are columns.
package func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }

private func neutralised(_ text: String, except stays: (Unicode.Scalar) -> Bool) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if let byte = scalar.pathByte {
            clean.append(contentsOf: "\\x\(hexadecimal([byte]))".unicodeScalars)
        } else {
            clean.append(scalar.isHarmful && !stays(scalar) ? "\u{FFFD}" : scalar)
        }
    }
    return String(clean)
}

extension Unicode.Scalar {
    /// Whether it does something to the text around it, rather than being seen.
    package var isHarmful: Bool {
        switch value {
        case 0x00...0x1f, 0x7f...0x9f: true
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm; separators of lines and paragraphs.
        case 0x061c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
