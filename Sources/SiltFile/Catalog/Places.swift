// SPDX-License-Identifier: Apache-2.0
//
// The directories that sessions and dumps lie in, by the rules that libsilt.so puts them there, and whose files are
// believed. It opens no session.

package import SiltHost

/// Where the library puts files.
package enum Places {
    /// Live sessions: in memory, so that no allocation of a program waits for a disk.
    package static let live = "/dev/shm"
    package static let dumps = "/tmp"

    /// The directory of a user in one of these.
    package static func own(of user: UInt32, in root: String) -> String { "\(root)/silt-\(user)" }

    /// Whether something is a directory that nobody else can look into: the shim's rule for those that it names itself.
    package static func isPrivate(_ status: FileStatus, to user: UInt32) -> Bool {
        status.kind == .directory && status.isPrivate(to: user)
    }

    /// Whether a live session may lie on such a file system. The rule is the shim's (`session/folder.c`): those that were
    /// tested, where a store neither is a SIGBUS nor, but for a disk that somebody has asked for, waits.
    package static func mayHoldSessions(_ kind: FileSystem.Kind) -> Bool { kind == .tmpfs || kind == .ext4 }

    /// A directory that was named, as `SILT_DIR` may have been, and those with the live sessions of programs that keep
    /// only their dumps there.
    static func directories(named directory: String, live root: String = live) -> [String] {
        let isLink = (try? FileStatus(ofPath: directory))?.kind == .link
        guard let system = try? FileSystem(ofPath: directory), isLink || !mayHoldSessions(system.kind) else {
            return [directory]
        }
        return [directory] + ofUsers(in: root).filter { $0 != directory }
    }

    /// `$SILT_DIR`, and `<root>/silt-<uid>` of each user whose directory may be read, for live sessions and dumps.
    ///
    /// A directory counts only if it belongs to the user it is named after.
    static func directories(environment: String?, roots: [String]) -> [String] {
        let own = environment.flatMap { $0.isEmpty ? nil : $0 }
        return (own.map { [$0] } ?? []) + roots.flatMap(ofUsers).filter { $0 != own }
    }

    private static func ofUsers(in root: String) -> [String] {
        ((try? namesInDirectory(root)) ?? []).compactMap { name in
            guard name.hasPrefix("silt-"), let uid = UInt32(name.dropFirst(5)), name == "silt-\(uid)" else {
                return nil
            }
            let path = "\(root)/\(name)"
            guard let status = try? FileStatus(ofPath: path), status.kind == .directory, status.uid == uid,
                (try? namesInDirectory(path)) != nil
            else { return nil }
            return path
        }
    }

    /// Where a dump that a reader makes of a session goes: nil: beside it, if it lies on a disk; else where dumps are.
    ///
    /// - Parameter directory: where they are; nil: `$SILT_DIR`, or the reader's own in `/tmp`.
    /// - Throws: ``FileError/cannotWrite(path:reason:)`` if somebody else has made that.
    static func directoryForDump(
        ofSessionAt path: String, named directory: String?, in root: String = dumps
    ) throws(FileError) -> String? {
        guard path.hasPrefix("\(live)/silt-") || path.hasPrefix("/proc/") else { return nil }
        if let directory = directory ?? environmentVariable("SILT_DIR") { return directory }
        let own = own(of: effectiveUser(), in: root)
        makeDirectory(own)
        guard let status = try? FileStatus(ofPath: own), isPrivate(status, to: effectiveUser()) else {
            throw .cannotWrite(path: own, reason: "it is not a directory of this user alone")
        }
        return own
    }

    /// Where was looked, in words.
    package static func text(_ directories: [String]) -> String {
        directories.isEmpty ? "\(live)/silt-<uid> and \(dumps)/silt-<uid>" : directories.joined(separator: ", ")
    }

    /// Whether a file may hold a session of the user that its header names.
    ///
    /// Anybody can write a header that names root and a process of root. So the file and its directory must belong to
    /// the user in the header, or else to root or to this reader, who may have copied it.
    static func isBelieved(_ header: Header, file: FileStatus, directory: FileStatus, reader: UInt32) -> Bool {
        [file.uid, directory.uid].allSatisfy { $0 == header.uid || $0 == 0 || $0 == reader }
    }
}
