// SPDX-License-Identifier: Apache-2.0
//
// Every way by which bytes that nobody vouches for come into silt, each as one function of bytes. It must not remember
// anything from one run to the next: an input alone has to reproduce what it found.

package enum FuzzTarget: String, Sendable, CaseIterable {
    /// Session files of both versions, read and nothing else; the first byte counts for nothing.
    case reader
    /// Session files through every report. The input's first byte says what is asked, see ``HeapQuestion``.
    case session
    /// As ``session``, of pprof's profiles.
    case pprof
    /// As ``session``, of heap profiles in text form.
    case legacy
    /// Object files and their debug information.
    case elf
    /// Files of accepted growth.
    case baseline
    /// Regular expressions, up to the first line feed; what follows is matched.
    case pattern
    /// Numbers with units.
    case quantity
    /// Names of functions as linkers know them.
    case name
    /// Heaps of a running process, read from outside.
    case heaps
    /// What a client sends to the server, and what other servers answer it.
    case http

    /// The folder with its inputs, in the corpus.
    package var corpus: String { self == .reader ? FuzzTarget.session.rawValue : rawValue }

    /// Gives bytes to the target.
    ///
    /// - Parameter folder: for the files that the target reads and writes.
    /// - Throws: ``Broken`` if a promise does not hold. That bytes are refused is no error.
    package func run(_ input: [UInt8], in folder: FuzzFolder) throws {
        switch self {
        case .reader: try readSession(input)
        case .session, .pprof, .legacy: try HeapQuestion.ask(input, in: folder)
        case .elf: try readObjectFile(input, in: folder)
        case .baseline: try readBaseline(input, in: folder)
        case .pattern: matchPattern(input)
        case .quantity: try readQuantity(input)
        case .name: readName(input)
        case .heaps: try walkHeaps(input)
        case .http: try readRequest(input, in: folder)
        }
    }
}

/// A promise that does not hold.
package struct Broken: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
