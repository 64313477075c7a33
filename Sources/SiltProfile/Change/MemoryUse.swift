// SPDX-License-Identifier: Apache-2.0
//
// How much memory a process, or the control group it is in, uses of what it may use. Facts of one moment, from a dump or
// from the kernel; when the limit is reached is TimeToLimit's question.

package import SiltFile
package import SiltHost

/// Memory in use beside its limit.
package struct MemoryUse: Hashable, Sendable {
    /// What sets the limit.
    package enum Bound: Hashable, Sendable {
        /// A control group; its path as far as it is known.
        case controlGroup(String?)
        /// The same, where processes are slowed down nearly to a stop (memory.high) and none is killed.
        case controlGroupThrottle(String?)
        /// The size of the process's address space (RLIMIT_AS).
        case addressSpace
    }

    package var bound: Bound
    /// Bytes.
    package var limit: UInt64
    /// Bytes in use, without file cache that the kernel takes back when memory is short; a range where it is not known how
    /// much of the charge is such cache.
    package var used: ClosedRange<UInt64>
    /// Bytes that can still go to swap once the limit is reached; nil: not known.
    package var swap: UInt64?

    package init(bound: Bound, limit: UInt64, used: ClosedRange<UInt64>, swap: UInt64? = nil) {
        self.bound = bound
        self.limit = limit
        self.used = used
        self.swap = swap
    }

    /// What a dump says; nil if it knows no limit or no use.
    ///
    /// The shim records what is charged to the group, file cache included: what is surely in use is then what this process
    /// has for itself. A dump by a reader has the cache taken off.
    package init?(_ dump: Header.Dump) {
        guard let limit = dump.memoryLimit, let used = dump.memoryCurrent ?? dump.rss else { return nil }
        let own = dump.rss.map { $0 - min($0, dump.rssShared ?? 0) } ?? used
        let least = dump.reason == .reader ? used : min(own, used)
        self.init(bound: .controlGroup(nil), limit: limit, used: least...used)
    }

    /// What the kernel says of a running process: of its limits, the one with the least room.
    package init?(_ facts: ProcessFacts) {
        var known: [MemoryUse] = []
        if let limit = facts.memoryLimit, let used = facts.memoryCurrent ?? facts.rss {
            let group = facts.memoryGroup
            let bound: Bound = facts.memoryThrottles ? .controlGroupThrottle(group) : .controlGroup(group)
            known.append(MemoryUse(bound: bound, limit: limit, used: used...used, swap: facts.swapLeft))
        }
        if let limit = facts.addressSpaceLimit, let used = facts.addressSpace {
            known.append(MemoryUse(bound: .addressSpace, limit: limit, used: used...used))
        }
        guard let tightest = known.min(by: { $0.room.lowerBound < $1.room.lowerBound }) else { return nil }
        self = tightest
    }

    /// Bytes that are left.
    package var room: ClosedRange<UInt64> {
        limit - min(limit, used.upperBound)...limit - min(limit, used.lowerBound)
    }
    /// Whether nothing is left, whatever part of the charge is cache.
    package var isExhausted: Bool { room.upperBound == 0 }
}
