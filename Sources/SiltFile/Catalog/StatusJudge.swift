// SPDX-License-Identifier: Apache-2.0
//
// From what has become of a session's process to the status that a list shows: it adds how the process ended.

import SiltHost

/// Says how the processes of sessions are; reads the kernel's log once, and only if some process is gone.
struct StatusJudge {
    private let processes: ProcessTable
    private let kernelLogPath: String
    /// The kernel's log counts pids as the host does, so it says nothing to a reader in another namespace.
    private lazy var kernelLog =
        processes.pidNamespace == ProcessTable.initialNamespace ? KernelLog(path: kernelLogPath) : nil

    init(processes: ProcessTable, kernelLog: String) {
        self.processes = processes
        kernelLogPath = kernelLog
    }

    mutating func status(of summary: SessionSummary) -> SessionStatus {
        let header = summary.header
        if header.state == .exited { return .exited }
        if header.state == .execed { return .replaced }
        switch processes.process(of: header, file: summary.path) {
        case .running: return .running
        case .detached: return .replaced
        case .ended:
            let isOutOfMemory = kernelLog?.killed(header.pid, since: header.startMonotonic) ?? false
            if header.state == .sandboxed, !isOutOfMemory { return .ended }
            return .killed(byOutOfMemory: isOutOfMemory)
        case .elsewhere: return .elsewhere
        case .otherBoot: return .otherBoot
        }
    }
}
