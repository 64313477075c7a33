// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with a heap profile in text form, in which line, and what a person can do about it.

/// Why a heap profile in text form could not be read.
package struct LegacyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The first line is not that of a heap profile.
        case badHeader
        /// The first line names a way of counting that is none of the heap's, such as `growthz`.
        case unknownCounting(String)
        /// A line that none of the writers has there.
        case badLine
        /// More than 64 bits, or bytes of no blocks.
        case badFigures
        case badAddress
        /// The stacks hold more than the first line says that there is.
        case exceedsTotal
        case truncated
        /// The gzip stream around it is damaged.
        case badGzip
        /// Reading on would take more memory than allowed.
        case tooLarge(limit: Int)
    }

    package var reason: Reason
    /// 1-based.
    package var line: Int

    package init(_ reason: Reason, line: Int) {
        self.reason = reason
        self.line = line
    }

    package var description: String {
        let what =
            switch reason {
            case .badHeader: "this does not begin as a heap profile in text form does"
            case .unknownCounting(let name): "figures of the kind \"\(name)\" are not those of a heap"
            case .badLine: "no heap profile has such a line; the file is damaged"
            case .badFigures: "these counts are impossible; the file is damaged"
            case .badAddress: "this is no list of addresses; the file is damaged"
            case .exceedsTotal: "the stacks hold more than the first line says; the file is damaged"
            case .truncated: "the file ends in the middle; fetch it again"
            case .badGzip: "the gzip stream is damaged; fetch the file again"
            case .tooLarge(let limit): "it needs more than \(limit >> 20)MB of memory to read"
            }
        return "heap profile: \(what) (line \(line))"
    }
}
