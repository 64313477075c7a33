// SPDX-License-Identifier: Apache-2.0
//
// A folder that nobody but this user can look into, for files that are kept from one run to the next. It is opened once
// and looked at; its files are then reached through the open folder, never by a path, so that nobody can put another
// folder or a link in between. What the files hold is not believed here and not known.

import Glibc

/// An open folder of this user's, with mode 0700; closed when the value is destroyed.
package struct PrivateFolder: ~Copyable, Sendable {
    /// A file in it.
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var size: UInt64
        /// Nanoseconds since 1970.
        package var modified: UInt64
    }

    private let folder: Descriptor

    /// Opens the folder; nil if it is not there, is a link, belongs to somebody else or is open to others.
    ///
    /// - Parameter makingIt: it is made if it is not there; the folder around it must be there.
    package init?(_ path: String, makingIt: Bool = false) {
        if makingIt { makeDirectory(path) }
        // Safe: the path is terminated and lives for the call.
        let opened = retrying {
            unsafe open(terminatedPath(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        }
        guard opened >= 0 else { return nil }
        let folder = Descriptor(adopting: opened)
        guard let status = try? folder.status(), status.kind == .directory, status.isPrivate(to: geteuid()) else {
            return nil
        }
        self.folder = folder
    }

    /// What a file holds; nil if it is not there, is no plain file of this user's alone, or is larger than `limit`.
    package func contents(of name: String, limit: Int) -> [UInt8]? {
        // Safe: the name is terminated and lives for the call.
        let opened = retrying {
            unsafe openat(
                folder.number, terminatedPath(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        guard opened >= 0 else { return nil }
        let file = Descriptor(adopting: opened)
        guard let status = try? file.status(), status.kind == .regular, status.isPrivate(to: geteuid()),
            let size = Int(exactly: status.size), size <= limit
        else { return nil }
        return try? file.read(at: 0, count: size)
    }

    /// Puts a file in place of what has this name, or does nothing if it cannot be written.
    ///
    /// It has a temporary name until it is whole: nobody reads half of it, and of two that write, one wins.
    package func replace(_ name: String, with bytes: [UInt8]) {
        let temporary = "\(name).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        // Safe: the name is terminated and lives for the call.
        let opened = retrying {
            unsafe openat(
                folder.number, terminatedPath(temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard opened >= 0 else { return }
        var isWritten = writeAll(bytes, to: opened) == nil
        if close(opened) != 0 { isWritten = false }
        // Safe: both names are terminated and live for the call.
        if isWritten,
            unsafe renameat(folder.number, terminatedPath(temporary), folder.number, terminatedPath(name)) == 0
        {
            return
        }
        remove(temporary)
    }

    /// Lets a file count as used now; a failure is ignored.
    package func touch(_ name: String) {
        // Safe: the name is terminated and lives for the call; no times are given, which stands for now.
        _ = unsafe utimensat(folder.number, terminatedPath(name), nil, AT_SYMLINK_NOFOLLOW)
    }

    /// Removes a file; a failure is ignored.
    package func remove(_ name: String) {
        // Safe: the name is terminated and lives for the call.
        _ = unsafe unlinkat(folder.number, terminatedPath(name), 0)
    }

    /// Its plain files, in order of their names; empty if it cannot be read.
    package func entries() -> [Entry] {
        // The folder's own number keeps its place in the list, which would be shared.
        let opened = retrying { unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else { return [] }
        // Safe: the number is given to the stream, which closes it.
        guard let stream = unsafe fdopendir(opened) else {
            close(opened)
            return []
        }
        return unsafe names(in: stream).compactMap { name in
            var raw = stat()
            // Safe: the name is terminated, and both pointers live for the call.
            guard unsafe fstatat(folder.number, terminatedPath(name), &raw, AT_SYMLINK_NOFOLLOW) == 0 else {
                return nil
            }
            let status = FileStatus(raw)
            guard status.kind == .regular else { return nil }
            return Entry(name: name, size: status.size, modified: status.modified)
        }
    }
}
