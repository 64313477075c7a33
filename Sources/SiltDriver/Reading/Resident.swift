// SPDX-License-Identifier: Apache-2.0
//
// Where the resident memory of one process is: of a running one by a look at its memory, of a dump as far as it recorded
// it; and who holds its pages.

import SiltAllocator
import SiltFile
import SiltHost
package import SiltProfile
package import SiltReport

extension Driver {
    /// - Throws: ``Failure`` if the target names no session or several, its file or smaps cannot be read, or nothing
    ///   was recorded of what was resident.
    package func resident(_ target: String) throws(Failure) -> ResidentReport {
        let snapshot = try Snapshot(path: try path(of: target))
        let session = snapshot.session
        let title = "\(session.header.comm) (pid \(session.header.pid))"
        guard snapshot.process != nil else {
            guard let memory = ResidentMemory(dump: session) else {
                throw .input(
                    "\(session.path): has no figure of resident memory; name a dump or a running process")
            }
            return ResidentReport(title: title, memory: memory)
        }
        let look = try Self.look(at: session)
        let memory = ResidentMemory(session, look: look)
        let mapped = Profile.mapped(session, in: memory, symbols: symbolizer(for: [session]))
        guard case .success = look.heaps else { return ResidentReport(title: title, memory: memory, mapped: mapped) }
        let profile = Profile.pages(session, look: look, symbols: symbolizer(for: [session]))
        let folded = try FrameChoice().apply(to: profile, by: [profile])
        return ResidentReport(
            title: title, memory: memory, pinned: folded, interval: folded.intervals(kind: .pinnedSpace), mapped: mapped
        )
    }

    /// Who holds the pages of a running process.
    ///
    /// - Throws: ``Failure`` if the target names no session or several, or its process does not run or cannot be read.
    package func pages(_ targets: [String]) throws(Failure) -> Profile {
        guard targets.count == 1 else { throw .use("pages are looked at in one process at a time: name one") }
        let snapshot = try Snapshot(path: try path(of: targets[0]))
        guard snapshot.process != nil else {
            throw .use(
                "\(targets[0]): its process does not run, and a dump does not record pages: name a running process")
        }
        let session = snapshot.session
        let look = try Self.look(at: session)
        guard !look.blocks.isEmpty || session.live.isEmpty else {
            throw .input("the memory of process \(session.header.pid) cannot be read: run silt as its user, or as root")
        }
        return Profile.pages(session, look: look, symbols: symbolizer(for: [session]))
    }

    /// What of a running process's own mappings is resident.
    ///
    /// - Throws: as ``pages(_:)``; also if the session does not record mappings.
    package func mappedResident(_ targets: [String]) throws(Failure) -> Profile {
        guard targets.count == 1 else { throw .use("pages are looked at in one process at a time: name one") }
        let snapshot = try Snapshot(path: try path(of: targets[0]))
        let session = snapshot.session
        guard snapshot.process != nil else {
            throw .use("\(targets[0]): its process does not run, so nothing is resident: see mapped_space")
        }
        guard session.mappings != nil else {
            throw .input("\(session.path): does not record mappings; it was written by an earlier libsilt.so")
        }
        let memory = ResidentMemory(session, look: try Self.look(at: session))
        return Profile.mapped(session, in: memory, symbols: symbolizer(for: [session]))
    }

    private static func look(at session: Session) throws(Failure) -> ResidentLook {
        let pid = session.header.pid
        guard
            let look =
                ResidentLook(
                    of: pid, blocks: session.live.map { ($0.address, $0.size) },
                    ranges: session.orderedMappings.map(\.addresses))
        else {
            throw .input("/proc/\(pid)/smaps cannot be read: run silt as the process's user, or as root")
        }
        return look
    }
}
