// SPDX-License-Identifier: Apache-2.0
//
// Starting a program under the shim: finding libsilt.so and the program, and becoming it. The process keeps its
// number, its parent and its signals; nothing of silt stays behind.

import Glibc

struct Launch {
    var shim: String
    var environment: [(name: String, value: String)]

    /// Where libsilt.so is: `$SILT_SHIM`, beside this executable, or in `../lib/silt`.
    ///
    /// - Throws: ``Failure`` that names the places looked at.
    static func findShim() throws(Failure) -> String {
        if let given = environmentValue("SILT_SHIM") {
            guard let path = absolutePath(given), isReadable(path) else {
                throw .input("no libsilt.so at \(given), which SILT_SHIM names: build it with `make build`")
            }
            return path
        }
        let folder = executableFolder()
        let places = ["\(folder)/libsilt.so", "\(folder)/../lib/silt/libsilt.so"]
        for place in places {
            if let path = absolutePath(place), isReadable(path) { return path }
        }
        throw .input(
            "libsilt.so is missing: looked at \(places.joined(separator: " and ")). "
                + "Build it with `make build`, or name it in SILT_SHIM")
    }

    /// The file that a shell would start for a name.
    ///
    /// - Throws: ``Failure`` if there is none, or it may not be executed.
    static func findProgram(_ name: String) throws(Failure) -> String {
        if name.contains("/") {
            guard unsafe access(name, F_OK) == 0 else { throw .input("no program at \(name)") }
            guard isExecutableFile(name) else { throw .input("\(name) is not an executable file") }
            return name
        }
        let path = environmentValue("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = "\(folder.isEmpty ? "." : folder)/\(name)"
            if isExecutableFile(candidate) { return candidate }
        }
        throw .input("no program named \(name) in PATH")
    }

    /// Replaces this process by the program.
    ///
    /// - Throws: ``Failure`` with the system's words, if that fails.
    func become(_ program: String, arguments: [String]) throws(Failure) -> Never {
        for (name, value) in environment { unsafe setenv(name, value, 1) }
        let inherited = Self.environmentValue("LD_PRELOAD").map { " " + $0 } ?? ""
        unsafe setenv("LD_PRELOAD", shim + inherited, 1)
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        // The copies are never freed: either this image is gone, or the process is about to end.
        unsafe execv(program, pointers)
        throw .input("cannot start \(program): \(unsafe String(cString: strerror(errno)))")
    }

    static func environmentValue(_ name: String) -> String? {
        // Nothing changes the environment while the pointer is read.
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// A folder's path that stays right when the program changes its directory.
    static func absoluteFolder(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return (absolutePath(".").map { $0 + "/" } ?? "") + path
    }

    private static func executableFolder() -> String {
        guard let path = absolutePath("/proc/self/exe"), let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }

    private static func absolutePath(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    private static func isExecutableFile(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
