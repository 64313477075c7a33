// SPDX-License-Identifier: Apache-2.0
//
// The directories that sessions and dumps lie in when nobody names another, and whose files are believed. It opens no
// session.

import SiltHost

/// Where the library puts files.
enum Places {
    /// Live sessions: in memory, so that no allocation of a program waits for a disk.
    static let live = "/dev/shm"
    static let dumps = "/tmp"

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

    /// Where a dump that a reader makes of a session goes: beside it, if it lies on a disk; else where dumps are.
    static func directoryForDump(ofSessionAt path: String) -> String? {
        guard path.hasPrefix("\(live)/silt-") || path.hasPrefix("/proc/") else { return nil }
        if let own = environmentVariable("SILT_DIR"), !own.isEmpty { return own }
        let directory = "\(dumps)/silt-\(effectiveUser())"
        makeDirectory(directory)
        return directory
    }

    /// Whether a file may hold a session of the user that its header names.
    ///
    /// Anybody can write a header that names root and a process of root. So the file and its directory must belong to
    /// the user in the header, or else to root or to this reader, who may have copied it.
    static func isBelieved(_ header: Header, file: FileStatus, directory: FileStatus, reader: UInt32) -> Bool {
        [file.uid, directory.uid].allSatisfy { $0 == header.uid || $0 == 0 || $0 == reader }
    }
}
