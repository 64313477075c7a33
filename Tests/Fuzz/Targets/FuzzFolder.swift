// SPDX-License-Identifier: Apache-2.0
//
// Where a target's files lie: those of one run in a folder that the caller made, and the corpus, which is in the tree.

import SiltHost

/// A folder for the files of one target, which each run writes anew.
package struct FuzzFolder: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The named inputs of the tree: a folder for each target.
    package static let corpus =
        #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/corpus"

    package static func contents(_ path: String) throws -> [UInt8] { try contentsOfFile(path, limit: 1 << 20) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file of the run; returns its path.
    func write(_ bytes: some Collection<UInt8>, to name: String) throws -> String {
        try writeFile(path(name), Array(bytes))
        return path(name)
    }
}
