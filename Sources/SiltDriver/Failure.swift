// SPDX-License-Identifier: Apache-2.0
//
// An error in words for a person, with the exit status that it leads to. Every error that leaves the driver is one.

import SiltHost

/// What a person is told, and how a command ends.
package struct Failure: Error, Hashable, Sendable {
    /// Mostly one. A name or a path in it cannot add another.
    package var lines: [String]
    /// 2: the question makes no sense. 3: what it is about cannot be read, or makes no sense.
    package var status: Int32

    /// Something to be read cannot be read or makes no sense.
    package static func input(_ line: String) -> Failure { input([line]) }
    package static func input(_ lines: [String]) -> Failure { Failure(lines: lines, status: 3) }
    /// The question makes no sense, whatever is read.
    package static func use(_ line: String) -> Failure { use([line]) }
    package static func use(_ lines: [String]) -> Failure { Failure(lines: lines, status: 2) }
}

extension Failure: CustomStringConvertible {
    package var description: String { lines.map(printable).joined(separator: "\n") }
}
