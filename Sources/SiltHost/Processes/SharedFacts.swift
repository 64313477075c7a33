// SPDX-License-Identifier: Apache-2.0
//
// What is the same for many processes at one moment: asked once when all processes of a host are looked at. A thousand
// processes are in a few control groups, and the kernel takes longest to say what is charged to these.

import Synchronization

/// Facts that processes share; used by several threads.
final class SharedFacts: Sendable {
    let bootID: [UInt8]?
    let pidNamespace: UInt64?
    /// By what /proc/PID/cgroup says.
    private let groups = Mutex<[String: GroupMemory]>([:])

    init(bootID: [UInt8]?, pidNamespace: UInt64?) {
        self.bootID = bootID
        self.pidNamespace = pidNamespace
    }

    func group(_ name: String, _ read: () -> GroupMemory) -> GroupMemory {
        if let known = groups.withLock({ $0[name] }) { return known }
        let memory = read()
        groups.withLock { $0[name] = memory }
        return memory
    }
}

extension ProcessTable {
    /// The same processes, of which what many have in common is asked only once: for one look at all of them, not to be kept.
    package func atOneMoment() -> ProcessTable {
        var table = self
        table.shared = SharedFacts(bootID: bootID, pidNamespace: pidNamespace)
        return table
    }
}
