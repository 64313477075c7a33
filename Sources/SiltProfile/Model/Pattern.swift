// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions as people type them after `--focus`, `--ignore` and their like: checked once, then matched
// against names, each distinct name once.

package import SiltSymbols

/// A regular expression that has been found to be well formed.
///
/// `Regex` is not Sendable, so this holds the text, and a ``Matcher`` compiles it again.
package struct Pattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// Deeper than a person nests sets of characters. `Regex` reads each level by a call to itself, and has no limit.
    private static let deepestNesting = 32
    /// Of a longer text it would take seconds to find where the mistake is.
    private static let longestSearched = 500

    /// - Throws: ``PatternError`` if the text is no regular expression.
    package init(_ text: String) throws(PatternError) {
        if let position = Self.tooDeep(text) {
            throw PatternError(text: text, position: position, reason: "brackets are too deeply nested")
        }
        do {
            _ = try Regex(text)
        } catch {
            throw PatternError(text: text, position: Self.readable(text), reason: "\(error)")
        }
        description = text
    }

    /// Characters before the bracket that opens one level too many; nil: there is none.
    private static func tooDeep(_ text: String) -> Int? {
        var depth = 0
        var isEscaped = false
        for (position, character) in text.enumerated() {
            switch character {
            case "[" where !isEscaped: depth += 1
            case "]" where !isEscaped: depth = max(0, depth - 1)
            default: break
            }
            if depth > deepestNesting { return position }
            isEscaped = character == "\\" && !isEscaped
        }
        return nil
    }

    /// Characters of the longest beginning that is a regular expression: the mistake starts there. Nil: not searched.
    private static func readable(_ text: String) -> Int? {
        guard text.utf8.count <= longestSearched else { return nil }
        var beginning = text
        while !beginning.isEmpty, (try? Regex(beginning)) == nil { beginning.removeLast() }
        return beginning.count
    }
}

/// A text that is no regular expression.
package struct PatternError: Error, Hashable, CustomStringConvertible {
    package var text: String
    /// Characters before the mistake; nil: not known.
    package var position: Int?
    /// What the regular expression parser says.
    package var reason: String

    package var description: String {
        let place = position.map { " at \"\(text.dropFirst($0))\" (character \($0 + 1))" } ?? ""
        return "cannot read the pattern \"\(text)\"\(place): \(reason); "
            + "write \\ before a character that is meant as it stands"
    }
}

/// Matches names against a pattern anywhere in them, remembering its answers: stacks repeat the same few names.
package struct Matcher {
    private let regex: Regex<AnyRegexOutput>?
    private var answers: [String: Bool] = [:]

    /// - Parameter pattern: nil matches nothing.
    package init(_ pattern: Pattern?) {
        regex = pattern.flatMap { try? Regex($0.description).matchingSemantics(.unicodeScalar) }
    }

    package var isActive: Bool { regex != nil }

    package mutating func matches(_ name: String?) -> Bool {
        guard let name, let regex else { return false }
        if let answer = answers[name] { return answer }
        let answer = name.contains(regex)
        answers[name] = answer
        return answer
    }

    package mutating func matches(_ frame: Frame) -> Bool { matches(frame.function) || matches(frame.file) }
}
