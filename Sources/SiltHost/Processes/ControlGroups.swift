// SPDX-License-Identifier: Apache-2.0
//
// The memory of a process's control group, of version 1 or 2: what it may use, what it uses, and what it can still put
// into swap. Asking never fails: what cannot be read is nil.

/// What the control groups of a process say of its memory.
struct GroupMemory {
    /// The limit that will be reached first if memory grows, in bytes: of those of the process's group and of the groups
    /// above, the one with the least room.
    var limit: UInt64?
    /// Bytes charged to the group that has this limit, or else to the process's own, without inactive file cache.
    var current: UInt64?
    /// Path of the group that has the limit.
    var group: String?
    /// Whether the kernel slows processes down there (memory.high) instead of killing one.
    var isThrottle = false
    /// Bytes that the group may use in swap beyond its limit of memory.
    var swapLeft: UInt64?
}

extension ProcessTable {
    /// The files of a version of control groups.
    private struct GroupFiles {
        var limit: String
        /// Above it processes are slowed down, nearly to a stop.
        var throttle: String?
        var current: String
        /// The key in memory.stat of file cache that was not used lately, with that of the groups below.
        var inactive: String
        var swapLimit: String
        var swapCurrent: String
        /// Whether the figures of swap count memory as well.
        var swapCountsMemory: Bool

        static let version1 = GroupFiles(
            limit: "memory.limit_in_bytes", current: "memory.usage_in_bytes", inactive: "total_inactive_file",
            swapLimit: "memory.memsw.limit_in_bytes", swapCurrent: "memory.memsw.usage_in_bytes", swapCountsMemory: true
        )
        static let version2 = GroupFiles(
            limit: "memory.max", throttle: "memory.high", current: "memory.current", inactive: "inactive_file",
            swapLimit: "memory.swap.max", swapCurrent: "memory.swap.current", swapCountsMemory: false)
    }

    func groupMemory(of pid: UInt32) -> GroupMemory {
        let groups = text("\(proc)/\(pid)/cgroup") ?? ""
        return shared?.group(groups) { groupMemory(in: groups) } ?? groupMemory(in: groups)
    }

    /// - Parameter groups: what /proc/PID/cgroup says.
    private func groupMemory(in groups: String) -> GroupMemory {
        let lines = groups.lines.map { $0.parts(at: ":", most: 3) }
        for line in lines where line.count == 3 && line[1].parts(at: ",").contains("memory") {
            return groupMemory(mount: "\(cgroups)/memory", group: line[2], .version1)
        }
        for line in lines where line.count == 3 && line[0] == "0" && line[1].isEmpty {
            return groupMemory(mount: cgroups, group: line[2], .version2)
        }
        return GroupMemory()
    }

    /// Walks from the group to the mount's root. In a container the path may be that of the host, of which only the
    /// root is there: it is then the container's own group.
    private func groupMemory(mount: String, group: Substring, _ files: GroupFiles) -> GroupMemory {
        var names = group.parts(at: "/").filter { !$0.isEmpty && $0 != ".." }.map(String.init)
        var found = GroupMemory()
        var leastRoom = UInt64.max
        while true {
            let directory = ([mount] + names).joined(separator: "/")
            let charged = number("\(directory)/\(files.current)")
            let current = charged.map { used($0, in: directory, files) }
            for (file, isThrottle) in [(files.limit, false), (files.throttle, true)] {
                guard let file, let bound = number("\(directory)/\(file)"), bound < Self.unlimited else { continue }
                let room = bound - min(bound, current ?? 0)
                guard room < leastRoom else { continue }
                leastRoom = room
                found = GroupMemory(
                    limit: bound, current: current, group: "/" + names.joined(separator: "/"), isThrottle: isThrottle,
                    swapLeft: charged.flatMap { swapLeft(bound - min(bound, $0), in: directory, files) })
            }
            if found.limit == nil, found.current == nil { found.current = current }
            if names.popLast() == nil { return found }
        }
    }

    private func used(_ charged: UInt64, in directory: String, _ files: GroupFiles) -> UInt64 {
        let inactive = text("\(directory)/memory.stat")?.lines.value(files.inactive + " ")
        return charged - min(charged, inactive.flatMap { UInt64($0) } ?? 0)
    }

    /// - Parameter room: bytes of memory that are left.
    private func swapLeft(_ room: UInt64, in directory: String, _ files: GroupFiles) -> UInt64? {
        guard let limit = number("\(directory)/\(files.swapLimit)"), limit < Self.unlimited,
            let current = number("\(directory)/\(files.swapCurrent)")
        else { return nil }
        let left = limit - min(limit, current)
        return files.swapCountsMemory ? left - min(left, room) : left
    }

    /// Version 1 writes "no limit" as the greatest multiple of the page size, which no machine has.
    private static let unlimited: UInt64 = 1 << 62
}
