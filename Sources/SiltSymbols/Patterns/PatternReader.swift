// SPDX-License-Identifier: Apache-2.0
//
// From the text of a pattern to what it says. It is read once, from left to right; a mistake is told with its place, and
// so is what RE2 has no means for.

/// What a pattern says.
indirect enum PatternTree: Sendable {
    case one(ScalarSet)
    case place(PatternPlace)
    case sequence([PatternTree])
    case choice([PatternTree])
    /// - Parameter to: nil is without end.
    case repeated(PatternTree, from: Int, to: Int?)
}

/// Matches between two characters.
enum PatternPlace: Sendable {
    case start, end, wordBoundary, noWordBoundary
}

struct PatternReader {
    /// Of groups, each of which is read by a call to itself.
    private static let deepest = 100
    private static let mostRepetitions = 1000

    private let text: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false

    private init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    static func read(_ text: String) throws(PatternError) -> PatternTree {
        var reader = PatternReader(text)
        let tree = try reader.choice()
        guard reader.next == nil else { throw reader.mistake(") closes nothing", at: reader.position) }
        return tree
    }

    private var next: Unicode.Scalar? { scalars.indices.contains(position) ? scalars[position] : nil }

    private func mistake(_ reason: String, at position: Int) -> PatternError {
        PatternError(text: text, position: position, reason: reason)
    }

