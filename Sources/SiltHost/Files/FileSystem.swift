// SPDX-License-Identifier: Apache-2.0
//
// Which file system a path is on, and how much room it has. Whether that is good for anything is not known here.

import CHost

/// A file system as statfs(2) describes it.
package struct FileSystem: Hashable, Sendable {
    /// Those that Silt tells apart; `other` has the number that the kernel knows it by.
    package enum Kind: Hashable, Sendable {
        case tmpfs, ext4, overlay, btrfs, xfs, zfs, nfs
        /// What the kernel tells of itself, such as proc or sysfs: no ordinary file can be made there.
        case kernel
        case other(UInt32)
    }

    package var kind: Kind
    /// Bytes in all; 0 of a tmpfs without a limit.
    package var size: UInt64
    /// Bytes that an ordinary user may still take.
    package var free: UInt64

    package init(kind: Kind, size: UInt64, free: UInt64) {
        self.kind = kind
        self.size = size
        self.free = free
    }

    /// The file system that a file or directory is on.
    ///
    /// - Throws: ``SystemError`` of statfs(2).
    package init(ofPath path: String) throws(SystemError) {
        var raw = statfs()
        // Safe: both pointers live for the call only, and the path is terminated.
        guard unsafe statfs(terminatedPath(path), &raw) == 0 else { throw .last }
        kind = Kind(number: UInt32(truncatingIfNeeded: raw.f_type))
        let block = UInt64(clamping: raw.f_bsize)
        size = UInt64(raw.f_blocks).multipliedReportingOverflow(by: block).partialValue
        free = UInt64(raw.f_bavail).multipliedReportingOverflow(by: block).partialValue
    }
}

extension FileSystem.Kind {
    /// From statfs(2)'s f_type; ext2 and ext3 have the number of ext4.
    fileprivate init(number: UInt32) {
        switch number {
        case 0x0102_1994: self = .tmpfs
        case 0xef53: self = .ext4
        case 0x794c_7630: self = .overlay
        case 0x9123_683e: self = .btrfs
        case 0x5846_5342: self = .xfs
        case 0x2fc1_2fc1: self = .zfs
        case 0x6969: self = .nfs
        // proc, sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs, bpf, configfs, devpts: linux/magic.h.
        case 0x9fa0, 0x6265_6572, 0x27_e0eb, 0x6367_7270, 0x6462_6720, 0x7472_6163, 0x7363_6673, 0xcafe_4a11,
            0x6265_6570, 0x1cd1:
            self = .kernel
        default: self = .other(number)
        }
    }
}

extension FileSystem.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tmpfs: "tmpfs"
        case .ext4: "ext4"
        case .overlay: "overlay"
        case .btrfs: "btrfs"
        case .xfs: "xfs"
        case .zfs: "zfs"
        case .nfs: "nfs"
        case .kernel: "a file system of the kernel's own"
        case .other(let number): "file system 0x\(String(number, radix: 16))"
        }
    }
}
