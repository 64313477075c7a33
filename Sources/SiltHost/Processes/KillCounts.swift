// SPDX-License-Identifier: Apache-2.0
//
// How often the kernel's out-of-memory killer has killed in a process's control groups. A count that rises while a
// process ends says why it ended, also where the kernel's log may not be read; a count alone says nothing.

/// The counts of a process's group and of those above it, at one moment.
package struct KillCounts: Hashable, Sendable {
    /// The process's own group first.
    fileprivate var groups: [Group] = []

    fileprivate struct Group: Hashable, Sendable {
        var file: String
        var kills: UInt64
    }

    /// Of nothing: no kill is ever seen.
    package init() {}
}

extension ProcessTable {
    /// The counts now; empty if they cannot be read.
    package func killCounts(of pid: UInt32) -> KillCounts {
        var counts = KillCounts()
        for file in killFiles(of: pid) {
            if let kills = kills(in: file) { counts.groups.append(KillCounts.Group(file: file, kills: kills)) }
        }
        return counts
    }

    /// Whether a process was killed in the group since then, or, if the group is gone, in the next one that is left.
    package func hasKilled(since earlier: KillCounts) -> Bool {
        for group in earlier.groups {
            if let now = kills(in: group.file) { return now > group.kills }
        }
        return false
    }

    /// From the process's own group up. Version 1 counts a group's own kills only, version 2 also those below it.
    private func killFiles(of pid: UInt32) -> [String] {
        let lines = (text("\(proc)/\(pid)/cgroup") ?? "").lines.map { $0.parts(at: ":", most: 3) }
        let first = lines.first { $0.count == 3 && $0[1].parts(at: ",").contains("memory") }
        let second = lines.first { $0.count == 3 && $0[0] == "0" && $0[1].isEmpty }
        guard let line = first ?? second else { return [] }
        let root = first == nil ? cgroups : "\(cgroups)/memory"
        let name = first == nil ? "memory.events" : "memory.oom_control"
        var groups = line[2].parts(at: "/").filter { !$0.isEmpty && $0 != ".." }.map(String.init)
        var files: [String] = []
        while true {
            files.append(([root] + groups + [name]).joined(separator: "/"))
            if groups.popLast() == nil { return files }
        }
    }

    private func kills(in file: String) -> UInt64? {
        text(file)?.lines.value("oom_kill ").flatMap { UInt64($0) }
    }
}