    private mutating func take(_ expected: String) -> Bool {
        guard scalars[position...].starts(with: expected.unicodeScalars) else { return false }
        position += expected.unicodeScalars.count
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternTree {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let next, next != "|", next != ")" {
            if take("(?i)") { ignoresCase = true; continue }
            if take("(?-i)") { ignoresCase = false; continue }
            parts.append(try repetition(of: try item()))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func item() throws(PatternError) -> PatternTree {
        let start = position
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case "(": return try group(from: start)
        case "[": return .one(try set(from: start))
        case "\\": return try escape(from: start)
        case ".": return .one(.anyInLine)
        case "^": return .place(.start)
        case "$": return .place(.end)
        case "*", "+", "?": throw mistake("there is nothing that \(scalar) could repeat", at: start)
        default: return .one(ScalarSet(scalar, ignoresCase: ignoresCase))
        }
    }
}

// MARK: Repetitions and groups

extension PatternReader {
    /// A match is found or not, whether repetitions are greedy or not: the `?` for that is passed over.
    private mutating func repetition(of item: PatternTree) throws(PatternError) -> PatternTree {
        guard let (from, to) = try count() else { return item }
        _ = take("?")
        let second = position
        if try count() != nil { throw mistake("what is repeated already cannot be repeated", at: second) }
        return .repeated(item, from: from, to: to)
    }

    private mutating func count() throws(PatternError) -> (from: Int, to: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{") else { return nil }
        let from = number()
        let to = take(",") ? number() : from
        let isOpen = scalars[position - 1] == ","
        guard let from, take("}") else {
            // Braces of other kinds stand for themselves.
            position = start
            return nil
        }
        guard from <= Self.mostRepetitions, to ?? 0 <= Self.mostRepetitions else {
            throw mistake("more than \(Self.mostRepetitions) repetitions", at: start)
        }
        guard isOpen || from <= to ?? 0 else { throw mistake("the larger number stands first", at: start) }
        return (from, isOpen ? nil : to)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let next, "0"..."9" ~= next {
            // What is too large stays so.
            value = min((value ?? 0) * 10 + Int(next.value - 48), Self.mostRepetitions + 1)
            position += 1
        }
        return value
    }

    private mutating func group(from start: Int) throws(PatternError) -> PatternTree {
        let outer = ignoresCase
        if take("?i:") {
            ignoresCase = true
        } else if take("?-i:") {
            ignoresCase = false
        } else if take("?"), !take(":") {
            try name(from: start)
        }
        depth += 1
        guard depth <= Self.deepest else { throw mistake("groups are too deeply nested", at: start) }
        let tree = try choice()
        guard take(")") else { throw mistake("( is not closed", at: start) }
        depth -= 1
        ignoresCase = outer
        return tree
    }

    /// `(?<name>…)` and `(?P<name>…)`: the name is of no use.
    private mutating func name(from start: Int) throws(PatternError) {
        _ = take("P")
        let isName = take("<") && ScalarSet.isWord(next)
        while isName, ScalarSet.isWord(next) { position += 1 }
        guard isName, take(">") else {
            throw mistake("of what begins with (? only (?:, (?i), (?-i) and names of groups are understood", at: start)
        }
    }
}

// MARK: Single characters

extension PatternReader {
    private static let controls: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "f": "\u{C}", "v": "\u{B}", "a": "\u{7}", "e": "\u{1B}",
    ]
    private static let kinds: [Unicode.Scalar: ScalarSet.Kind] = ["d": .digit, "s": .space, "w": .word]
    private static let places: [Unicode.Scalar: PatternPlace] = [
        "A": .start, "z": .end, "b": .wordBoundary, "B": .noWordBoundary,
    ]

    /// Behind a backslash.
    private mutating func escape(from start: Int) throws(PatternError) -> PatternTree {
        if let next, let place = Self.places[next] {
            position += 1
            return .place(place)
        }
        var set = ScalarSet(ignoresCase: ignoresCase)
        if !takeKind(into: &set) {
            let scalar = try escapedScalar(from: start)
            set.insert(scalar...scalar)
        }
        return .one(set)
    }

    private mutating func takeKind(into set: inout ScalarSet) -> Bool {
        guard let next, let small = next.properties.lowercaseMapping.unicodeScalars.first, let kind = Self.kinds[small]
        else { return false }
        set.insert(kind, isNegated: next != small)
        position += 1
        return true
    }

    private mutating func escapedScalar(from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = next else { throw mistake("\\ stands before nothing", at: start) }
        position += 1
        if let control = Self.controls[scalar] { return control }
        if scalar == "x" || scalar == "u" { return try scalarByNumber(from: start) }
        guard !("0"..."9" ~= scalar), !scalar.properties.isAlphabetic else {
            throw mistake("\\\(scalar) is not understood", at: start)
        }
        return scalar
    }

    /// `\x2F`, `\x{1F600}`, `\u{1F600}`.
    private mutating func scalarByNumber(from start: Int) throws(PatternError) -> Unicode.Scalar {
        let isBraced = take("{")
        var digits = ""
        while let next, next.properties.isASCIIHexDigit, digits.count < (isBraced ? 6 : 2) {
            digits.unicodeScalars.append(next)
            position += 1
        }
        guard isBraced ? take("}") : digits.count == 2,
            let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
        else { throw mistake("this is the number of no character", at: start) }
        return scalar
    }

    /// Behind `[`.
    private mutating func set(from start: Int) throws(PatternError) -> ScalarSet {
        var set = ScalarSet(ignoresCase: ignoresCase)
        set.isNegated = take("^")
        var isFirst = true
        while let next {
            if next == "]", !isFirst {
                position += 1
                return set
            }
            isFirst = false
            try member(of: &set)
        }
        throw mistake("[ is not closed", at: start)
    }

    private mutating func member(of set: inout ScalarSet) throws(PatternError) {
        let start = position
        if take("[:") {
            var name = ""
            while let next, next != ":", next != "]" {
                name.unicodeScalars.append(next)
                position += 1
            }
            guard take(":]"), set.insert(class: name) else { throw mistake("there is no such class", at: start) }
            return
        }
        if scalars[position] == "\\" {
            position += 1
            if takeKind(into: &set) { return }
            position -= 1
        }
        let first = try memberScalar()
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
            set.insert(first...first)
            return
        }
        position += 1
        let last = try memberScalar()
        guard first <= last else { throw mistake("the last character stands first", at: start) }
        set.insert(first...last)
    }

    private mutating func memberScalar() throws(PatternError) -> Unicode.Scalar {
        let start = position
        position += 1
        return scalars[start] == "\\" ? try escapedScalar(from: start) : scalars[start]
    }
}
