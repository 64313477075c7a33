// SPDX-License-Identifier: Apache-2.0
//
// When a process that is compared meets its memory limit: from what its last dump recorded, or of a running session from
// the kernel.

import SiltFile
import SiltHost
import SiltProfile
import SiltReport

extension Input {
    /// The last moment that any of its sessions shows, in nanoseconds since 1970.
    var moment: UInt64 { sessions?.map(\.realtime).max() ?? 0 }

    /// When the memory limit of the process is reached if its heap goes on to grow; nil if nothing is known of it, or
    /// these are several processes, which may have several limits.
    ///
    /// - Parameter profile: of growth over `elapsed`, not filtered.
    func timeToLimit(growth profile: Profile, elapsed: Duration?) -> TimeToLimit? {
        guard let sessions, sessions.count == 1, let memory = sessions[0].memory, let elapsed else { return nil }
        guard let kind = profile.kind(named: Profile.Kind.inuseSpace.name) else { return nil }
        guard let confidence = profile.confidence(in: .inuseSpace) else { return nil }
        return TimeToLimit(dump: memory, growth: profile.total(kind: kind), over: elapsed, confidence: confidence)
    }
}

extension Session {
    /// What its dump says of the process's memory; of a session that is running, what the kernel says now.
    fileprivate var memory: Header.Dump? {
        if let dump = header.dump { return dump }
        guard let facts = ProcessTable().process(of: header, file: path).facts else { return nil }
        return Header.Dump(
            reason: .none, sequence: 0, realtime: realtime, monotonic: moment, rss: facts.rss,
            memoryLimit: facts.memoryLimit, memoryCurrent: facts.memoryCurrent)
    }
}
