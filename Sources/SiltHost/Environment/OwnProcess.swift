// SPDX-License-Identifier: Apache-2.0
//
// This process itself: where its program lies, whose rights it has, how it ends or becomes another program.

import CHost
import Glibc

/// The folder that this program's own file lies in.
package func ownFolder() -> String {
    guard let path = resolvedPath("/proc/self/exe"), let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
}

/// Whether ``ownArguments()`` are what was typed. Swift reads them in /proc, and without it has none, not even a name.
package func ownArgumentsAreKnown() -> Bool { CommandLine.argc > 0 }

/// What this process was started with, without its own name: ``pathText(_:)`` of each argument, for it may be a path.
package func ownArguments() -> [String] {
    // Safe: the kernel's list of terminated strings, which nobody changes; each is copied at once.
    let list = unsafe UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    return unsafe list.dropFirst().compactMap { argument in unsafe argument.map { unsafe text(ofPath: $0) } }
}

/// The commit that this program was built from; nil in builds that are not for others, which change more often.
package func ownCommit() -> String? {
    // Safe: a constant of the program.
    guard let text = unsafe host_commit() else { return nil }
    return unsafe String(cString: text)
}

/// What this host calls itself; nil: not known. In a container, the container's name.
package func hostName() -> String? {
    guard let bytes = try? contentsOfFile("/proc/sys/kernel/hostname") else { return nil }
    let name = String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    return name.isEmpty ? nil : name
}

/// The user whose rights this process has.
package func effectiveUser() -> UInt32 { geteuid() }

/// Whether this program has more rights than the user who started it (setuid, file capabilities), so that the environment is
/// not to be believed.
package func hasForeignRights() -> Bool { host_is_secure() != 0 }

/// Lets new files and sockets be used by this user alone.
package func keepNewFilesPrivate() { umask(0o077) }

/// Ends this process with an exit status.
package func endProcess(status: Int32) -> Never { exit(status) }

/// Replaces this process by another program, by execv(3): it keeps its pid, its parent and its ignored signals.
///
/// - Parameters:
///   - arguments: the first is the name that the program sees as its own.
///   - environment: variables that are set or changed; the others stay.
/// - Throws: ``SystemError`` if it could not be started. The caller is expected to end then.
package func become(
    _ program: String, arguments: [String], environment: [(name: String, value: String)]
) throws(SystemError) -> Never {
    setEnvironment(environment)
    // Safe: the list ends with nil, and its strings are terminated. They are never freed: this program is replaced, or ends
    // with an error.
    unsafe execv(terminatedPath(program), argumentList(arguments))
    throw .last
}

/// Sets or changes variables of this process, which the programs that it starts have too.
func setEnvironment(_ variables: [(name: String, value: String)]) {
    // Safe: setenv copies both strings.
    for (name, value) in variables { unsafe setenv(name, terminatedPath(value), 1) }
}

/// Arguments as execv(3) takes them: copies, which the caller frees, and nil at the end.
func argumentList(_ arguments: [String]) -> [UnsafeMutablePointer<CChar>?] {
    // Safe: strdup copies each argument.
    unsafe arguments.map { unsafe strdup(terminatedPath($0)) } + [nil]
}
