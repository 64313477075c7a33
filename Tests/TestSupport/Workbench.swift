// SPDX-License-Identifier: Apache-2.0
//
// A scratch directory in which a test compiles small programs and runs tools. It takes what the machine has, and
// says which tool failed with which words.

import Glibc

/// A temporary directory that is removed with the value.
package final class Workbench {
    package struct ToolFailure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package let directory: String

    package init() throws {
        var template = Array("/tmp/silt-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ToolFailure(description: "mkdtemp failed") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = try? Program(["/bin/rm", "-rf", directory]).finish()
    }

    package func path(_ name: String) -> String { "\(directory)/\(name)" }

    @discardableResult
    package func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Self.write(bytes, to: path(name), mode: 0o755)
        return path(name)
    }

    /// Writes a file anywhere.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ToolFailure(description: "cannot write \(path)") }
        defer { close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw ToolFailure(description: "short write to \(path)") }
    }

    package static func read(_ path: String) throws -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ToolFailure(description: "cannot read \(path)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Runs a program to its end in this directory and returns what it wrote to standard output.
    ///
    /// - Throws: ``ToolFailure`` if it ended with anything but status 0.
    @discardableResult
    package func run(_ command: [String], input: String = "") throws -> String {
        let outcome = try Program(command, directory: directory).finish(input: input)
        guard outcome.status == 0 else {
            throw ToolFailure(
                description: "\(command.joined(separator: " ")): status \(outcome.status)\n\(outcome.errors)")
        }
        return outcome.output
    }

    /// Where `PATH` has a tool, or a tool's own path; nil if it is not there.
    package static func find(_ tool: String) -> String? {
        if tool.contains("/") { return unsafe access(tool, X_OK) == 0 ? tool : nil }
        guard let path = unsafe getenv("PATH") else { return nil }
        return unsafe String(cString: path).split(separator: ":").map { "\($0)/\(tool)" }
            .first { unsafe access($0, X_OK) == 0 }
    }
}
