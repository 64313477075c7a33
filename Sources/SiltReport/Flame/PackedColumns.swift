// SPDX-License-Identifier: Apache-2.0
//
// Columns of the page's data in few bytes: 50,000 frames must not make a file of megabytes. page/model/packed.js reads
// them.

import SiltProfile

extension JsonWriter {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Whole numbers as one string: five bits a letter, the lowest first; 32 is added where another letter follows.
    ///
    /// - Precondition: none is negative.
    mutating func packed(_ numbers: some Sequence<Int>) {
        var text: [UInt8] = []
        for number in numbers {
            precondition(number >= 0, "only numbers from 0 are packed")
            var rest = number
            while rest >= 32 {
                text.append(Self.letters[rest & 31 | 32])
                rest >>= 5
            }
            text.append(Self.letters[rest])
        }
        string(String(decoding: text, as: UTF8.self))
    }

    /// `{"values", "at"}`: the different figures of a column, and packed which of them each row has.
    mutating func column(_ figures: [Double?]) {
        var values = Interner<Double?>()
        // NaN, which becomes null as nil does, is not equal to itself.
        let at = figures.map { values.index(of: $0.flatMap { $0.isNaN ? nil : $0 }) }
        object { json in
            json.field("values") { $0.array(values.values) { $0.number($1) } }
            json.field("at") { $0.packed(at) }
        }
    }
}
