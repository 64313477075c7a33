// SPDX-License-Identifier: Apache-2.0
//
// Where separate debug files lie on this machine. It must never ask a server: libdw's own search does, once it has found
// nothing; for that it loads a library that brings twenty-five others, 20 ms of a first look even where no server is named,
// and a program that is linked statically crashes with them. Nor may it wait for what is in a debug file's place, a pipe or a
// disk full of nothing, as libdw's search does.

import CZlib
import SiltHost

/// The folders with debug files.
struct DebugFiles {
    /// Absolute, as libdwfl wants them for build ids. Each has files by build id in `.build-id`, and by name.
    let folders: [String]
    /// As ``Symbolizer/Options/fetchedFiles``.
    let fetched: String?

    /// Where debuginfod's clients keep what they have fetched.
    static var fetchedByOthers: String? {
        if let named = environmentVariable("DEBUGINFOD_CACHE_PATH"), !named.isEmpty { return absolutePath(named) }
        let (cache, home) = (environmentVariable("XDG_CACHE_HOME"), environmentVariable("HOME"))
        if let cache, cache.hasPrefix("/") { return cache + "/debuginfod_client" }
        return home.flatMap { $0.hasPrefix("/") ? $0 + "/.cache/debuginfod_client" : nil }
    }

    /// No file without a build id has a larger debug file; to read one twice as large takes seconds.
    private static let mostChecked: UInt64 = 1 << 32

    /// Where the debug file of this build id may be; also the program itself, in a folder that is named for it.
    func paths(buildID: [UInt8]) -> [String] {
        guard !buildID.isEmpty else { return [] }
        let id = hexadecimal(buildID)
        let usual = folders.map { "\($0)/.build-id/\(id.prefix(2))/\(id.dropFirst(2))" }.flatMap {
            [$0 + ".debug", $0]
        }
        return usual + (fetched.map { ["\($0)/\(id)/debuginfo"] } ?? [])
    }

    /// Where the debug file of the file at `path` may be, by its name.
    ///
    /// - Parameter link: the name that the file itself gives.
    func paths(of path: String, link: String?) -> [String] {
        let paths = [path] + (resolvedPath(path).map { $0 == path ? [] : [$0] } ?? [])
        return paths.flatMap { path -> [String] in
            var parts = path.split(separator: "/").map(String.init)
            guard path.hasPrefix("/"), let name = parts.popLast() else { return [] }
            let folder = "/" + parts.joined(separator: "/")
            // Below each directory: the file's whole folder, then without its first parts.
            let below = parts.indices.map { "/" + parts[$0...].joined(separator: "/") } + [""]
            return ([folder, folder + "/.debug"] + folders.flatMap { root in below.map { root + $0 } })
                .map { "\($0)/\(link ?? name + ".debug")" }
        }
    }

    /// The debug file of the file at `path`, without links in its own path if it is found by the build id.
    ///
    /// - Parameters:
    ///   - buildID: empty: the debug file is the one with this checksum.
    ///   - link: as ``paths(of:link:)`` has it.
    func find(_ buildID: [UInt8], of path: String, link: String?, checksum: UInt32) -> String? {
        if let found = paths(buildID: buildID).first(where: { $0.hasSuffix(".debug") && Self.isFile($0, of: buildID) })
        {
            return resolvedPath(found) ?? found
        }
        guard !buildID.isEmpty || link != nil else { return nil }
        let own = try? FileStatus(ofPath: path, followingLinks: true)
        return paths(of: path, link: link).first { path in
            guard let status = try? FileStatus(ofPath: path, followingLinks: true),
                own.map(status.isSameFile) != true
            else { return false }
            return buildID.isEmpty ? Self.checksum(of: path) == checksum : Self.isFile(path, of: buildID)
        }
    }

    /// Whether to open what is there could block.
    static func blocks(_ path: String) -> Bool {
        (try? FileStatus(ofPath: path, followingLinks: true)).map { $0.kind == .other } ?? false
    }

    /// Whether it is an object file of this build.
    static func isFile(_ path: String, of buildID: [UInt8]) -> Bool {
        !buildID.isEmpty && (try? ElfFile(path: path))?.buildID == buildID
    }

    /// The checksum by which a file names its debug file; nil if it cannot be that.
    private static func checksum(of path: String) -> UInt32? {
        guard let file = try? ElfModule.openObjectFile(path), let size = try? file.status().size, size <= mostChecked
        else { return nil }
        var checksum: UInt = 0
        var offset: UInt64 = 0
        while let bytes = try? file.read(at: offset, count: 1 << 20), !bytes.isEmpty, offset <= mostChecked {
            // Safe: zlib reads the bytes of the buffer, within the closure.
            checksum = unsafe bytes.withUnsafeBufferPointer {
                unsafe crc32_z(checksum, $0.baseAddress, $0.count)
            }
            offset += UInt64(bytes.count)
        }
        return UInt32(truncatingIfNeeded: checksum)
    }
}
