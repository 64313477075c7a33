// SPDX-License-Identifier: Apache-2.0
//
// Where the resident memory of one process is: of a running one by /proc/PID/smaps, of a dump as far as it recorded it.

import SiltFile
import SiltHost
import SiltProfile
package import SiltReport

extension Driver {
    /// - Throws: ``Failure`` if the target names no session or several, its file or smaps cannot be read, or nothing
    ///   was recorded of what was resident.
    package func resident(_ target: String) throws(Failure) -> ResidentReport {
        let snapshot = try Snapshot(path: try path(of: target))
        let header = snapshot.session.header
        return ResidentReport(title: "\(header.comm) (pid \(header.pid))", memory: try Self.memory(of: snapshot))
    }

    private static func memory(of snapshot: Snapshot) throws(Failure) -> ResidentMemory {
        let session = snapshot.session
        if snapshot.process != nil {
            guard let mappings = ProcessTable().mappings(of: session.header.pid) else {
                throw .input(
                    "/proc/\(session.header.pid)/smaps cannot be read: run silt as the process's user, or as root")
            }
            return ResidentMemory(session, mappings: mappings)
        }
        guard let memory = ResidentMemory(dump: session) else {
            throw .input("\(session.path): does not say how much memory was resident; name a dump or a running process")
        }
        return memory
    }
}
