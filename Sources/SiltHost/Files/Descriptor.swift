// SPDX-License-Identifier: Apache-2.0
//
// An open file. All reads of Silt's own code go through here; what is read is copied into an array, so that no pointer
// leaves its closure.

import Glibc

/// An open file, closed when the value is destroyed.
package struct Descriptor: ~Copyable, Sendable {
    /// For a library that reads by itself. Not to be used after this value, which closes it.
    package private(set) var number: Int32

    /// Opens for reading. It never waits, not even for a pipe's writer.
    ///
    /// - Throws: ``SystemError`` of open(2).
    package init(opening path: String) throws(SystemError) {
        // Safe: the path is terminated and lives for the call.
        let opened = retrying { unsafe open(terminatedPath(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard opened >= 0 else { throw .last }
        number = Int32(opened)
    }

    /// Takes an open file, which it closes.
    init(adopting number: Int32) { self.number = number }

    deinit { if number >= 0 { close(number) } }

    /// Gives the descriptor's number to a library that closes it itself.
    package consuming func release() -> Int32 {
        let released = number
        number = -1
        return released
    }

    /// What fstat(2) tells.
    ///
    /// - Throws: ``SystemError``.
    package func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        // Safe: the pointer lives for the call.
        guard unsafe fstat(number, &raw) == 0 else { throw .last }
        return FileStatus(raw)
    }

    /// pread(2) until `count` bytes are there or the file ends.
    ///
    /// - Throws: ``SystemError``.
    package func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        guard count > 0, let start = Int(exactly: offset), start <= Int.max - count else { return [] }
        var failure: SystemError?
        // Safe: pread writes at most the `count - done` bytes that the buffer has left.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let n = retrying { [done] in
                    unsafe pread(number, buffer.baseAddress.map { unsafe $0 + done }, count - done, start + done)
                }
                if n < 0 { failure = .last }
                if n <= 0 { break }
                done += n
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// One read(2) of at most `count` bytes at the file's own position; nil: nothing to read now.
    ///
    /// - Throws: ``SystemError``.
    package func readNext(count: Int) throws(SystemError) -> [UInt8]? {
        var result = 0
        // Safe: read writes at most `count` bytes, the buffer's capacity.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            result = retrying { unsafe Glibc.read(number, buffer.baseAddress, count) }
            done = max(result, 0)
        }
        if result < 0 {
            let failure = SystemError.last
            if failure.number == EAGAIN { return nil }
            throw failure
        }
        return bytes
    }
}
