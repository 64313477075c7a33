// SPDX-License-Identifier: Apache-2.0
//
// A control group of little memory, in which the kernel kills. Only where this user may make one.

import Glibc

/// A group below the one of the tests, removed with the value, when nothing runs in it any more.
package final class MemoryGroup {
    private let path: String

    /// - Parameter limit: bytes.
    /// - Throws: ``Workbench/ToolFailure`` where none can be made.
    package init(limit: Int) throws {
        let lines = String(decoding: try Workbench.read("/proc/self/cgroup"), as: UTF8.self).split(separator: "\n")
        let parts = lines.map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
        let name = "silt-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        if let line = parts.first(where: { $0.count == 3 && $0[1].split(separator: ",").contains("memory") }) {
            path = "/sys/fs/cgroup/memory\(line[2])/\(name)"
        } else if let line = parts.first(where: { $0.count == 3 && $0[0] == "0" }) {
            path = "/sys/fs/cgroup\(line[2])/\(name)"
        } else {
            throw Workbench.ToolFailure(description: "no control groups")
        }
        // Safe: the path is terminated and lives for the call.
        guard unsafe mkdir(path, 0o755) == 0 else { throw Workbench.ToolFailure(description: "cannot make \(path)") }
        let isFirst = unsafe access("\(path)/memory.limit_in_bytes", W_OK) == 0
        try write(isFirst ? "memory.limit_in_bytes" : "memory.max", "\(limit)")
        // Nothing is to wait for a disk.
        try? write(isFirst ? "memory.memsw.limit_in_bytes" : "memory.swap.max", isFirst ? "\(limit)" : "0")
    }

    deinit {
        // Safe: as above.
        _ = unsafe rmdir(path)
    }

    /// Whether this user may make such groups here.
    package static let isPermitted = (try? MemoryGroup(limit: 1 << 24)) != nil

    /// The command that runs another one in the group.
    package func command(_ words: [String]) -> [String] {
        ["/bin/sh", "-c", "echo $$ >\"$0/cgroup.procs\" && exec \"$@\"", path] + words
    }

    private func write(_ file: String, _ text: String) throws {
        let descriptor = unsafe open("\(path)/\(file)", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Workbench.ToolFailure(description: "cannot open \(path)/\(file)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw Workbench.ToolFailure(description: "cannot write \(path)/\(file)") }
    }
}
