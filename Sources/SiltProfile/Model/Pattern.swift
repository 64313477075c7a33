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

    /// - Throws: ``PatternError`` if the text is no regular expression.
    package init(_ text: String) throws(PatternError) {
        do {
            _ = try Regex(text)
        } catch {
            throw PatternError(text: text, position: Self.readable(text), reason: "\(error)")
        }
        description = text
    }

    /// Characters of the longest beginning that is a regular expression: the mistake starts there.
    private static func readable(_ text: String) -> Int {
        var beginning = text
        while !beginning.isEmpty, (try? Regex(beginning)) == nil { beginning.removeLast() }
        return beginning.count
    }
}

/// A text that is no regular expression.
package struct PatternError: Error, Hashable, CustomStringConvertible {
    package var text: String
    /// Characters before the mistake.
    package var position: Int
    /// What the regular expression parser says.
    package var reason: String

    package var description: String {
        "cannot read the pattern \"\(text)\" at \"\(text.dropFirst(position))\" (character \(position + 1)): \(reason); "
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
