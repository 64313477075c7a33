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
    /// The users that it acts for or may act for: real, effective, saved; nil: not known.
    package var users: Set<UInt32>?
    /// Resident bytes; nil: not known, as for all below.
    package var rss: UInt64?
    /// The memory limit with the least room among those of its control group and the groups above, in bytes.
    package var memoryLimit: UInt64?
    /// Bytes charged to the group that has this limit, or else to its own, without file cache that was not used lately:
    /// the kernel takes that back before it kills, and Kubernetes leaves it out as well.
    package var memoryCurrent: UInt64?
    /// Path of that group as the kernel names it; nil: not known, or there is no limit.
    package var memoryGroup: String?
    /// Whether that limit only slows down what is in the group (memory.high).
    package var memoryThrottles = false
    /// Bytes that this group may still put into swap; nil: not known.
    package var swapLeft: UInt64?
    /// Bytes of address space, and how many of them it may have at most (RLIMIT_AS); nil: no limit.
    package var addressSpace: UInt64?
    package var addressSpaceLimit: UInt64?
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

/// The forked copies of a process that there are.
package struct ProcessCopies: Sendable, Hashable {
    /// Clock ticks since boot when each began, by number.
    package var began: [UInt32: UInt64] = [:]
    /// Descendants of which it cannot be asked whether they are copies, as of another user's.
    package var unreadable = 0
}

extension ProcessTable {
    /// Whether the process that started then is there and has not ended; one short read.
    package func isAlive(_ pid: UInt32, startTicks: UInt64) -> Bool {
        state(of: pid).map { $0.startTicks == startTicks && !$0.isZombie } ?? false
    }

    private func state(
        of pid: UInt32
    ) -> (comm: String, isZombie: Bool, parent: UInt32, startTicks: UInt64)? {
        // The name may contain parentheses and spaces: fields are counted behind its last parenthesis.
        guard let stat = text("\(proc)/\(pid)/stat"), let nameStart = stat.utf8.firstIndex(of: UInt8(ascii: "(")),
            let nameEnd = stat.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].words
        guard fields.count > 19, let parent = UInt32(fields[1]), let startTicks = UInt64(fields[19]) else { return nil }
        let isZombie = fields[0] == "Z" || fields[0] == "X"
        return (String(stat[nameStart..<nameEnd].dropFirst()), isZombie, parent, startTicks)
    }

    /// The processes that began as copies of this one, by fork and without exec since, and copies of these.
    ///
    /// They are known by what a fork keeps and an exec does not. One whose parent has ended is found only if this process is the
    /// oldest with these bytes: else it may be a copy of another one.
    package func copies(of pid: UInt32) -> ProcessCopies {
        var copies = ProcessCopies()
        let states = pids.reduce(into: [:]) { $0[$1] = state(of: $1) }
        guard let own = states[pid], let execution = execution(of: pid) else { return copies }
        let children = Dictionary(grouping: states.keys) { states[$0]?.parent ?? 0 }
        var descendants: Set<UInt32> = []
        var queue = children[pid] ?? []
        while let next = queue.popLast() {
            guard descendants.insert(next).inserted else { continue }
            queue += children[next] ?? []
        }
        let isFirst =
            self.execution(of: own.parent) != execution
            && !states.contains { $0.value.startTicks < own.startTicks && self.execution(of: $0.key) == execution }
        for (other, state) in states where other != pid && !state.isZombie {
            guard isFirst || descendants.contains(other) else { continue }
            switch self.execution(of: other) {
            case execution: copies.began[other] = state.startTicks
            case nil where descendants.contains(other): copies.unreadable += 1
            default: break
            }
        }
        return copies
    }

    /// The 16 random bytes that the kernel gives to each execution of a program, which a fork keeps; nil: not known.
    private func execution(of pid: UInt32) -> [UInt64]? {
        let kindOfRandom: UInt64 = 25
        guard let bytes = try? contentsOfFile("\(proc)/\(pid)/auxv"),
            let place = stride(from: 0, to: bytes.count - 15, by: 16).first(where: {
                bytes.load(UInt64.self, at: $0) == kindOfRandom
            }),
            let address = bytes.load(UInt64.self, at: place + 8),
            let memory = try? ProcessMemory(of: pid, proc: proc)
        else { return nil }
        let words = memory.words(at: address, count: 2)
        return words.count == 2 ? words : nil
    }

    /// The facts of a process; nil: there is none with that number.
    package func facts(of pid: UInt32) -> ProcessFacts? {
        guard let state = state(of: pid) else { return nil }
        let status = (text("\(proc)/\(pid)/status") ?? "").lines
        let memory = groupMemory(of: pid)
        func bytes(_ name: String) -> UInt64? {
            status.value(name).flatMap { UInt64($0) }.map { $0 &* 1024 }
        }
        let shared = [bytes("RssFile:"), bytes("RssShmem:")].compactMap { $0 }
        return ProcessFacts(
            pid: pid, startTicks: state.startTicks, comm: state.comm, isZombie: state.isZombie,
            exe: try? targetOfLink("\(proc)/\(pid)/exe"),
            users: users(in: status), rss: bytes("VmRSS:"), memoryLimit: memory.limit, memoryCurrent: memory.current,
            memoryGroup: memory.group, memoryThrottles: memory.isThrottle, swapLeft: memory.swapLeft,
            addressSpace: bytes("VmSize:"), addressSpaceLimit: addressSpaceLimit(of: pid),
            rssShared: shared.isEmpty ? nil : shared.reduce(0, &+),
            threads: status.value("Threads:").flatMap { UInt64($0) },
            caughtSignals: status.value("SigCgt:").flatMap { UInt64($0, radix: 16) })
    }

    /// What a process was started with, byte for byte, zeros between the arguments; nil: it is gone, or not to be asked.
    package func commandLine(of pid: UInt32) -> [UInt8]? {
        guard var bytes = try? contentsOfFile("\(proc)/\(pid)/cmdline"), !bytes.isEmpty else { return nil }
        if bytes.last == 0 { bytes.removeLast() }
        return bytes
    }

    private func users(in status: [Substring]) -> Set<UInt32>? {
        let words = status.lazy.compactMap { $0.rest(behind: "Uid:") }.first?.words ?? []
        let users = words.prefix(3).compactMap { UInt32($0) }
        return users.count == 3 ? Set(users) : nil
    }

    /// The soft limit: the kernel refuses what is beyond it.
    private func addressSpaceLimit(of pid: UInt32) -> UInt64? {
        text("\(proc)/\(pid)/limits")?.lines.value("Max address space").flatMap { UInt64($0) }
    }
}
