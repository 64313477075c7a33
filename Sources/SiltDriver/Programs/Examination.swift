// SPDX-License-Identifier: Apache-2.0
//
// A program or a running process looked at for whether it can be profiled, and what its settings and the places of its
// files will do. It starts nothing and disturbs no process.

import SiltFile
import SiltHost
import SiltReport
import SiltSymbols

/// What was found.
package struct Examination: Sendable {
    /// Of a process: whether it is profiled now.
    package var process: String?
    package var checkup: Checkup
    /// Of the SILT_ variables, and of where sessions and dumps go.
    package var surroundings: [Checkup.Finding]
    /// What is wrong with the libsilt.so that it runs with, or would; nil: nothing.
    package var mismatch: String?

    package var canBeProfiled: Bool { checkup.obstacle == nil }

    /// A line for the process, and one for each finding.
    package var text: String {
        let findings = checkup.findings + surroundings
        let lines =
            (process.map { [$0] } ?? []) + findings.map { "\($0.severity.rawValue): \($0.text)" }
            + (mismatch.map { ["note: \($0)"] } ?? [])
        return lines.map { printable($0) + "\n" }.joined()
    }

    /// One object with these keys, in this order.
    ///
    ///     format      "silt-doctor"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     can_be_profiled
    ///     process     sentence; null: a program was asked about
    ///     findings    [{severity, text}]; "ok", "missing" or "no"
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-doctor", notes: mismatch.map { [$0] } ?? []) { json in
            json.field("can_be_profiled") { $0.bool(canBeProfiled) }
            json.field("process", process)
            json.field("findings") {
                $0.array(checkup.findings + surroundings) { json, finding in
                    json.object {
                        $0.field("severity", finding.severity.rawValue)
                        $0.field("text", finding.text)
                    }
                }
            }
        }
    }
}

extension Driver {
    /// Looks at a program, by path or name, or at a process, by pid.
    ///
    /// The variables are those of the process, or else of this command: a program that it starts has them too.
    ///
    /// - Throws: ``Failure`` if there is no such program or process, or its executable cannot be read.
    package func examine(_ target: String) throws(Failure) -> Examination {
        guard let pid = UInt32(target) else {
            let path = try Launch.find(target)
            var variables = environmentVariables(named: "SILT_")
            if let directory { variables["SILT_DIR"] = directory }
            return Examination(
                checkup: try Checkup(path: path, debugDirectories: symbols.debugDirectories),
                surroundings: Self.surroundings(variables, place: SessionPlace(directory: variables["SILT_DIR"])),
                mismatch: (try? Shim.find()).flatMap(Shim.mismatch))
        }
        return try examine(process: pid)
    }

    private func examine(process pid: UInt32) throws(Failure) -> Examination {
        let processes = ProcessTable()
        guard let facts = processes.facts(of: pid) else { throw .input("no process \(pid)") }
        guard let exe = facts.exe else { throw .input("process \(pid): its executable cannot be read") }
        let root = processes.root(of: pid) ?? ""
        // The kernel keeps the file of a program that was replaced on disk meanwhile.
        let path = fileExists(root + exe) ? root + exe : "\(processes.proc)/\(pid)/exe"
        // What is left of an earlier process with this pid does not count.
        let session = catalog.all(matching: "\(pid)").first { $0.status == .running }
        let variables = processes.environment(of: pid) ?? [:]
        let place = facts.users.flatMap { users in
            // Of several users nobody knows whose directories it will take.
            users.count == 1
                ? users.first.map { SessionPlace(directory: variables["SILT_DIR"], user: $0, root: root) } : nil
        }
        return Examination(
            process: session.map { "process \(pid): profiled, session \($0.path)" }
                ?? (catalog.notSampled(pid).map(\.description) ?? linkedNotSampled(pid)).map { "process \($0)" }
                ?? "process \(pid): not profiled",
            checkup: try Checkup(path: path, debugDirectories: symbols.debugDirectories, root: root),
            surroundings: Self.surroundings(variables, place: place),
            mismatch: processes.library("libsilt.so", mappedBy: pid).flatMap(Shim.mismatch))
    }

    private static func surroundings(_ variables: [String: String], place: SessionPlace?) -> [Checkup.Finding] {
        var findings = SettingReview.findings(in: variables)
        guard let place else { return findings }
        findings += place.findings + place.risks
        let live = place.live.map { "the live session lies in \($0)" } ?? "the live session is in memory only"
        findings.append(Checkup.Finding(severity: .fine, text: "\(live), dumps go to \(place.dumps)"))
        return findings
    }
}
