// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with a pprof file, where, and what a person can do about it.

/// Why a pprof file could not be read.
package struct PprofError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case empty
        case notPprof
        case truncated
        case badVarint
        /// A field with an impossible number or wire type.
        case badField
        /// The gzip stream around it is damaged.
        case badGzip
        /// The string table does not begin with the empty string.
        case badStringTable
        case unknownString(UInt64)
        case unknownFunction(UInt64)
        case unknownMapping(UInt64)
        case unknownLocation(UInt64)
        /// Two elements of a table share an id, or one has the reserved id 0.
        case badID(UInt64)
        /// A mapping ends before it starts.
        case badMapping
        /// A sample has not one value for each sample type.
        case valueCount(found: Int, expected: Int)
        /// Reading on would take more memory than allowed.
        case tooLarge(limit: Int)
    }

    package var reason: Reason
    /// Byte of the unpacked content; of the file itself when the gzip stream is what is damaged.
    package var offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String {
        let what =
            switch reason {
            case .empty: "the file is empty"
            case .notPprof: "this is not a pprof profile"
            case .truncated: "the file ends in the middle; fetch it again"
            case .badVarint: "a number is longer than 64 bits; the file is damaged"
            case .badField: "no such field can be; the file is damaged"
            case .badGzip: "the gzip stream is damaged; fetch the file again"
            case .badStringTable: "the string table does not begin with the empty string"
            case .unknownString(let index): "there is no string \(index)"
            case .unknownFunction(let id): "there is no function \(id)"
            case .unknownMapping(let id): "there is no mapping \(id)"
            case .unknownLocation(let id): "there is no location \(id)"
            case .badID(let id): id == 0 ? "the id 0 is reserved" : "the id \(id) occurs twice"
            case .badMapping: "a mapping ends before it starts"
            case .valueCount(let found, let expected): "a sample has \(found) values for \(expected) sample types"
            case .tooLarge(let limit): "it needs more than \(limit >> 20)MB of memory to read"
            }
        return "pprof: \(what) (byte \(offset))"
    }
}
