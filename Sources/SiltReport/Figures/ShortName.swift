// SPDX-License-Identifier: Apache-2.0
//
// Names in little room. A C++ name of a thousand characters is shortened where it tells least: the arguments of its templates,
// those of its functions, its outer namespaces, and only then its middle. The page has the same rules (names.js).

/// A name in at most `most` characters.
func shortName(_ name: String, to most: Int) -> String {
    guard name.count > most, most >= 8 else { return cutInTheMiddle(name, to: most) }
    var text = Array(name)
    for (open, close) in [("<", ">"), ("(", ")")] as [(Character, Character)] {
        guard let groups = nested(text, open, close) else { continue }
        let deepest = groups.map(\.depth).max() ?? 0
        var outermost = text
        for depth in stride(from: deepest, to: 0, by: -1) {
            outermost = without(groups.filter { $0.depth == depth }, in: text)
            if outermost.count <= most { return String(outermost) }
        }
        text = outermost
    }
    for start in text.indices.dropFirst() where text[start] == ":" && text[start - 1] == ":" {
        let inner = text[(start + 1)...]
        if inner.count < most, inner.count > 5 { return "…" + String(inner) }
    }
    return cutInTheMiddle(String(text), to: most)
}

/// Both the package and the last component of a name matter.
func cutInTheMiddle(_ text: String, to width: Int) -> String {
    guard width > 1, text.count > width else { return text }
    let head = (width - 1) / 2
    return text.prefix(head) + "…" + text.suffix(width - 1 - head)
}

/// A pair of brackets with something between them; the outermost has depth 1.
private struct Brackets {
    var open: Int
    var close: Int
    var depth: Int
}

/// In order of their ends; nil where brackets do not match. `->` and the names of operators open and close nothing.
private func nested(_ text: [Character], _ open: Character, _ close: Character) -> [Brackets]? {
    var groups: [Brackets] = []
    var opened: [Int] = []
    var index = 0
    while index < text.count {
        index += lengthOfOperator(text[index...])
        guard index < text.count else { break }
        if text[index] == open {
            opened.append(index)
        } else if text[index] == close, index == 0 || text[index - 1] != "-" {
            guard let start = opened.popLast() else { return nil }
            if index > start + 1 { groups.append(Brackets(open: start, close: index, depth: opened.count + 1)) }
        }
        index += 1
    }
    return opened.isEmpty ? groups : nil
}

private let operators = ["<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "<", ">"]

/// Of the name of an operator at the beginning that has brackets in it; 0: none is there.
private func lengthOfOperator(_ text: ArraySlice<Character>) -> Int {
    guard text.first == "o", text.starts(with: "operator") else { return 0 }
    let rest = text.dropFirst(8)
    return operators.first { rest.starts(with: $0) }.map { 8 + $0.count } ?? 0
}

private func without(_ groups: [Brackets], in text: [Character]) -> [Character] {
    var result: [Character] = []
    var done = 0
    for group in groups.sorted(by: { $0.open < $1.open }) {
        result += text[done...group.open] + ["…"]
        done = group.close
    }
    return result + text[done...]
}
