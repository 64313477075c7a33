// SPDX-License-Identifier: Apache-2.0
//
// What a process in a container sees otherwise than this one: its files, its numbers, its environment. What cannot be
// read is nil, and then the process is taken for one that sees what this one sees.

extension ProcessTable {
    /// The numbers of all processes that there are, as this process counts.
    package var pids: [UInt32] { ((try? namesInDirectory(proc)) ?? []).compactMap { UInt32($0) }.sorted() }

    /// The pid namespace in which a process counts; nil: not known.
    func pidNamespace(of process: String) -> UInt64? { number(ofNamespace: "pid", of: process) }

    /// Whether a process counts processes otherwise than this one.
    package func countsOtherwise(_ pid: UInt32) -> Bool {
        guard let own = pidNamespace, let other = pidNamespace(of: "\(pid)") else { return false }
        return own != other
    }

    /// The folder that a process takes for `/`; nil: it sees this process's files, or it is not known.
    package func root(of pid: UInt32) -> String? {
        let link = "\(proc)/\(pid)/root"
        guard let target = try? targetOfLink(link) else { return nil }
        if target != "/" { return link }
        guard let own = number(ofNamespace: "mnt", of: "self"), let other = number(ofNamespace: "mnt", of: "\(pid)"),
            own != other
        else { return nil }
        return link
    }

    /// The threads of a process by the numbers that it knows them by itself: from those to this process's.
    ///
    /// - Complexity: a small file for each thread.
    package func threadsByOwnNumber(of pid: UInt32) -> [UInt32: UInt32] {
        let tasks = "\(proc)/\(pid)/task"
        var result: [UInt32: UInt32] = [:]
        for name in (try? namesInDirectory(tasks)) ?? [] {
            guard let id = UInt32(name), let status = text("\(tasks)/\(name)/status") else { continue }
            // One for each namespace, the innermost last.
            let numbers = status.lines.lazy.compactMap { $0.rest(behind: "NSpid:") }.first?.words
            if let own = numbers?.last.flatMap({ UInt32($0) }) { result[own] = id }
        }
        return result
    }

    /// The environment that a process was started with; nil: it may not be read.
    package func environment(of pid: UInt32) -> [String: String]? {
        guard let bytes = try? contentsOfFile("\(proc)/\(pid)/environ", limit: 1 << 24) else { return nil }
        return settings(in: bytes.split(separator: 0).map { pathText($0) })
    }

    private func number(ofNamespace kind: String, of process: String) -> UInt64? {
        guard let link = try? targetOfLink("\(proc)/\(process)/ns/\(kind)") else { return nil }
        return UInt64(link.drop { !$0.isNumber }.prefix { $0.isNumber })
    }
}
