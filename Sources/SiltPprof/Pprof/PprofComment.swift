// SPDX-License-Identifier: Apache-2.0
//
// The process a profile comes from as a sentence in the file's comments: pprof's schema has no better place for
// it. `go tool pprof -comments` prints it, and Silt reads its own sentence back.

internal import SiltProfile

enum PprofComment {
    /// `process 1234: /usr/sbin/nginx (nginx)`
    static func text(_ process: Profile.Process) -> String {
        let pid = process.pid.map(String.init) ?? "?"
        return "process \(pid): \(process.exe) (\(process.name))"
    }

    /// The process that a comment names; nil for any other sentence.
    static func process(_ comment: String) -> Profile.Process? {
        guard comment.hasPrefix("process "), comment.hasSuffix(")"), let colon = comment.firstIndex(of: ":") else {
            return nil
        }
        let pid = comment[..<colon].dropFirst("process ".count)
        let rest = comment[colon...].dropLast()
        guard pid == "?" || UInt32(pid) != nil, let bracket = rest.lastIndex(of: "("), rest.hasPrefix(": "),
            rest[..<bracket].hasSuffix(" ")
        else { return nil }
        let exe = rest[..<bracket].dropFirst(2).dropLast()
        return Profile.Process(
            name: String(rest[rest.index(after: bracket)...]), pid: UInt32(pid), exe: String(exe))
    }
}
