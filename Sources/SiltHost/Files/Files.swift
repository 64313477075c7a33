// SPDX-License-Identifier: Apache-2.0
//
// Whole files, directories and links by their paths: read, written, replaced. It knows nothing of what they hold.

import CHost
import Glibc

/// What a file holds up to its end, or up to `limit` bytes; for the files of /proc, whose sizes are not known.
package func contentsOfFile(_ path: String, limit: Int = 1 << 24) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(opening: path)
    var bytes: [UInt8] = []
    while bytes.count < limit, let more = try file.readNext(count: min(1 << 16, limit - bytes.count)), !more.isEmpty {
        bytes += more
    }
    return bytes
}

/// Writes a file that only its owner can read, under a temporary name first, so that nobody ever sees half of it.
package func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = "\(path).\(getpid()).tmp"
    // Safe: the path is terminated and lives for the call.
    let number = retrying { unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
    guard number >= 0 else { throw .last }
    var failure = writeAll(bytes, to: number)
    if close(number) != 0 { failure = failure ?? .last }
    // Safe: both paths are terminated and live for the call.
    if failure == nil, unsafe rename(temporary, path) != 0 { failure = .last }
    guard let failure else { return }
    // Safe: as above.
    _ = unsafe unlink(temporary)
    throw failure
}

/// Writes a file that others may read, over what it held; `-` is standard output.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
    if path == "-" {
        if let failure = writeAll(bytes, to: STDOUT_FILENO) { throw failure }
        return
    }
    // Safe: the path is terminated and lives for the call.
    let number = retrying { unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    guard number >= 0 else { throw .last }
    var failure = writeAll(bytes, to: number)
    if close(number) != 0 { failure = failure ?? .last }
    if let failure { throw failure }
}

/// Writes a line to standard error; that it cannot be written is nobody's business.
package func printError(_ line: String) {
    _ = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
}

private func writeAll(_ bytes: [UInt8], to number: Int32) -> SystemError? {
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

/// The names in a directory, sorted, without `.` and `..`.
package func namesInDirectory(_ path: String) throws(SystemError) -> [String] {
    // Safe: the stream is used and closed here; each entry's name is terminated and copied at once.
    guard let stream = unsafe opendir(path) else { throw .last }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Where a symbolic link points.
package func targetOfLink(_ path: String) throws(SystemError) -> String {
    var length = 0
    // Safe: readlink writes at most the buffer's capacity.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, done in
        length = unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
            guard let start = characters.baseAddress else { return 0 }
            return unsafe readlink(path, start, characters.count)
        }
        done = max(length, 0)
    }
    guard length >= 0 else { throw .last }
    return String(decoding: bytes, as: UTF8.self)
}

/// Whether anything has this path; a link counts as what it points to.
package func fileExists(_ path: String) -> Bool {
    // Safe: the path is terminated and lives for the call.
    unsafe access(path, F_OK) == 0
}

/// Whether this process may read a file.
package func isReadableFile(_ path: String) -> Bool {
    // Safe: the path is terminated and lives for the call.
    unsafe access(path, R_OK) == 0
}

/// Whether this process may execute a regular file.
package func isExecutableFile(_ path: String) -> Bool {
    guard (try? FileStatus(ofPath: path, followingLinks: true))?.kind == .regular else { return false }
    // Safe: the path is terminated and lives for the call.
    return unsafe access(path, X_OK) == 0
}

/// Whether a file carries capabilities, which make the kernel run it in secure mode.
package func hasFileCapabilities(_ path: String) -> Bool {
    // Safe: no buffer is given, so that only the size is asked for.
    unsafe getxattr(path, "security.capability", nil, 0) > 0
}

/// A path without links and `..`; nil if nothing is there.
package func resolvedPath(_ path: String) -> String? {
    // Safe: realpath allocates what it returns; it is copied, then freed.
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

/// A path from the root, which stays right when the working directory changes; links and `..` stay in it.
package func absolutePath(_ path: String) -> String {
    // Safe: getcwd allocates what it returns; it is copied, then freed.
    guard !path.hasPrefix("/"), let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe String(cString: directory) + "/" + path
}
