// SPDX-License-Identifier: Apache-2.0
//
// pprof's messages as they stand in the bytes, read without the code that is tested. For bytes of our own: it trusts them,
// and stops the test where they make no sense.

/// A field of a message.
package struct RawField {
    package var number: Int
    /// Of a varint.
    package var value: UInt64 = 0
    /// Of a string, a message or a packed list.
    package var content: ArraySlice<UInt8>?

    package static func all(in bytes: ArraySlice<UInt8>) -> [RawField] {
        var rest = bytes
        var fields: [RawField] = []
        while !rest.isEmpty {
            let tag = varint(&rest)
            var field = RawField(number: Int(tag >> 3))
            switch tag & 7 {
            case 0: field.value = varint(&rest)
            case 1:
                for (shift, byte) in rest.prefix(8).enumerated() { field.value |= UInt64(byte) << (8 * UInt64(shift)) }
                rest = rest.dropFirst(8)
            case 2:
                let count = Int(varint(&rest))
                precondition(count <= rest.count, "a field is longer than its message")
                field.content = rest.prefix(count)
                rest = rest.dropFirst(count)
            default: preconditionFailure("wire type \(tag & 7)")
            }
            fields.append(field)
        }
        return fields
    }

    /// The numbers of a repeated field, packed or not.
    package var numbers: [UInt64] {
        guard var rest = content else { return [value] }
        var numbers: [UInt64] = []
        while !rest.isEmpty { numbers.append(Self.varint(&rest)) }
        return numbers
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        preconditionFailure("a number ends in its midst")
    }
}

package struct RawPprof {
    package struct Sample {
        package var locations: [UInt64] = []
        package var values: [Int64] = []
        /// Field numbers and values of each: 1 key, 2 string, 3 number.
        package var labels: [[Int: UInt64]] = []
    }

    package struct Location {
        package var id: UInt64 = 0
        package var mapping: UInt64 = 0
        package var address: UInt64 = 0
        package var functions: [UInt64] = []
    }

    /// Field numbers and values.
    package typealias Numbers = [Int: UInt64]

    package var sampleTypes: [(type: String, unit: String)] = []
    package var samples: [Sample] = []
    package var mappings: [Numbers] = []
    package var locations: [Location] = []
    package var functions: [Numbers] = []
    package var strings: [ArraySlice<UInt8>] = []
    package var comments: [String] = []
    package var period: (type: String, unit: String, length: UInt64)?
    package var time: UInt64 = 0
    package var duration: UInt64 = 0
    package var defaultSampleType = ""

    /// - Parameter message: without compression.
    package init(_ message: [UInt8]) {
        let fields = RawField.all(in: message[...])
        func messages(_ number: Int) -> [[RawField]] {
            fields.filter { $0.number == number }.map { RawField.all(in: $0.content ?? []) }
        }
        // The last one counts.
        func number(_ number: Int) -> UInt64 { fields.last { $0.number == number }?.value ?? 0 }
        strings = fields.filter { $0.number == 6 }.map { $0.content ?? [] }
        sampleTypes = messages(1).map { type(Self.numbers($0)) }
        samples = messages(2).map { message in
            var sample = Sample()
            for field in message {
                switch field.number {
                case 1: sample.locations += field.numbers
                case 2: sample.values += field.numbers.map { Int64(bitPattern: $0) }
                case 3: sample.labels.append(Self.numbers(RawField.all(in: field.content ?? [])))
                default: break
                }
            }
            return sample
        }
        mappings = messages(3).map(Self.numbers)
        locations = messages(4).map { message in
            let numbers = Self.numbers(message)
            return Location(
                id: numbers[1] ?? 0, mapping: numbers[2] ?? 0, address: numbers[3] ?? 0,
                functions: message.filter { $0.number == 4 }.map {
                    Self.numbers(RawField.all(in: $0.content ?? []))[1] ?? 0
                })
        }
        functions = messages(5).map(Self.numbers)
        comments = fields.filter { $0.number == 13 }.flatMap(\.numbers).map(text)
        if let type = messages(11).last.map(Self.numbers).map(type) { period = (type.type, type.unit, number(12)) }
        time = number(9)
        duration = number(10)
        defaultSampleType = text(number(14))
    }

    package func text(_ index: UInt64) -> String { String(decoding: strings[Int(index)], as: UTF8.self) }

    /// The names of a sample's functions, innermost first.
    package func names(_ sample: Sample) -> [String] {
        sample.locations.flatMap { locations[Int($0) - 1].functions }.map { text(functions[Int($0) - 1][2] ?? 0) }
    }

    private func type(_ numbers: Numbers) -> (type: String, unit: String) {
        (text(numbers[1] ?? 0), text(numbers[2] ?? 0))
    }

    private static func numbers(_ fields: [RawField]) -> Numbers {
        Dictionary(fields.map { ($0.number, $0.value) }) { $1 }
    }
}
