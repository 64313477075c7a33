// SPDX-License-Identifier: Apache-2.0
//
// The processes of a profile in the making. Those of one program count as one unless they are kept apart.

/// Processes by number, in order of appearance.
struct ProfiledProcesses {
    private(set) var processes: [Profile.Process] = []
    private let keepApart: Bool

    init(keepApart: Bool) {
        self.keepApart = keepApart
    }

    /// The number of a process; what stands for several has no pid any more.
    mutating func number(of process: Profile.Process) -> Int {
        let known = processes.firstIndex {
            $0.name == process.name && $0.exe == process.exe && (!keepApart || $0.pid == process.pid)
        }
        guard let known else {
            processes.append(process)
            return processes.count - 1
        }
        if processes[known].pid != process.pid { processes[known].pid = nil }
        return known
    }
}
