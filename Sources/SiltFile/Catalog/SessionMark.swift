// SPDX-License-Identifier: Apache-2.0
//
// Whether anything was recorded in a session since it was looked at: one short read, however large the file is.

import SiltHost

/// The header of a session, which counts every event, every loss and every record.
package struct SessionMark: Hashable, Sendable {
    private let header: [UInt8]

    /// Taken before the session is read: what is recorded meanwhile then changes the next mark.
    ///
    /// - Throws: ``FileError`` if the file cannot be read.
    package init(contentsOf path: String) throws(FileError) {
        header = try ByteSource(file: path).read(at: 0, count: Format.headerSize)
    }
}
