// SPDX-License-Identifier: Apache-2.0
//
// Which characters one item of a pattern stands for. Characters are Unicode scalars: names are compared as they are
// written, and never normalized.

struct ScalarSet: Sendable {
    enum Kind: Sendable {
        case digit, space, word
    }

    private var ranges: [ClosedRange<UInt32>] = []
    private var kinds: [(kind: Kind, isNegated: Bool)] = []
    var isNegated = false
    var ignoresCase = false

    /// What `.` stands for.
    static var anyInLine: ScalarSet {
        var set = ScalarSet(ignoresCase: false)
        set.insert("\n"..."\n")
        set.isNegated = true
        return set
    }

    init(ignoresCase: Bool) { self.ignoresCase = ignoresCase }

    init(_ scalar: Unicode.Scalar, ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        insert(scalar...scalar)
    }

    mutating func insert(_ range: ClosedRange<Unicode.Scalar>) {
        ranges.append(range.lowerBound.value...range.upperBound.value)
    }

    mutating func insert(_ kind: Kind, isNegated: Bool) { kinds.append((kind, isNegated)) }

    /// The set of a name between `[:` and `:]`.
    ///
    /// - Returns: false if there is none of that name.
    mutating func insert(class name: String) -> Bool {
        switch name {
        case "space": insert(.space, isNegated: false)
        case "word": insert(.word, isNegated: false)
        default:
            guard let ranges = Self.classes[name] else { return false }
            for range in ranges { insert(range) }
        }
        return true
    }

    private static let classes: [String: [ClosedRange<Unicode.Scalar>]] = [
        "alnum": ["0"..."9", "A"..."Z", "a"..."z"], "alpha": ["A"..."Z", "a"..."z"], "blank": ["\t"..."\t", " "..." "],
        "cntrl": ["\0"..."\u{1F}", "\u{7F}"..."\u{7F}"], "digit": ["0"..."9"], "graph": ["!"..."~"],
        "lower": ["a"..."z"], "print": [" "..."~"], "punct": ["!"..."/", ":"..."@", "["..."`", "{"..."~"],
        "upper": ["A"..."Z"], "xdigit": ["0"..."9", "A"..."F", "a"..."f"],
    ]

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isIn = has(scalar) || ignoresCase && otherCases(of: scalar).contains(where: has)
        return isIn != isNegated
    }

    private func has(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) }
            || kinds.contains { Self.is(scalar, $0.kind) != $0.isNegated }
    }

    private static func `is`(_ scalar: Unicode.Scalar, _ kind: Kind) -> Bool {
        switch kind {
        case .digit: "0"..."9" ~= scalar
        case .space: scalar.properties.isWhitespace
        case .word: scalar == "_" || "0"..."9" ~= scalar || scalar.properties.isAlphabetic
        }
    }

    /// Letters that become several in the other case have none.
    private func otherCases(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap {
            $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first : nil
        }
    }

    static func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { Self.is($0, .word) } ?? false }
}
