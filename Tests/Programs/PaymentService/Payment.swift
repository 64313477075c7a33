// SPDX-License-Identifier: Apache-2.0
//
// What a client asks to be paid, read from one flat JSON object of strings and whole numbers.

struct Payment {
    var card: String
    var merchant: String
    var cents: Int

    /// Reads `{"card": "...", "merchant": "...", "cents": 123}`; other members are ignored.
    @inline(never)
    init?(json: [UInt8]) {
        var reader = FlatJSON(json)
        guard let members = reader.object() else { return nil }
        guard let card = members["card"], let merchant = members["merchant"] else { return nil }
        guard let cents = members["cents"].flatMap({ Int($0) }), cents > 0 else { return nil }
        self.card = card
        self.merchant = merchant
        self.cents = cents
    }
}

/// Reads one object without nesting and without escapes in its strings.
private struct FlatJSON {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func object() -> [String: String]? {
        guard take("{") else { return nil }
        var members: [String: String] = [:]
        repeat {
            guard let name = string(), take(":"), let value = string() ?? number() else { return nil }
            members[name] = value
        } while take(",")
        return take("}") ? members : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func string() -> String? {
        guard take("\""), let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    private mutating func number() -> String? {
        rest = rest.drop { $0 == UInt8(ascii: " ") }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest[digits.endIndex...]
        return String(decoding: digits, as: UTF8.self)
    }
}
