// SPDX-License-Identifier: Apache-2.0
//
// Bytes to a file or to standard output, wholly or with an error.

import SiltHost

enum Output {
    /// Writes all bytes; `-` is standard output.
    ///
    /// - Throws: ``Failure`` in the system's words.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do {
            try writeFile(path, bytes)
        } catch {
            throw .input("cannot write \(path): \(error.text)")
        }
    }
}
