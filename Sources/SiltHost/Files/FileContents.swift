// SPDX-License-Identifier: Apache-2.0
//
// Whole files by their paths: read, written, replaced; and lines for standard error. It knows nothing of what files
// hold.

import Glibc

/// What a file holds up to its end, or up to `limit` bytes; also for the files of /proc, whose sizes are not known.
///
/// - Throws: ``SystemError`` of open(2) or read(2).
package func contentsOfFile(_ path: String, limit: Int = 1 << 24) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(opening: path)
    var bytes: [UInt8] = []
    while bytes.count < limit, let more = try file.readNext(count: min(1 << 16, limit - bytes.count)), !more.isEmpty {
        bytes += more
    }
    return bytes
}

/// Writes a file that only its owner can read.
///
/// It is written under a temporary name and then renamed: nobody sees a half-written file, and after a failure the old
/// file is still there.
///
/// - Throws: ``SystemError`` of the first call that failed.
package func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = "\(path).\(getpid()).tmp"
    // Safe: the path is terminated and lives for the call.
    let number = retrying {
        unsafe open(terminatedPath(temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    guard number >= 0 else { throw .last }
    var failure = writeAll(bytes, to: number)
    if close(number) != 0 { failure = failure ?? .last }
    // Safe: both paths are terminated and live for the call.
    if failure == nil, unsafe rename(terminatedPath(temporary), terminatedPath(path)) != 0 { failure = .last }
    guard let failure else { return }
    // Safe: as above.
    _ = unsafe unlink(terminatedPath(temporary))
    throw failure
}

/// Writes a file that others may read, in place of what it held; `-` is standard output.
///
/// - Parameter permissions: of a file that is not there yet, as chmod(1) takes them.
/// - Throws: ``SystemError`` of the first call that failed; the file may then be half written.
package func writeFile(_ path: String, _ bytes: [UInt8], permissions: UInt32 = 0o644) throws(SystemError) {
    if path == "-" {
        if let failure = writeAll(bytes, to: STDOUT_FILENO) { throw failure }
        return
    }
    // Safe: the path is terminated and lives for the call.
    let number = retrying { unsafe open(terminatedPath(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions) }
    guard number >= 0 else { throw .last }
    var failure = writeAll(bytes, to: number)
    if close(number) != 0 { failure = failure ?? .last }
    if let failure { throw failure }
}

/// Writes a file whole, or what is no ordinary file in place: a device, a pipe or what a link leads to must stay what it
/// is. `-` is standard output.
///
/// - Throws: ``SystemError`` of the first call that failed.
package func replaceOrdinaryFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let isOrdinary = path != "-" && (try? FileStatus(ofPath: path)).map { $0.kind == .regular } ?? true
    if isOrdinary { try replaceFile(path, with: bytes) } else { try writeFile(path, bytes, permissions: 0o600) }
}

/// Writes a line to standard error. A failure is ignored, because there is no other place to report it.
package func printError(_ line: String) { printErrorText(line + "\n") }

/// Writes to standard error what is not a line.
package func printErrorText(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

/// Writes all of the bytes to an open file; why it could not, or nil.
func writeAll(_ bytes: [UInt8], to number: Int32) -> SystemError? {
    // Safe: write reads only the bytes that are left, within the closure.
    unsafe bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let n = retrying { [done] in
                unsafe write(number, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
            }
            if n < 0 { return .last }
            done += n
        }
        return nil
    }
}
