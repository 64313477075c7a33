// SPDX-License-Identifier: Apache-2.0
//
// Which build a file is, by the notes in it. Nothing is loaded or run.

import SiltHost

/// What a file of Silt's, or any other ELF file, says of its own build.
package struct BuildIdentity: Sendable, Hashable {
    /// The version of Silt; nil if it has no shim in it, one from before it told its version, or cannot be read.
    package var version: String?
    /// Whether the shim in it is that of libsilt.a, which serves programs that are linked statically.
    package var isStatic: Bool
    /// Lower-case hexadecimal; empty if there is none.
    package var buildID: String

    package init(path: String) { self.init(of: try? ElfFile(path: path)) }

    init(of file: ElfFile?) {
        // Notes 1 and 2 of owner Silt: CShim/base/release.c. Note 3 of owner GNU: NT_GNU_BUILD_ID.
        let ofArchive = file?.note(owner: "Silt", type: 2)
        let release = ofArchive ?? file?.note(owner: "Silt", type: 1)
        version = release.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        isStatic = ofArchive != nil
        buildID = file?.note(owner: "GNU", type: 3).map { hexadecimal($0) } ?? ""
    }
}
