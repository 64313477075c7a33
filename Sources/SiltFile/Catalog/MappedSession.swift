// SPDX-License-Identifier: Apache-2.0
//
// The session that a running process has mapped, found by the process: in a container, where the path leads elsewhere,
// and after somebody has removed the file's name, as logind does with the files in /dev/shm of a user who logs out.

package import SiltHost

extension ProcessTable {
    /// A path that leads to the session file that a process has mapped; nil if it has none, or may not be looked at.
    ///
    /// - Parameter pid: as this reader counts, not as the process's own namespace does.
    /// - Complexity: O(mappings of the process).
    package func sessionMapped(by pid: UInt32) -> String? {
        let deleted = " (deleted)"
        guard
            let mapping = layout(of: pid)?.first(where: { mapping in
                mapping.isShared && mapping.isWritable && mapping.fileOffset == 0
                    && (mapping.path.hasSuffix(".live.silt") || mapping.path.hasSuffix(".live.silt" + deleted))
            })
        else { return nil }
        let paths = [mapping.path, "\(proc)/\(pid)/root\(mapping.path)"]
        let named = paths.first { path in
            (try? FileStatus(ofPath: path)).map { $0.kind == .regular && $0.inode == mapping.inode } ?? false
        }
        return named ?? mappedFile(of: pid, at: mapping.addresses)
    }

    /// The file behind a mapping, whatever its name; the kernel shows it to root only.
    private func mappedFile(of pid: UInt32, at addresses: Range<UInt64>) -> String? {
        let ends = [addresses.lowerBound, addresses.upperBound].map { String($0, radix: 16) }
        let path = "\(proc)/\(pid)/map_files/\(ends.joined(separator: "-"))"
        return isReadableFile(path) ? path : nil
    }

    /// The pid in a path that ``sessionMapped(by:)`` has returned; nil for other paths.
    func pid(inPath path: String) -> UInt32? {
        guard path.hasPrefix(proc + "/") else { return nil }
        return path.dropFirst(proc.count + 1).split(separator: "/").first.flatMap { UInt32($0) }
    }
}
