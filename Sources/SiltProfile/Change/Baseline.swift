// SPDX-License-Identifier: Apache-2.0
//
// Growth that a team has accepted, as a text that people review. It parses, writes and
// matches; what a match means is decided in Check.

internal import SiltHost

/// Accepted growth by stack.
///
/// A text of one line a stack: bytes, then the names of its innermost functions, leaf first, joined by ` < `. Empty
/// lines and lines that begin with `#` are comments:
///
///     # The session cache fills up to 10,000 entries.
///     8388608 SessionCache.insert(_:) < login(_:) < handle(_:)
package struct Baseline: Hashable, Sendable {
    /// A stack that may grow.
    package struct Entry: Hashable, Sendable {
        /// Bytes by which it may grow.
        package var bytes: UInt64
        /// Innermost functions, leaf first; the entry is about stacks that begin with them.
        package var functions: [String]

        package init(bytes: UInt64, functions: [String]) {
            self.bytes = bytes
            self.functions = functions
        }
    }

    /// Why a text is not a baseline.
    package struct ParseError: Error, Hashable, Sendable {
        /// 1-based.
        package var line: Int
        package var reason: Reason

        package init(line: Int, reason: Reason) {
            self.line = line
            self.reason = reason
        }

        package enum Reason: Hashable, Sendable, CustomStringConvertible {
            case notBytes(String)
            case noFunction

            package var description: String {
                switch self {
                case .notBytes(let word): "\(word) is no number of bytes"
                case .noFunction: "no function after the bytes"
                }
            }
        }
    }

    /// Functions of a stack that an entry made by ``accepting(_:bytes:)`` holds.
    package static let depth = 8

    package var entries: [Entry]

    package init(entries: [Entry] = []) {
        self.entries = entries
    }

    /// Reads a baseline.
    ///
    /// - Throws: ``ParseError`` at a line without a number of bytes or without a function.
    package init(parsing text: String) throws(ParseError) {
        entries = []
        for (index, line) in textLines(text).enumerated() {
            if let entry = try Entry(parsing: line, number: index + 1) { entries.append(entry) }
        }
    }

    /// The text that ``init(parsing:)`` reads; the greatest first, ties by name.
    package var text: String {
        entries.sorted { ($1.bytes, $0.functions.joined()) < ($0.bytes, $1.functions.joined()) }
            .map { $0.line + "\n" }.joined()
    }

    /// A baseline's text with these entries in it; comments and the order of lines stay.
    ///
    /// An entry whose functions are in the text already replaces the bytes there; others are added at the end, the
    /// greatest first.
    ///
    /// - Throws: ``ParseError`` if the text is not a baseline.
    package static func text(_ text: String, putting entries: [Entry]) throws(ParseError) -> String {
        var rest = Baseline(entries: entries)
        var lines: [String] = []
        for (index, line) in textLines(text).enumerated() {
            let known = try Entry(parsing: line, number: index + 1)
            if let known, let new = rest.entries.firstIndex(where: { $0.isAbout(known.functions) }) {
                lines.append(rest.entries.remove(at: new).line)
            } else {
                lines.append(String(line))
            }
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0 + "\n" }.joined() + rest.text
    }

    /// The first entry that is about a stack.
    ///
    /// - Parameter functions: names of the stack's functions, leaf first.
    package func entry(for functions: [String]) -> Entry? {
        let words = lineWords(functions)
        return entries.first { words.starts(with: $0.functions.map(word)) }
    }

    /// An entry that accepts what a stack grew by.
    package static func accepting(_ functions: [String], bytes: UInt64) -> Entry {
        Entry(bytes: bytes, functions: lineWords(functions.prefix(depth)))
    }
}

extension Baseline.Entry {
    fileprivate func isAbout(_ functions: [String]) -> Bool { self.functions.map(word) == functions.map(word) }

    fileprivate var line: String { "\(bytes) \(functions.map(word).joined(separator: separator))" }

    /// - Returns: nil for an empty line and a comment.
    fileprivate init?(parsing line: Substring, number: Int) throws(Baseline.ParseError) {
        let words = trimmed(line).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        guard let bytes = UInt64(first) else {
            throw Baseline.ParseError(line: number, reason: .notBytes(String(first)))
        }
        guard words.count == 2 else { throw Baseline.ParseError(line: number, reason: .noFunction) }
        self.init(bytes: bytes, functions: Self.functions(trimmed(words[1])))
    }

    private static func functions(_ text: Substring) -> [String] {
        var functions: [String] = []
        var rest = text
        while let range = rest.firstRange(of: separator) {
            functions.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return functions + [String(rest)]
    }
}

/// Lines with any line ending: the file may have been edited on another system.
private func textLines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
}

private func trimmed(_ line: Substring) -> Substring {
    var line = line.drop(while: \.isWhitespace)
    while line.last?.isWhitespace == true { line.removeLast() }
    return line
}

/// Between the names of an entry. Its spaces distinguish it from the brackets of templates.
private let separator = " < "

/// The names of a stack as they stand in a line. Memory of which no stack is known has one too, or its entry could not be
/// read again.
private func lineWords(_ functions: some Collection<String>) -> [String] {
    functions.isEmpty ? [word("")] : functions.map(word)
}

/// A function's name as it stands in a line, where it can neither end the line nor be taken for two: what is written reads
/// back as the same. Names are compared in this form.
private func word(_ name: String) -> String {
    var word = ""
    var isGlued = true
    for part in printable(name).split(whereSeparator: { $0.isWhitespace || $0 == "\u{FFFD}" }) {
        // `a < b`, an argument of a template, would be two functions.
        if !isGlued && part != "<" { word += " " }
        word += part
        isGlued = part == "<"
    }
    return word.isEmpty ? "?" : word
}
