// SPDX-License-Identifier: Apache-2.0
//
// A program or a running process looked at for whether it can be profiled. It starts nothing and disturbs no process.

import SiltFile
import SiltHost
import SiltSymbols

/// What was found.
package struct Examination: Sendable {
    /// Of a process: whether it is profiled now.
    package var process: String?
    package var checkup: Checkup
    /// What is wrong with the libsilt.so that it runs with, or would; nil: nothing.
    package var mismatch: String?

    package var canBeProfiled: Bool { checkup.obstacle == nil }

    /// A line for the process, and one for each finding.
    package var text: String {
        let lines =
            (process.map { [$0] } ?? []) + checkup.findings.map { "\($0.severity.rawValue): \($0.text)" }
            + (mismatch.map { ["note: \($0)"] } ?? [])
        return lines.map { printable($0) + "\n" }.joined()
    }
}

extension Driver {
    /// Looks at a program, by path or name, or at a process, by pid.
    ///
    /// - Throws: ``Failure`` if there is no such program or process, or its executable cannot be read.
    package func examine(_ target: String) throws(Failure) -> Examination {
        guard let pid = UInt32(target) else {
            let path = try Launch.find(target)
            return Examination(
                checkup: try Checkup(path: path, debugDirectories: symbols.debugDirectories),
                mismatch: (try? Shim.find()).flatMap(Shim.mismatch))
        }
        guard let facts = ProcessTable().facts(of: pid) else { throw .input("no process \(pid)") }
        guard let exe = facts.exe else { throw .input("process \(pid): its executable cannot be read") }
        // What is left of an earlier process with this pid does not count.
        let session = catalog.all(matching: target).first { $0.status == .running }
        return Examination(
            process: "process \(pid): " + (session.map { "profiled, session \($0.path)" } ?? "not profiled"),
            checkup: try Checkup(path: exe, debugDirectories: symbols.debugDirectories),
            mismatch: Shim.loaded(by: pid).flatMap(Shim.mismatch))
    }
}
