// SPDX-License-Identifier: Apache-2.0
//
// JSON, the writing half: commas, escapes and numbers. What it writes may stand inside an HTML script element too.

import SiltHost

/// Writes one JSON text from front to back; keys stand in the order in which they are written.
package struct JsonWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    /// A document of its own: an object that says what it is, what `body` writes, and the notes.
    package static func document(_ format: String, notes: [String], _ body: (inout JsonWriter) -> Void) -> [UInt8] {
        var writer = JsonWriter()
        writer.object { json in
            json.field("format", format)
            json.field("version", 1)
            body(&json)
            json.field("notes") { $0.array(notes) { $0.string($1) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// An object in a line of its own, which is a document by itself.
    mutating func line(_ body: (inout JsonWriter) -> Void) {
        needsComma = false
        object(body)
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func object(_ body: (inout JsonWriter) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    package mutating func array(_ body: (inout JsonWriter) -> Void) {
        enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    package mutating func array<T>(_ elements: some Sequence<T>, _ body: (inout JsonWriter, T) -> Void) {
        array { writer in for element in elements { body(&writer, element) } }
    }

    package mutating func field(_ key: String, _ body: (inout JsonWriter) -> Void) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        body(&self)
    }

    package mutating func field(_ key: String, _ value: String) { field(key) { $0.string(value) } }

    package mutating func field(_ key: String, _ value: String?) {
        field(key) { if let value { $0.string(value) } else { $0.null() } }
    }

    package mutating func field(_ key: String, _ value: Int) { field(key) { $0.number(value) } }

    package mutating func number(_ value: Int) { write("\(value)") }

    /// A number that is not finite has no form in JSON and becomes null.
    package mutating func number(_ value: Double) {
        if let whole = Int(exactly: value) {
            number(whole)
        } else {
            write(value.isFinite ? "\(value)" : "null")
        }
    }

    package mutating func bool(_ value: Bool) { write(value ? "true" : "false") }

    package mutating func null() { write("null") }

    package mutating func string(_ string: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(ascii: scalar))
            // `<` opens tags and comments where a page carries the text.
            case "<": escape(scalar)
            case _ where scalar.isHarmful: escape(scalar)
            case _ where scalar.isASCII: bytes.append(UInt8(ascii: scalar))
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// `\u202e`, which means the same character and does nothing to a terminal.
    private mutating func escape(_ scalar: Unicode.Scalar) {
        let unit = UInt16(truncatingIfNeeded: scalar.value)
        bytes.append(contentsOf: "\\u\(hexadecimal([UInt8(unit >> 8), UInt8(unit & 0xff)]))".utf8)
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout JsonWriter) -> Void) {
        separate()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func write(_ token: String) {
        separate()
        bytes.append(contentsOf: token.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
