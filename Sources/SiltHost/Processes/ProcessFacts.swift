// SPDX-License-Identifier: Apache-2.0
//
// What /proc and the control groups tell of one process. Asking never stops the process and never fails: what cannot be
// read is nil.

/// A process as the kernel describes it at one moment.
package struct ProcessFacts: Sendable, Hashable {
    package var pid: UInt32
    /// Clock ticks since boot when it started. A later process with the same pid has others.
    package var startTicks: UInt64
    /// The program's name as the kernel shows it.
    package var comm: String
    /// It has ended, and its parent has not asked for its exit status.
    package var isZombie: Bool
    /// Path of the executable, with ` (deleted)` behind it if the file is gone; nil: not known, as of another user's.
    package var exe: String?
    /// Resident bytes; nil: not known, as for all below.
    package var rss: UInt64?
    /// The tightest memory limit among its control group and those above, in bytes.
    package var memoryLimit: UInt64?
    /// Bytes charged to the group that has this limit, or else to its own.
    package var memoryCurrent: UInt64?
    /// Of `rss`: pages of files and of shared memory.
    package var rssShared: UInt64?
    /// Its threads, the first included.
    package var threads: UInt64?
    /// A bit for each signal that has a handler, signal 1 in bit 0.
    package var caughtSignals: UInt64?

    /// Whether the process has a handler for a signal; nil: not known.
    package func catches(_ signal: UInt32) -> Bool? {
        guard let caughtSignals, (1...64).contains(signal) else { return nil }
        return caughtSignals >> UInt64(signal - 1) & 1 == 1
    }
}

extension ProcessTable {
    /// The facts of a process; nil: there is none with that number.
    package func facts(of pid: UInt32) -> ProcessFacts? {
        // The name may contain parentheses and spaces: fields are counted behind its last parenthesis.
        guard let stat = text("\(proc)/\(pid)/stat"), let nameStart = stat.firstIndex(of: "("),
            let nameEnd = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, let startTicks = UInt64(fields[19]) else { return nil }
        let status = text("\(proc)/\(pid)/status") ?? ""
        let memory = memory(of: pid)
        func bytes(_ name: String) -> UInt64? {
            value(name, in: status).flatMap { UInt64($0) }.map { $0 &* 1024 }
        }
        let shared = [bytes("RssFile"), bytes("RssShmem")].compactMap { $0 }
        return ProcessFacts(
            pid: pid, startTicks: startTicks, comm: String(stat[nameStart..<nameEnd].dropFirst()),
            isZombie: fields[0] == "Z" || fields[0] == "X", exe: try? targetOfLink("\(proc)/\(pid)/exe"),
            rss: bytes("VmRSS"), memoryLimit: memory.limit, memoryCurrent: memory.current,
            rssShared: shared.isEmpty ? nil : shared.reduce(0, &+),
            threads: value("Threads", in: status).flatMap { UInt64($0) },
            caughtSignals: value("SigCgt", in: status).flatMap { UInt64($0, radix: 16) })
    }

    // MARK: Control groups

    private struct Memory {
        var limit: UInt64?
        var current: UInt64?
    }

    private func memory(of pid: UInt32) -> Memory {
        let lines = (text("\(proc)/\(pid)/cgroup") ?? "").split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        for line in lines where line.count == 3 && line[1].split(separator: ",").contains("memory") {
            return memory(
                mount: "\(cgroups)/memory", group: line[2], limit: "memory.limit_in_bytes",
                current: "memory.usage_in_bytes")
        }
        for line in lines where line.count == 3 && line[0] == "0" && line[1].isEmpty {
            return memory(mount: cgroups, group: line[2], limit: "memory.max", current: "memory.current")
        }
        return Memory()
    }

    /// Walks from the group to the mount's root. In a container the path may be that of the host, of which only the
    /// root is there: it is then the container's own group.
    private func memory(mount: String, group: Substring, limit: String, current: String) -> Memory {
        var names = group.split(separator: "/").filter { $0 != ".." }
        var found = Memory()
        while true {
            let directory = ([mount] + names.map(String.init)).joined(separator: "/")
            let charged = number("\(directory)/\(current)")
            if let bound = number("\(directory)/\(limit)"), bound < found.limit ?? Self.unlimited {
                found = Memory(limit: bound, current: charged)
            } else if found.limit == nil, found.current == nil {
                found.current = charged
            }
            if names.popLast() == nil { return found }
        }
    }

    /// Version 1 writes "no limit" as the greatest multiple of the page size, which no machine has.
    private static let unlimited: UInt64 = 1 << 62
}
