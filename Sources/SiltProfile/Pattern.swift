// SPDX-License-Identifier: Apache-2.0
//
// A regular expression found in function names; remembers what it has been asked.

/// A pattern as people give it on a command line.
struct Pattern {
    private let regex: Regex<AnyRegexOutput>
    private var answers: [String: Bool] = [:]

    init(_ pattern: String) throws(Check.PatternError) {
        do {
            regex = try Regex(pattern)
        } catch {
            throw Check.PatternError(pattern: pattern, reason: "\(error)")
        }
    }

    /// Whether it is found in any of the names.
    mutating func matches(anyOf names: [String]) -> Bool {
        for name in names {
            let answer = answers[name] ?? name.contains(regex)
            answers[name] = answer
            if answer { return true }
        }
        return false
    }
}
