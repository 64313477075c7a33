// SPDX-License-Identifier: Apache-2.0
//
// The file of accepted growth that a team reviews: read, filled with what grew, written back. A file that is there and
// cannot be read is never written over.

import SiltHost
package import SiltProfile

/// A baseline with the text it was read from, so that comments and the order of lines stay.
package struct BaselineFile: Sendable {
    package let path: String
    package private(set) var text: String
    package private(set) var entries: Baseline

    private static let newText = """
        # Growth that silt check accepts: bytes, then the innermost functions of a stack, leaf first.
        # Say above each line why it may grow.

        """

    /// A device may never end.
    private static let largest = 4 << 20

    /// Reads a baseline.
    ///
    /// - Parameter mayBeMissing: where no such file is, it is a new one.
    /// - Throws: ``Failure`` if it cannot be read, or a line is no entry, with the line.
    package init(path: String, mayBeMissing: Bool = false) throws(Failure) {
        let bytes: [UInt8]
        do {
            bytes = try contentsOfFile(path, limit: Self.largest + 1)
        } catch {
            guard mayBeMissing, error.isMissing else {
                throw .input("\(path): cannot be read: \(error.text); --update-baseline makes it")
            }
            (self.path, text, entries) = (path, Self.newText, Baseline())
            return
        }
        guard bytes.count <= Self.largest else {
            throw .input(
                "\(path): is larger than \(Self.largest >> 20) MiB: no text that people review; name a baseline file")
        }
        self.path = path
        text = String(decoding: bytes, as: UTF8.self)
        entries = try Self.parsed(path) { [text] () throws(Baseline.ParseError) in try Baseline(parsing: text) }
    }

    /// Puts entries in; those of the same functions take the place of what is there.
    ///
    /// - Throws: ``Failure`` if the text is no baseline.
    package mutating func put(_ new: [Baseline.Entry]) throws(Failure) {
        text = try Self.parsed(path) { [text] () throws(Baseline.ParseError) in
            try Baseline.text(text, putting: new)
        }
        entries = try Self.parsed(path) { [text] () throws(Baseline.ParseError) in try Baseline(parsing: text) }
    }

    /// - Throws: ``Failure`` in the system's words.
    package func write() throws(Failure) {
        do {
            try writeFile(path, Array(text.utf8))
        } catch {
            throw .input("cannot write \(path): \(error.text)")
        }
    }

    private static func parsed<T>(
        _ path: String, _ parse: () throws(Baseline.ParseError) -> T
    ) throws(Failure) -> T {
        do {
            return try parse()
        } catch {
            throw .input("\(path), line \(error.line): \(error.reason)")
        }
    }
}
