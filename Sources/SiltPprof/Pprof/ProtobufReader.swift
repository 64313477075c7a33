// SPDX-License-Identifier: Apache-2.0
//
// Protocol buffers, the reading half: walks over the fields of one message in untrusted bytes. It checks every
// length before it is used and never copies more than it is asked for.

/// A field as it stands on the wire.
struct ProtobufField {
    enum Content {
        case varint(UInt64)
        /// Where the bytes of a string, a message or a packed list stand.
        case bytes(Range<Int>)
        /// A fixed-width number; pprof's schema has none, so its value is not kept.
        case fixed
    }

    var number: UInt64
    var content: Content
    /// Where its tag stands.
    var offset: Int
}

/// A cursor over the fields of one message.
struct ProtobufReader {
    private let bytes: [UInt8]
    private let end: Int
    private(set) var offset: Int

    init(_ bytes: [UInt8]) {
        self.init(bytes, bytes.indices)
    }

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(PprofError) -> ProtobufField? {
        guard offset < end else { return nil }
        let start = offset
        let tag = try varint()
        let number = tag >> 3
        guard number != 0 else { throw PprofError(.badField, at: start) }
        switch tag & 7 {
        case 0: return ProtobufField(number: number, content: .varint(try varint()), offset: start)
        case 1:
            try skip(8)
            return ProtobufField(number: number, content: .fixed, offset: start)
        case 2:
            let length = try varint()
            guard let count = Int(exactly: length), count <= end - offset else {
                throw PprofError(.truncated, at: start)
            }
            let range = offset..<(offset + count)
            offset += count
            return ProtobufField(number: number, content: .bytes(range), offset: start)
        case 5:
            try skip(4)
            return ProtobufField(number: number, content: .fixed, offset: start)
        default: throw PprofError(.badField, at: start)
        }
    }

    /// The next bare varint of a packed list; nil at its end.
    mutating func nextPacked() throws(PprofError) -> UInt64? {
        guard offset < end else { return nil }
        return try varint()
    }

    private mutating func varint() throws(PprofError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            // The tenth byte carries the 64th bit and nothing else.
            guard shift < 63 || byte <= 1 else { throw PprofError(.badVarint, at: start) }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw PprofError(.truncated, at: start)
    }

    private mutating func skip(_ count: Int) throws(PprofError) {
        guard count <= end - offset else { throw PprofError(.truncated, at: offset) }
        offset += count
    }
}
