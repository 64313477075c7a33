// SPDX-License-Identifier: Apache-2.0
//
// What a line of a heap profile in text form counts, as it stands there: sampled blocks, not estimates.

/// `76: 2490368 [80: 2621440]`: blocks and bytes alive, then all that were allocated.
struct LegacyFigures: Hashable {
    /// Blocks, and their bytes together.
    struct Blocks: Hashable {
        var count: UInt64 = 0
        var bytes: UInt64 = 0

        var averageSize: Double { count > 0 ? Double(bytes) / Double(count) : 0 }

        /// - Throws: ``Problem/values`` if the sum does not fit into 64 bits.
        mutating func add(_ other: Blocks) throws(Problem) {
            let (count, tooMany) = count.addingReportingOverflow(other.count)
            let (bytes, tooLarge) = bytes.addingReportingOverflow(other.bytes)
            guard !tooMany, !tooLarge else { throw .values }
            (self.count, self.bytes) = (count, bytes)
        }

        /// What is missing to `total`; nil if there is more of one than the total has.
        func missing(to total: Blocks) -> Blocks? {
            guard count <= total.count, bytes <= total.bytes else { return nil }
            return Blocks(count: total.count - count, bytes: total.bytes - bytes)
        }
    }

    var inUse = Blocks()
    var allocated = Blocks()

    /// - Throws: ``Problem/values`` if a sum does not fit into 64 bits.
    mutating func add(_ other: LegacyFigures) throws(Problem) {
        try inUse.add(other.inUse)
        try allocated.add(other.allocated)
    }

    /// Why a line has no figures.
    enum Problem: Error {
        /// It does not look like figures.
        case shape
        /// They do not fit into 63 bits, as the formats' own types do, or are bytes of no blocks.
        case values
    }

    init() {}

    /// Takes the figures off the front of a line.
    init(_ line: inout LegacyScanner) throws(Problem) {
        inUse = try Self.blocks(&line)
        line.skipSpaces()
        guard line.take("[") else { throw .shape }
        allocated = try Self.blocks(&line)
        line.skipSpaces()
        guard line.take("]") else { throw .shape }
    }

    private static func blocks(_ line: inout LegacyScanner) throws(Problem) -> Blocks {
        let count = try number(&line)
        line.skipSpaces()
        guard line.take(":") else { throw .shape }
        let bytes = try number(&line)
        guard count > 0 || bytes == 0 else { throw .values }
        return Blocks(count: count, bytes: bytes)
    }

    private static func number(_ line: inout LegacyScanner) throws(Problem) -> UInt64 {
        line.skipSpaces()
        guard let first = line.rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            throw .shape
        }
        guard let number = line.decimal(), number <= UInt64(Int64.max) else { throw .values }
        return number
    }
}
