// SPDX-License-Identifier: Apache-2.0
//
// What a process that is compared uses of its memory limit: from what its last dump recorded, or of a running session
// from what the kernel said when it was read.

import SiltFile
import SiltProfile

extension Input {
    /// The last moment that any of its sessions shows, in nanoseconds since 1970.
    var moment: UInt64 { sessions?.map(\.realtime).max() ?? 0 }

    /// Nil if nothing is known of a limit, or these are several processes, which may have several limits.
    var memoryUse: MemoryUse? {
        guard let sessions, sessions.count == 1 else { return nil }
        if let dump = sessions[0].header.dump { return MemoryUse(dump) }
        return sessions[0].process.flatMap { MemoryUse($0) }
    }
}

extension [Input] {
    /// - Throws: ``Failure`` if a snapshot was made before one that is named ahead of it.
    func requireOrder() throws(Failure) {
        guard let misplaced = misplaced(in: compactMap(\.sessions)) else { return }
        throw .use("\(misplaced.session.path) was made before \(misplaced.after.path): name the earlier one first")
    }
}
