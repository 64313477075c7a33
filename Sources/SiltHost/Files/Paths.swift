// SPDX-License-Identifier: Apache-2.0
//
// What a path leads to: names in a directory, targets of links, who may use the file. No file's bytes are read here.

import CHost
import Glibc

/// The names in a directory, sorted, without `.` and `..`.
///
/// - Throws: ``SystemError`` of opendir(3).
package func namesInDirectory(_ path: String) throws(SystemError) -> [String] {
    // Safe: the path is terminated and lives for the call.
    guard let stream = unsafe opendir(terminatedPath(path)) else { throw .last }
    return unsafe names(in: stream)
}

/// The names that are left in a stream of opendir(3), sorted; it is closed.
func names(in stream: OpaquePointer) -> [String] {
    // Safe: the stream is used and closed here; each entry's name is terminated and copied at once.
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        // Safe: d_name is the 256 bytes of the entry, which readdir keeps until it is called again.
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe text(ofPath: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Where a symbolic link points.
///
/// - Throws: ``SystemError`` of readlink(2).
package func targetOfLink(_ path: String) throws(SystemError) -> String {
    var length = 0
    // Safe: readlink writes at most the buffer's capacity.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, done in
        length = unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
            guard let start = characters.baseAddress else { return 0 }
            return unsafe readlink(terminatedPath(path), start, characters.count)
        }
        done = max(length, 0)
    }
    guard length >= 0 else { throw .last }
    return pathText(bytes)
}

/// Makes a directory that only this user may use; one that is there is left as it is. A failure shows when a file is
/// made in it.
package func makeDirectory(_ path: String) {
    // Safe: the path is terminated and lives for the call.
    _ = unsafe mkdir(path, 0o700)
}

/// Removes a file's name; a failure is ignored.
package func removeFile(_ path: String) {
    // Safe: the path is terminated and lives for the call.
    _ = unsafe unlink(terminatedPath(path))
}

/// Removes an empty directory; one that is not empty stays.
package func removeDirectory(_ path: String) {
    // Safe: the path is terminated and lives for the call.
    _ = unsafe rmdir(terminatedPath(path))
}

/// Whether anything has this path; a link counts as what it points to.
package func fileExists(_ path: String) -> Bool {
    // Safe: the path is terminated and lives for the call.
    unsafe access(terminatedPath(path), F_OK) == 0
}

/// Whether this process may read a file.
package func isReadableFile(_ path: String) -> Bool {
    // Safe: the path is terminated and lives for the call.
    unsafe access(terminatedPath(path), R_OK) == 0
}

/// Whether this process may make files in a directory.
package func isWritableDirectory(_ path: String) -> Bool {
    // Safe: the path is terminated and lives for the call.
    unsafe access(terminatedPath(path), W_OK | X_OK) == 0
}

/// Whether this process may execute a regular file.
package func isExecutableFile(_ path: String) -> Bool {
    guard (try? FileStatus(ofPath: path, followingLinks: true))?.kind == .regular else { return false }
    // Safe: the path is terminated and lives for the call.
    return unsafe access(terminatedPath(path), X_OK) == 0
}

/// Whether a file carries capabilities, which make the kernel run it in secure mode.
package func hasFileCapabilities(_ path: String) -> Bool {
    // Safe: no buffer is given, so that only the size is asked for.
    unsafe getxattr(terminatedPath(path), "security.capability", nil, 0) > 0
}

/// A path without links and `..`; nil if nothing is there.
package func resolvedPath(_ path: String) -> String? {
    // Safe: realpath allocates what it returns; it is copied, then freed.
    guard let resolved = unsafe realpath(terminatedPath(path), nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe text(ofPath: resolved)
}

/// A path from the root, which stays right when the working directory changes; links and `..` in it are kept.
package func absolutePath(_ path: String) -> String {
    // Safe: getcwd allocates what it returns; it is copied, then freed.
    guard !path.hasPrefix("/"), let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe text(ofPath: directory) + "/" + path
}

/// Text of a terminated path of the system's.
func text(ofPath path: UnsafePointer<CChar>) -> String {
    // Safe: the path is terminated, and copied within this call.
    unsafe pathText(UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) })
}
