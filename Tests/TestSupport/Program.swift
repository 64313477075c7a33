// SPDX-License-Identifier: Apache-2.0
//
// A program that a test starts: its standard streams, its signals, its end. It is killed when the value is destroyed,
// so that no test leaves a process behind.

import Glibc
import Synchronization

// Tests run at the same time, and a pipe is inherited if another test starts a child before FD_CLOEXEC is set on it: so
// only one child is started at a time.
private let spawning = Mutex(())

/// A child process with pipes.
package final class Program {
    /// How a program ended.
    package struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number for one that a signal ended, as shells say it.
        package var status: Int32
        package var output: String
        package var errors: String
    }

    package let pid: Int32
    private var input: Int32
    private let output: Int32
    private let errorFile: String
    private var unread: [UInt8] = []
    private var ended: Int32?

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - environment: variables set in addition to the test's own.
    ///   - directory: where it starts.
    /// - Throws: ``Workbench/ToolFailure`` if it cannot be started.
    package init(
        _ command: [String], environment: [(name: String, value: String)] = [], directory: String = "/"
    ) throws {
        var template = Array("/tmp/silt-errors-XXXXXX".utf8CString)
        let errors = unsafe mkstemp(&template)
        guard errors >= 0 else { throw Workbench.ToolFailure(description: "mkstemp failed") }
        close(errors)
        errorFile = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Whatever the locale of the machine: texts for people depend on it.
        let settings = (["LC_ALL=C.UTF-8"] + environment.map { "\($0.name)=\($0.value)" })
        let words = ["/usr/bin/env", "-C", directory] + settings + command
        let file = errorFile
        let started = spawning.withLock { _ in Self.spawn(words, errorFile: file) }
        (pid, input, output) = (started.pid, started.input, started.output)
        guard pid > 0 else { throw Workbench.ToolFailure(description: "cannot start \(words)") }
    }

    private static func spawn(_ words: [String], errorFile: String) -> (pid: Int32, input: Int32, output: Int32) {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard unsafe pipe(&toChild) == 0, unsafe pipe(&fromChild) == 0 else { return (0, -1, -1) }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_TRUNC, 0o600)
        // A test may run on a thread that blocks signals; a program must not inherit that.
        var attributes = posix_spawnattr_t()
        var noSignals = sigset_t()
        unsafe sigemptyset(&noSignals)
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let error = unsafe posix_spawn(&child, words[0], &actions, &attributes, &arguments, environ)
        close(toChild[0])
        close(fromChild[1])
        return (error == 0 ? child : 0, toChild[1], fromChild[0])
    }

    deinit {
        // 0, if none was started, would mean all processes of this group.
        if pid > 0, ended == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        if input >= 0 { close(input) }
        if output >= 0 { close(output) }
        unsafe unlink(errorFile)
    }

    /// Reads standard output up to a line that starts so, and returns all lines before and with it.
    ///
    /// - Throws: ``Workbench/ToolFailure`` if the output ends before.
    package func lines(through prefix: String) throws -> [String] {
        var lines: [String] = []
        while let line = nextLine() {
            lines.append(line)
            if line.hasPrefix(prefix) { return lines }
        }
        throw Workbench.ToolFailure(description: "output ended before \(prefix): \(lines)")
    }

    /// Reads standard output up to a line that has these words in it.
    ///
    /// - Throws: ``Workbench/ToolFailure`` if the output ends before.
    package func wait(for words: String) throws {
        while let line = nextLine() {
            if line.contains(words) { return }
        }
        throw Workbench.ToolFailure(description: "output ended before \(words)")
    }

    /// Whether it has ended by now.
    package var hasEnded: Bool {
        if ended != nil { return true }
        var info = unsafe siginfo_t()
        guard unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return true }
        return unsafe info.si_signo == SIGCHLD
    }

    /// The next line of standard output; nil at its end.
    package func nextLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(output, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                defer { unread = [] }
                return unread.isEmpty ? nil : String(decoding: unread, as: UTF8.self)
            }
            unread += chunk[..<count]
        }
    }

    package func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) }
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Closes its input after writing `text`, reads the rest of its output and waits for its end.
    package func finish(input text: String = "") throws -> Outcome {
        send(text)
        close(input)
        input = -1
        var output = ""
        while let line = nextLine() { output += line + "\n" }
        let status = wait()
        return Outcome(
            status: status, output: output, errors: String(decoding: try Workbench.read(errorFile), as: UTF8.self))
    }

    private func wait() -> Int32 {
        if let ended { return ended }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let result = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        ended = result
        return result
    }
}
