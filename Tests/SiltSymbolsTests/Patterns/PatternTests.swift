// SPDX-License-Identifier: Apache-2.0
//
// Patterns with known answers, mistakes with their places, a bounded time whatever the pattern, and random patterns
// against what they mean.

import SiltSymbols
import TestSupport
import Testing

@Suite struct PatternTests {
    @Test(
        arguments: [
            ("insert", ["Cache.insert(_:)"], ["Cache.remove(_:)"]), ("", ["", "a"], []),
            (
                "^std::(vector|map)<.*>::push_(back|front)$", ["std::vector<int>::push_back"],
                ["std::list<int>::push_back"]
            ),
            ("a{2,3}b", ["aab", "aaab", "aaaab"], ["ab"]), ("^a{2}$", ["aa"], ["a", "aaa"]),
            ("^a{2,}$", ["aaaa"], ["a"]),
            ("operator{", ["operator{"], []), ("x{,2}", ["x{,2}"], ["xx"]),
            ("colou?r", ["color", "colour"], ["colouur"]),
            ("[^a-z]", ["A"], ["a"]), ("[]a]", ["]", "a"], ["["]), ("[a-]", ["-"], ["b"]),
            ("[[:upper:]_]", ["X", "_"], ["x"]),
            (#"\bput\b"#, ["a.put(b)"], ["output"]), (#"\Bput"#, ["output"], ["put"]),
            (#"^\w+\s\d$"#, ["é_1 7"], ["a 7x"]),
            (#"\D"#, ["a"], ["1"]), (#"[\W]"#, [":"], ["a"]),
            (#"operator new\[\]\(\)"#, ["operator new[]()"], ["operator new"]),
            ("(?i)CACHE|x", ["cache", "X"], []), ("a(?i:b)c", ["aBc"], ["aBC"]), ("(?i)[a-c]", ["B"], ["D"]),
            ("(?:ab)+?c", ["ababc"], ["ac"]), ("(?<name>a)(?P<other>b)", ["ab"], ["a"]),
            (#"\x41\x{42}\u{1F600}"#, ["AB😀"], []),
            ("(|a)b", ["b"], ["a"]), ("(a*)*$", ["b"], []), ("(^a|b$)", ["ax", "xb"], ["xa", "bx"]),
            (".", ["a"], ["", "\n"]),
        ] as [(String, [String], [String])])
    func knownAnswers(text: String, matching: [String], others: [String]) throws {
        let pattern = try Pattern(text)
        for name in matching { #expect(pattern.matches(name), "\(text) matches \(name)") }
        for name in others { #expect(!pattern.matches(name), "\(text) does not match \(name)") }
    }

    @Test(
        arguments: [
            ("foo(bar", 3), ("a)", 1), ("[z-a]", 1), ("ab\\", 2), ("*a", 0), ("operator new[", 12), ("a**", 2),
            ("a{3}{2}", 4),
            (#"(a)\1"#, 3), ("a(?=b)", 1), ("a(?>b)", 1), (#"\pL"#, 0), (#"\x{110000}"#, 0), (#"[\q]"#, 1),
            ("[[:no:]]", 1),
            ("a{1001}", 1), ("a{3,2}", 1), ("x|+", 2),
        ] as [(String, Int)])
    func badPatternSaysWhere(text: String, position: Int) {
        let error = #expect(throws: PatternError.self) { try Pattern(text) }
        #expect(error?.position == position)
        #expect(error?.description.contains("\"\(text)\"") == true)
    }

    @Test func groupsThatAreNestedTooDeeplyAreRefused() {
        let deep = String(repeating: "(", count: 50_000)
        let error = #expect(throws: PatternError.self) { try Pattern(deep + String(repeating: ")", count: 50_000)) }
        #expect(error?.position == 100)
        #expect(error?.reason == "groups are too deeply nested")
        #expect((try? Pattern(String(repeating: "(a)", count: 500))) != nil)
    }

    @Test(arguments: ["(a{100}){100}", "((((a{900}){900}){900}){900})", String(repeating: "a", count: 5000)])
    func whatIsTooLargeIsRefused(text: String) {
        let error = #expect(throws: PatternError.self) { try Pattern(text) }
        #expect(error?.reason == "it is too large, with all its repetitions")
    }

    /// Tried one way after another, each would take longer than the universe is old.
    @Test(arguments: [
        "(a+)+$", "(a|a)+$", "(a|aa)+$", "(.*a){20}$", "(a?){500}a{500}$", "((((){1000}){1000}){1000}){1000}b",
    ])
    func nestedRepetitionsEnd(text: String) throws {
        let name = String(repeating: "a", count: 1000)
        #expect(try !Pattern(text).matches(name + "!"))
    }

    @Test func randomPatternsMatchAsTheirMeaningSays() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix(seed: seed)
        for _ in 0..<3000 {
            let meaning = Meaning(depth: 3, &random)
            let pattern = try Pattern(meaning.text)
            for _ in 0..<8 {
                let name = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    "abc".randomElement(using: &random) ?? "a"
                }
                let isThere = (0...name.count).contains { !meaning.ends(from: $0, in: name).isEmpty }
                #expect(pattern.matches(String(name)) == isThere, "\(meaning.text) on \(String(name)), seed \(seed)")
            }
        }
    }
}

/// A pattern by what it means: from a place in a name, to which places does it lead?
private indirect enum Meaning {
    case one(String, Set<Character>)
    case start, end
    case sequence([Meaning])
    case choice([Meaning])
    case repeated(Meaning, String, from: Int, to: Int)

    init(depth: Int, _ random: inout SplitMix) {
        let ones: [(String, Set<Character>)] = [
            ("a", ["a"]), ("b", ["b"]), (".", ["a", "b", "c"]), ("[ab]", ["a", "b"]), ("[^a]", ["b", "c"]),
        ]
        func parts(_ random: inout SplitMix) -> [Meaning] {
            (0..<Int.random(in: 1...3, using: &random)).map { _ in Meaning(depth: depth - 1, &random) }
        }
        switch depth == 0 ? 0 : random.next() % 8 {
        case 1: self = random.next() % 2 == 0 ? .start : .end
        case 2, 3: self = .choice(parts(&random) + (random.next() % 4 == 0 ? [.sequence([])] : []))
        case 4, 5: self = .sequence(parts(&random))
        case 6, 7:
            let many: [(String, Int, Int)] = [
                ("*", 0, 9), ("+", 1, 9), ("?", 0, 1), ("{2}", 2, 2), ("{1,2}?", 1, 2), ("{2,}", 2, 9),
            ]
            let (text, from, to) = many.randomElement(using: &random) ?? ("*", 0, 9)
            self = .repeated(Meaning(depth: depth - 1, &random), text, from: from, to: to)
        default:
            let (text, characters) = ones.randomElement(using: &random) ?? ("a", ["a"])
            self = .one(text, characters)
        }
    }

    var text: String {
        switch self {
        case .one(let text, _): text
        case .start: "^"
        case .end: "$"
        case .sequence(let parts): parts.map(\.text).joined()
        case .choice(let branches): "(" + branches.map(\.text).joined(separator: "|") + ")"
        case .repeated(let part, let text, _, _): "(?:\(part.text))\(text)"
        }
    }

    /// Names have six characters at most, so that nine repetitions are as good as any number.
    func ends(from start: Int, in name: [Character]) -> Set<Int> {
        switch self {
        case .one(_, let characters): start < name.count && characters.contains(name[start]) ? [start + 1] : []
        case .start: start == 0 ? [start] : []
        case .end: start == name.count ? [start] : []
        case .sequence(let parts):
            parts.reduce([start]) { places, part in Set(places.flatMap { part.ends(from: $0, in: name) }) }
        case .choice(let branches): Set(branches.flatMap { $0.ends(from: start, in: name) })
        case .repeated(let part, _, let from, let to):
            (0..<to).reduce(into: [[start] as Set]) { steps, _ in
                steps.append(Set((steps.last ?? []).flatMap { part.ends(from: $0, in: name) }))
            }.dropFirst(from).reduce([]) { $0.union($1) }
        }
    }
}
