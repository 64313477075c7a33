// SPDX-License-Identifier: Apache-2.0
//
// Everything that can be wrong with a session file, and the sentences that say what, where, and what to do.
// It never prints and never decides an exit status.

internal import SiltHost

/// Why a session file could not be read or made sense of.
package enum FileError: Error, Hashable, Sendable {
    /// The file could not be opened; `reason` is the system's text.
    case cannotOpen(path: String, reason: String)
    /// The file could be opened, but reading at `offset` failed.
    case cannotRead(path: String, offset: UInt64, reason: String)
    case cannotWrite(path: String, reason: String)
    case isDirectory(path: String)
    /// A pipe, socket or device.
    case notRegular(path: String)
    case empty(path: String)
    /// The first bytes are not those of a session file.
    case notSilt(path: String, found: [UInt8])
    /// Written on a machine with the other byte order.
    case wrongByteOrder(path: String, offset: UInt64)
    case unsupportedVersion(path: String, found: UInt32)
    /// `needed` bytes at `offset` were to be read, and there are only `available`.
    case truncated(path: String, offset: UInt64, needed: UInt64, available: UInt64)
    /// A field holds what no writer stores there.
    case corrupt(path: String, field: String, offset: UInt64, value: UInt64, expected: String)
    /// The header says that the process was of user `claims`, but the file or its directory belongs to somebody else.
    case notBelieved(path: String, claims: UInt32, owner: UInt32, directory: UInt32)
    /// The header says that it is of process `pid`, which belongs to another user than the file.
    case notOfItsProcess(path: String, owner: UInt32, pid: UInt32)
    /// The regions hold more bytes than a reader takes.
    case tooLarge(path: String, bytes: UInt64, limit: UInt64)
}

extension FileError: CustomStringConvertible {
    /// One line: the path, what is wrong and where, and what to do about it.
    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            return "\(path): cannot be opened: \(reason); check the path and who may read it"
        case .cannotRead(let path, let offset, let reason):
            return "\(path): cannot be read at offset \(offset): \(reason)"
        case .cannotWrite(let path, let reason):
            return "\(path): cannot be written: \(reason); name another place with -o"
        case .isDirectory(let path):
            return "\(path): is a directory, not a session file; name a file in it, or list it with --dir"
        case .notRegular(let path):
            return "\(path): is not a regular file; a session has to be read at several places, so save it first"
        case .empty(let path):
            return "\(path): is empty; the session was never written, or the copy of it failed"
        case .notSilt(let path, let found):
            if found.allSatisfy({ $0 == 0 }) {
                return "\(path): is not finished: its first \(found.count) bytes are still zero;"
                    + " the process is just starting its session, or died while doing so"
            }
            return "\(path): is not a Silt file: it starts with \(hexadecimal(found, separator: " ")), expected"
                + " \(hexadecimal("SILTHEAP".utf8, separator: " ")) (\"SILTHEAP\") at offset 0"
        case .wrongByteOrder(let path, let offset):
            return "\(path): was written on a machine with the other byte order (seen at offset \(offset));"
                + " read it on such a machine"
        case .unsupportedVersion(let path, let found):
            let advice =
                found > FormatVersion.newest.rawValue
                ? "the file is newer than this silt: read it with the silt that came with its libsilt.so"
                : "this silt is newer than the file: read it with an older silt, or profile again"
            return "\(path): has format version \(found), and this silt reads versions 3 and 4; \(advice)"
        case .truncated(let path, let offset, let needed, let available):
            return "\(path): is truncated: \(needed) bytes are needed at offset \(offset), and there are \(available);"
                + " copy the whole file again"
        case .corrupt(let path, let field, let offset, let value, let expected):
            return "\(path): is damaged: \(field) at offset \(offset) is \(value), expected \(expected)"
        case .notBelieved(let path, let claims, let owner, let directory):
            return "\(path): is not trusted: its header names user \(claims), but the file belongs to user \(owner), in"
                + " a directory of user \(directory); to read it nevertheless, name its path"
        case .notOfItsProcess(let path, let owner, let pid):
            return "\(path): is not trusted: its header names process \(pid), which does not belong to user"
                + " \(owner), as the file does; to read it nevertheless, name its path"
        case .tooLarge(let path, let bytes, let limit):
            return "\(path): claims \(bytes) bytes of records, more than the \(limit) that can be read;"
                + " it is damaged, or SILT_CAPACITY was set too high"
        }
    }
}
