// SPDX-License-Identifier: Apache-2.0
//
// What this process was given by whoever started it: environment, PATH, working directory; and becoming another program.

import Glibc

/// The value of an environment variable; nil if there is none or it is empty.
package func environmentVariable(_ name: String) -> String? {
    // Safe: the value is copied at once, and nothing here changes the environment.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// The file that a shell would start for a name without a slash; nil: none in `PATH`.
package func programInPath(_ name: String) -> String? {
    let path = environmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
        let candidate = "\(folder.isEmpty ? "." : folder)/\(name)"
        if isExecutableFile(candidate) { return candidate }
    }
    return nil
}

/// The folder that this program's own file lies in.
package func ownFolder() -> String {
    guard let path = resolvedPath("/proc/self/exe"), let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
}

/// The user whose rights this process has.
package func effectiveUser() -> UInt32 { geteuid() }

/// Ends this process.
package func endProcess(status: Int32) -> Never { exit(status) }

/// Replaces this process by another program: it keeps its number, its parent and its signals.
///
/// - Parameters:
///   - arguments: the first is the name that the program sees as its own.
///   - environment: variables that are set or changed; the others stay.
/// - Throws: ``SystemError`` if it could not be started.
package func become(
    _ program: String, arguments: [String], environment: [(name: String, value: String)]
) throws(SystemError) -> Never {
    // Safe: setenv copies both strings.
    for (name, value) in environment { unsafe setenv(name, value, 1) }
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    // Safe: the list ends with nil. The copies are never freed: either this image is gone, or the process is about to end.
    unsafe execv(program, pointers)
    throw .last
}
