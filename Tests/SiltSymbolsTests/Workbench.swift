// SPDX-License-Identifier: Apache-2.0
//
// A scratch directory in which a test compiles small programs and runs tools. It takes what the machine has, and
// says which tool failed with which words.

import Glibc
import SiltFile

/// A temporary directory that is removed with the value.
final class Workbench {
    struct ToolFailure: Error, CustomStringConvertible {
        var description: String
    }

    let directory: String

    init() throws {
        var template = Array("/tmp/silt-symbols-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ToolFailure(description: "mkdtemp failed") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = try? Self.run(["/bin/rm", "-rf", directory])
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let descriptor = unsafe open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o755)
        guard descriptor >= 0 else { throw ToolFailure(description: "cannot write \(path(name))") }
        defer { close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw ToolFailure(description: "short write to \(path(name))") }
        return path(name)
    }

    static func read(_ path: String) throws -> [UInt8] {
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

    /// Runs a program to its end and returns what it wrote to standard output.
    @discardableResult
    func run(_ command: [String], input: String = "") throws -> String {
        try write(input, to: "stdin")
        return try Self.run(command, directory: directory, input: path("stdin"), output: path("stdout"))
    }

    @discardableResult
    private static func run(
        _ command: [String], directory: String = "/", input: String = "/dev/null", output: String = "/dev/null"
    ) throws -> String {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let words = ["env", "-C", directory] + command
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for argument in arguments { unsafe free(argument) } }
        var pid: pid_t = 0
        let error = unsafe posix_spawnp(&pid, words[0], &actions, nil, &arguments, environ)
        guard error == 0 else { throw ToolFailure(description: "cannot start \(words[0])") }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw ToolFailure(description: "\(command.joined(separator: " ")): status \(status)") }
        return output == "/dev/null" ? "" : String(decoding: try read(output), as: UTF8.self)
    }

    /// Where `PATH` has a tool; nil if it has not.
    static func find(_ tool: String) -> String? {
        guard let path = unsafe getenv("PATH") else { return nil }
        return unsafe String(cString: path).split(separator: ":").map { "\($0)/\(tool)" }
            .first { unsafe access($0, X_OK) == 0 }
    }
}

extension Module {
    /// A module as the shim would have recorded it, loaded at `bias`.
    init(path: String, buildID: [UInt8] = [], bias: UInt64 = 0x5555_0000_0000) {
        self.init(
            addresses: bias..<bias + (1 << 32), bias: bias, text: bias..<bias + (1 << 32), textFileOffset: 0,
            path: path, buildID: buildID)
    }
}
