// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions as people type them after `--focus`, `--ignore` and their like: checked once, then matched
// against names, each distinct name once.

/// A regular expression that has been found to be well formed.
///
/// The syntax is RE2's, less its Unicode properties: nothing that could only be matched by trying one way after another,
/// so neither references to groups nor looking around. Time and memory of a match are bounded by the lengths of pattern
/// and name, whatever both are: a pattern may come from a web page.
package struct Pattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let program: PatternProgram

    /// - Throws: ``PatternError`` if the text is no regular expression, or too large a one.
    package init(_ text: String) throws(PatternError) {
        program = try PatternProgram(PatternReader.read(text), text: text)
        description = text
    }

    /// Whether it matches anywhere in a name.
    ///
    /// - Complexity: O(length of the pattern × length of the name).
    package func matches(_ name: String) -> Bool { program.matches(name) }

    package static func == (one: Pattern, other: Pattern) -> Bool { one.description == other.description }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// A text that is no regular expression.
package struct PatternError: Error, Hashable, CustomStringConvertible {
    package var text: String
    /// Unicode scalars before the mistake; nil: it is at no one place.
    package var position: Int?
    package var reason: String

    package var description: String {
        let place = position.map { position in
            " at \"\(String(text.unicodeScalars.dropFirst(position)))\" (character \(position + 1))"
        }
        return "cannot read the pattern \"\(text)\"\(place ?? ""): \(reason); "
            + "write \\ before a character that is meant as it stands"
    }
}

/// Matches names against a pattern, remembering its answers: stacks repeat the same few names.
package struct Matcher {
    private let pattern: Pattern?
    private var answers: [String: Bool] = [:]

    /// - Parameter pattern: nil matches nothing.
    package init(_ pattern: Pattern?) { self.pattern = pattern }

    package var isActive: Bool { pattern != nil }

    package mutating func matches(_ name: String?) -> Bool {
        guard let name, let pattern else { return false }
        if let answer = answers[name] { return answer }
        let answer = pattern.matches(name)
        answers[name] = answer
        return answer
    }

    package mutating func matches(_ frame: Frame) -> Bool { matches(frame.function) || matches(frame.file) }
}
