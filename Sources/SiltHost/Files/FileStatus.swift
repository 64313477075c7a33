// SPDX-License-Identifier: Apache-2.0
//
// What stat(2) tells of a file, as values.

import Glibc

/// A file as stat(2) describes it.
package struct FileStatus: Hashable {
    package enum Kind { case regular, directory, link, other }

    package var kind: Kind
    package var size: UInt64
    package var uid: UInt32
    package var device: UInt64
    package var inode: UInt64
    package var isSetuid: Bool
    package var isSetgid: Bool
    /// Read, write and execute of owner, group and others, and the sticky bit, as chmod(1) takes them.
    package var permissions: UInt32
    /// Nanoseconds since 1970 of the last change to what it holds, which programs can set.
    package var modified: UInt64
    /// Of the last change to the file at all, by the kernel's clock, which nobody can set.
    package var changed: UInt64

    /// Whether both are of one file, by whatever names.
    package func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

    /// Whether it belongs to this user, and nobody else may read, write or enter it.
    package func isPrivate(to user: UInt32) -> Bool { uid == user && permissions & 0o077 == 0 }

    init(_ raw: stat) {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        size = UInt64(clamping: raw.st_size)
        uid = raw.st_uid
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        isSetuid = raw.st_mode & S_ISUID != 0
        isSetgid = raw.st_mode & S_ISGID != 0
        permissions = raw.st_mode & 0o1777
        modified = Self.nanoseconds(raw.st_mtim)
        changed = Self.nanoseconds(raw.st_ctim)
    }

    /// 0 for a time before 1970.
    private static func nanoseconds(_ time: timespec) -> UInt64 {
        UInt64(clamping: time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
            &+ UInt64(clamping: time.tv_nsec)
    }

    /// The status of what is at a path.
    ///
    /// - Parameter followingLinks: false: a symbolic link is described itself, by lstat(2); true: what it points to.
    /// - Throws: ``SystemError``.
    package init(ofPath path: String, followingLinks: Bool = false) throws(SystemError) {
        var raw = stat()
        // Safe: both pointers live for the call only, and the path is terminated.
        let failed =
            followingLinks
            ? unsafe stat(terminatedPath(path), &raw) : unsafe lstat(terminatedPath(path), &raw)
        guard failed == 0 else { throw .last }
        self.init(raw)
    }
}
