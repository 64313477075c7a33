// SPDX-License-Identifier: Apache-2.0
//
// A directory for one test, removed with the value. It uses system calls, since Foundation is not used in this project.

import Glibc
import SiltHost

package final class TemporaryDirectory {
    package let path: String

    /// - Parameter folder: where it is made.
    package init(in folder: String = "/tmp") throws {
        var template = Array("\(folder)/silt-test-XXXXXX".utf8CString)
        // Safe: mkdtemp changes the array in place, and it stays terminated.
        guard unsafe mkdtemp(&template) != nil else { throw Failure(call: "mkdtemp", number: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    struct Failure: Error {
        var call: String
        var number: Int32
    }

    /// Makes a directory and those above it; returns its path.
    @discardableResult package func directory(_ name: String) throws -> String {
        var whole = path
        for part in name.split(separator: "/") {
            whole += "/\(part)"
            // Safe: the path is terminated and lives for the call.
            if unsafe mkdir(whole, 0o700) != 0, errno != EEXIST { throw Failure(call: "mkdir", number: errno) }
        }
        return whole
    }

    /// Writes a file, and makes the directories above it; returns its path.
    @discardableResult package func file(_ name: String, _ bytes: [UInt8], size: Int? = nil) throws -> String {
        let parents = name.split(separator: "/").dropLast().joined(separator: "/")
        try directory(parents)
        let whole = "\(path)/\(name)"
        // Safe: the path is terminated and lives for the call.
        let number = unsafe open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw Failure(call: "open", number: errno) }
        defer { close(number) }
        // Safe: write reads as many bytes as the array has.
        let written = unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw Failure(call: "write", number: errno) }
        if let size, ftruncate(number, size) != 0 { throw Failure(call: "ftruncate", number: errno) }
        return whole
    }

    @discardableResult package func file(_ name: String, _ text: String) throws -> String {
        try file(name, Array(text.utf8))
    }

    /// Makes a symbolic link, in place of another; returns its path.
    @discardableResult package func link(_ name: String, to target: String) throws -> String {
        let parents = name.split(separator: "/").dropLast().joined(separator: "/")
        try directory(parents)
        let whole = "\(path)/\(name)"
        // Safe: both paths are terminated and live for the calls.
        _ = unsafe unlink(whole)
        guard unsafe symlink(target, whole) == 0 else { throw Failure(call: "symlink", number: errno) }
        return whole
    }

    private static func remove(_ path: String) {
        if let status = try? FileStatus(ofPath: path), status.kind == .directory {
            for name in (try? namesInDirectory(path)) ?? [] { remove("\(path)/\(name)") }
        }
        // Safe: the path is terminated and lives for the call.
        _ = unsafe Glibc.remove(terminatedPath(path))
    }
}
