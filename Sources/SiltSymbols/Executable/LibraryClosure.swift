// SPDX-License-Identifier: Apache-2.0
//
// The libraries that an executable needs, and those that they need in turn, as the dynamic loader would find them in
// the usual places. LD_LIBRARY_PATH, ld.so.conf and dlopen are not considered.

/// The names of all libraries that an executable needs, directly or not.
struct LibraryClosure {
    /// As the files name them, sorted: `libc.so.6`.
    private(set) var names: [String] = []
    /// Those of which no file was found, sorted.
    private(set) var missing: [String] = []

    /// - Parameters:
    ///   - path: where `file` is, for `$ORIGIN`.
    ///   - root: what the program takes for `/`.
    init(of file: ElfFile, at path: String, root: String) {
        var seen: Set<String> = []
        var lost: Set<String> = []
        let ownSearch = Self.searchPath(of: file, at: path, root: root)
        var pending = file.neededLibraries.map { (name: $0, search: ownSearch) }
        while let (name, search) = pending.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard let (library, path) = Self.open(name, search: search, root: root, like: file) else {
                lost.insert(name)
                continue
            }
            let search = Self.searchPath(of: library, at: path, root: root) + ownSearch
            pending += library.neededLibraries.map { (name: $0, search: search) }
        }
        names = seen.sorted()
        missing = lost.sorted()
    }

    private static func open(
        _ name: String, search: [String], root: String, like file: ElfFile
    ) -> (ElfFile, String)? {
        let folders = search + usualPlaces(for: file.header).map { root + $0 }
        let paths = name.contains("/") ? [root + name] : folders.map { "\($0)/\(name)" }
        for path in paths {
            if let found = try? ElfFile(path: path), found.header == file.header { return (found, path) }
        }
        return nil
    }

    /// DT_RUNPATH and DT_RPATH, with `$ORIGIN` filled in.
    private static func searchPath(of file: ElfFile, at path: String, root: String) -> [String] {
        let end = path.lastIndex(of: "/")
        let origin = end.map { String(path[..<$0]) } ?? "."
        return file.librarySearchPaths
            .flatMap { $0.split(separator: ":") }
            .map { directory in
                for token in ["$ORIGIN", "${ORIGIN}"] where directory.hasPrefix(token) {
                    return origin + directory.dropFirst(token.count)
                }
                return root + directory
            }
    }

    private static func usualPlaces(for header: ElfFile.Header) -> [String] {
        let folders = [header.multiarch.map { "lib/\($0)" }, header.is64Bit ? "lib64" : "lib32", "lib"].compactMap(
            \.self)
        return folders.flatMap { ["/\($0)", "/usr/\($0)"] } + ["/usr/local/lib"]
    }
}
