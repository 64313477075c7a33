// SPDX-License-Identifier: Apache-2.0
//
// The session that a running process has mapped, found by the process: in a container, where the path leads elsewhere,
// and after somebody has removed the file's name, as logind does with the files in /dev/shm of a user who logs out.

import SiltHost

extension ProcessTable {
    /// Paths that lead to the session files that a process has mapped; usually one, and none if it may not be looked at.
    ///
    /// A child keeps its parent's session mapped until its own first sample: whose it is, ``process(of:file:)`` says.
    ///
    /// - Parameter pid: as this reader counts, not as the process's own namespace does.
    /// - Complexity: O(mappings of the process).
    func sessionsMapped(by pid: UInt32) -> [String] {
        let mappings = (layout(of: pid) ?? []).filter(\.beginsSession)
        return mappings.map { mapping in
            let inside = "\(proc)/\(pid)/root\(mapping.path)"
            // A process in a container has another number there: only such a path tells the one that counts here.
            let paths = countsOtherwise(pid) ? [inside] : [mapping.path, inside]
            let named = paths.first { path in
                (try? FileStatus(ofPath: path)).map { $0.kind == .regular && $0.inode == mapping.inode } ?? false
            }
            return named ?? MappedFile(proc: proc, pid: pid, addresses: mapping.addresses).path
        }
    }

    /// The pid in a path that ``sessionsMapped(by:)`` has returned; nil for other paths.
    func pid(inPath path: String) -> UInt32? {
        guard path.hasPrefix(proc + "/") else { return nil }
        return path.dropFirst(proc.count + 1).split(separator: "/").first.flatMap { UInt32($0) }
    }

    /// The folder that the process of a session takes for `/`, where the files lie that it names; nil: it sees the files
    /// that this reader sees, or is gone.
    package func root(of header: Header, file path: String) -> String? {
        if let pid = pid(inPath: path), path.hasPrefix("\(proc)/\(pid)/root/") { return "\(proc)/\(pid)/root" }
        return process(of: header, file: path).facts.flatMap { root(of: $0.pid) }
    }
}

/// A file by the addresses at which a process has mapped it: `/proc/PID/map_files/FROM-TO`. The kernel opens that for
/// root only; whoever may trace the process can read the same bytes in its memory.
struct MappedFile: Hashable {
    var proc: String
    var pid: UInt32
    /// Of its first mapping.
    var addresses: Range<UInt64>

    init(proc: String, pid: UInt32, addresses: Range<UInt64>) {
        self.proc = proc
        self.pid = pid
        self.addresses = addresses
    }

    /// Nil for all other paths.
    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "map_files", let pid = UInt32(parts[parts.count - 3]) else {
            return nil
        }
        let ends = parts[parts.count - 1].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        self.init(proc: parts.dropLast(3).joined(separator: "/"), pid: pid, addresses: ends[0]..<ends[1])
    }

    var path: String {
        let ends = [addresses.lowerBound, addresses.upperBound].map { String($0, radix: 16) }
        return "\(proc)/\(pid)/map_files/\(ends.joined(separator: "-"))"
    }

    /// The memory of the process that has the file mapped.
    var memory: String { "\(proc)/\(pid)/mem" }

    /// All of it that is mapped without a gap, a session's mapping may be in several parts; nil: it is not mapped now.
    var mapped: Range<UInt64>? {
        // Only /proc is asked.
        let layout = ProcessTable(proc: proc, cgroups: "").layout(of: pid) ?? []
        guard let first = layout.firstIndex(where: { $0.addresses.lowerBound == addresses.lowerBound }),
            layout[first].beginsSession
        else { return nil }
        var end = layout[first].addresses.upperBound
        for next in layout[(first + 1)...] {
            guard next.addresses.lowerBound == end, next.inode == layout[first].inode,
                next.path == layout[first].path
            else { break }
            end = next.addresses.upperBound
        }
        return addresses.lowerBound..<end
    }
}

extension MemoryMapping {
    /// Whether it is the first part of a session's file that is written to.
    fileprivate var beginsSession: Bool {
        isShared && isWritable && fileOffset == 0
            && (path.hasSuffix(".live.silt") || path.hasSuffix(".live.silt (deleted)"))
    }
}
