// SPDX-License-Identifier: Apache-2.0
//
// From a session's header and what the kernel tells to the status of its process.

import SiltHost

struct StatusJudge {
    private let processes: ProcessTable
    private let namespace: UInt64?
    private let bootID: [UInt8]?
    private let kernelLogPath: String
    /// The kernel's log counts pids as the host does, so it says nothing to a reader in another namespace.
    private lazy var kernelLog =
        namespace == ProcessTable.initialNamespace ? KernelLog(path: kernelLogPath) : nil

    init(processes: ProcessTable, kernelLog: String) {
        self.processes = processes
        kernelLogPath = kernelLog
        namespace = processes.pidNamespace
        bootID = processes.bootID
    }

    /// - Parameter file: of the session's file, to find it among the mappings of its process.
    mutating func status(of summary: SessionSummary, file: FileStatus) -> SessionStatus {
        let header = summary.header
        if header.state == .exited { return .exited }
        if header.state == .execed { return .replaced }
        // What the shim could not find out is zero, and nothing can be told from it.
        if let bootID, header.bootID != bootID, header.bootID.contains(where: { $0 != 0 }) { return .otherBoot }
        if let namespace, header.pidNamespace != namespace, header.pidNamespace != 0 { return .elsewhere }
        guard let process = processes.facts(of: header.pid), process.startTicks == header.pidStartTicks,
            !process.isZombie
        else {
            return .killed(byOutOfMemory: kernelLog?.killed(header.pid, since: header.startMonotonic) ?? false)
        }
        let maps = processes.maps(header.pid, path: summary.path, inode: file.inode)
        return maps == false ? .replaced : .running
    }
}
