// SPDX-License-Identifier: Apache-2.0
//
// Whether the process that a session records is still there, running the same program. A pid alone never proves it: the
// number may be a later process's, a zombie's, one of another pid namespace, or the same process after exec. Nothing
// else in Silt may compare pids with sessions.

package import SiltHost

/// What has become of the process that a session records.
package enum SessionProcess: Sendable, Hashable {
    /// It runs and goes on writing this file.
    case running(ProcessFacts)
    /// It runs, but no longer has the file mapped: it has called exec, or this is a copy of the file.
    case detached
    /// It has ended, or is a zombie.
    case ended
    /// Its pid counts in another pid namespace, such as a container's, so that it cannot be found by its number.
    case elsewhere
    /// The session was begun under another boot, or on another machine.
    case otherBoot

    /// What the kernel says of the process now; nil unless it runs and writes this session.
    package var facts: ProcessFacts? {
        if case .running(let facts) = self { facts } else { nil }
    }
}

extension ProcessTable {
    /// What has become of the process of the session whose file is `path`.
    ///
    /// What the shim could not find out is zero in the header, and what this reader cannot find out is nil: neither
    /// rules the process out.
    ///
    /// - Complexity: O(mappings of the process).
    package func process(of header: Header, file path: String) -> SessionProcess {
        if let bootID, header.bootID != bootID, header.bootID.contains(where: { $0 != 0 }) { return .otherBoot }
        // Found by its process, whatever number that has in its own namespace.
        let found = pid(inPath: path)
        if found == nil, let pidNamespace, header.pidNamespace != pidNamespace, header.pidNamespace != 0 {
            return .elsewhere
        }
        guard header.state == .running || header.state == .sandboxed, let facts = facts(of: found ?? header.pid),
            facts.startTicks == header.pidStartTicks, !facts.isZombie
        else { return .ended }
        // The file has lost its name: nothing but the mapping tells of it.
        if let mapped = MappedFile(path: path) { return mapped.mapped == nil ? .detached : .running(facts) }
        // A process that ends in the normal way removes its file: it may have done so just now.
        guard let file = try? FileStatus(ofPath: path, followingLinks: true) else { return .ended }
        return maps(facts.pid, path: path, inode: file.inode) == false ? .detached : .running(facts)
    }

    /// Whether a session names a running process that is another user's than the session: anybody can write the number
    /// of any process into a header of his own. Root's sessions are those of processes that gave up root, too.
    ///
    /// - Parameter reader: for whom it is asked; what is his own is not looked at.
    func isOfAnother(_ header: Header, reader: UInt32) -> Bool {
        guard header.uid != 0, header.uid != reader, header.pidNamespace == pidNamespace, header.bootID == bootID,
            let facts = facts(of: header.pid), facts.startTicks == header.pidStartTicks, let users = facts.users
        else { return false }
        return !users.contains(header.uid)
    }
}
