// SPDX-License-Identifier: Apache-2.0
//
// Bytes to a file or to standard output, wholly or with an error.

import Glibc

enum Output {
    /// Writes all bytes; `-` is standard output.
    ///
    /// - Throws: ``Failure`` in the system's words.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let file = path == "-" ? STDOUT_FILENO : unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure(path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            // The buffer lives as long as the closure, and write keeps no pointer.
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw failure(path) }
            rest = rest.dropFirst(written)
        }
        if path != "-", close(file) != 0 { throw failure(path) }
    }

    private static func failure(_ path: String) -> Failure {
        .input("cannot write \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
