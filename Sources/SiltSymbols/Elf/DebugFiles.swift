// SPDX-License-Identifier: Apache-2.0
//
// Where separate debug files lie on this machine. It must never ask a server: libdw's own search does, once it has found
// nothing; for that it loads a library that brings twenty-five others, 20 ms of a first look even where no server is named,
// and a program that is linked statically crashes with them.

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

    /// For libdwfl: beside the file, in `.debug`, then the folders.
    var searchPath: String { ":.debug:" + folders.joined(separator: ":") }

    /// Where the debug file of this build id may be; also the program itself, in a folder that is named for it.
    func paths(buildID: [UInt8]) -> [String] {
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

    /// The first of these files by name that has the build id of the file at `path`, other than that file itself.
    ///
    /// - Parameters:
    ///   - buildID: not empty.
    ///   - link: as ``paths(of:link:)`` has it.
    func find(_ buildID: [UInt8], of path: String, link: String?) -> String? {
        let own = try? FileStatus(ofPath: path, followingLinks: true)
        return paths(of: path, link: link).first { path in
            guard let status = try? FileStatus(ofPath: path, followingLinks: true),
                own.map(status.isSameFile) != true
            else { return false }
            return (try? ElfFile(path: path))?.buildID == buildID
        }
    }
}
