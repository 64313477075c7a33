// SPDX-License-Identifier: Apache-2.0
//
// Untrusted text as lines, and a line as numbers and words. It knows no format, copies nothing, and a number that does
// not fit into 64 bits is none.

internal import SiltHost

/// The lines of a text, one after the other.
struct LegacyLines {
    private let bytes: [UInt8]
    private var offset = 0
    /// Of the line that ``next()`` returned last; 1-based.
    private(set) var number = 0
    /// Whether the line that ``next()`` returned last had its line feed.
    private(set) var isWhole = true

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line without its line feed; nil at the end.
    mutating func next() -> LegacyScanner? {
        guard offset < bytes.count else { return nil }
        let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n"))
        var line = bytes[offset..<(end ?? bytes.count)]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        offset = end.map { $0 + 1 } ?? bytes.count
        isWhole = end != nil
        number += 1
        return LegacyScanner(line)
    }
}

/// A cursor in one line. What does not match is nil or false, and the cursor stays.
struct LegacyScanner {
    private(set) var rest: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) { rest = line }

    var isAtEnd: Bool { rest.isEmpty }

    /// The rest of the line.
    var path: String { pathText(rest) }

    mutating func skipSpaces() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    mutating func take(_ literal: String) -> Bool {
        guard rest.starts(with: literal.utf8) else { return false }
        rest = rest.dropFirst(literal.utf8.count)
        return true
    }

    /// Bytes up to the next space or tabulator.
    mutating func word() -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        rest = rest[word.endIndex...]
        return word
    }

    mutating func decimal() -> UInt64? { number(radix: 10) }

    /// Without `0x`.
    mutating func hexadecimal() -> UInt64? { number(radix: 16) }

    private mutating func number(radix: UInt64) -> UInt64? {
        var value: UInt64 = 0
        var end = rest.startIndex
        while end < rest.endIndex, let digit = Self.digit(rest[end]), digit < radix {
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: radix)
            let (sum, overflow) = product.addingReportingOverflow(digit)
            if isTooLarge || overflow { return nil }
            value = sum
            end += 1
        }
        guard end > rest.startIndex else { return nil }
        rest = rest[end...]
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
