// SPDX-License-Identifier: Apache-2.0
//
// Protocol buffers, the writing half: as much of the wire format as the schemas of profiles need. It knows field
// numbers and wire types, never what a field means.

/// Grows one message; nested messages are written in place.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    /// A varint field; zero is the default and is not written.
    mutating func field(_ number: Int, _ value: Int64) {
        field(number, UInt64(bitPattern: value))
    }

    mutating func field(_ number: Int, _ value: UInt64) {
        if value == 0 { return }
        tag(number, wireType: 0)
        varint(value)
    }

    mutating func field(_ number: Int, _ value: Bool) {
        field(number, UInt64(value ? 1 : 0))
    }

    /// A number of 64 bits at its full width; zero is the default and is not written.
    mutating func fixed(_ number: Int, _ value: UInt64) {
        if value == 0 { return }
        tag(number, wireType: 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// A string, also when it is empty: an element of a repeated field counts by its place.
    mutating func element(_ number: Int, _ string: String) { element(number, string.utf8) }

    /// Bytes as they are, also when there are none.
    mutating func element(_ number: Int, _ content: some Collection<UInt8>) {
        tag(number, wireType: 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    /// A message that `body` fills with its fields.
    mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
        tag(number, wireType: 2)
        // Most messages are shorter than 128 bytes, so one byte is kept for the length and a longer length moves the
        // body up. That is cheap since the body is the end of the array.
        let start = bytes.count
        bytes.append(0)
        body(&self)
        var length = UInt64(bytes.count - start - 1)
        var prefix: [UInt8] = []
        while length >= 0x80 {
            prefix.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes[start] = UInt8(length)
        if !prefix.isEmpty { bytes.insert(contentsOf: prefix, at: start) }
    }

    /// A repeated varint field in packed form.
    mutating func packed(_ number: Int, _ values: some Sequence<UInt64>) {
        message(number) { body in
            for value in values { body.varint(value) }
        }
    }

    private mutating func tag(_ number: Int, wireType: UInt64) {
        varint(UInt64(number) << 3 | wireType)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
