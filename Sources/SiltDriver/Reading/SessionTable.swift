// SPDX-License-Identifier: Apache-2.0
//
// The sessions on this host with what each holds. Of each session only what is alive is read, since there may be thousands.

import SiltFile
import SiltProfile
package import SiltReport

/// What there is to look at, and where it was looked for.
package struct SessionTable: Sendable {
    package var list: SessionList
    package var directories: [String]

    /// A line for each session, or what to do if there is none.
    package func text(width: Int? = nil) -> String {
        guard list.rows.isEmpty else { return list.text(width: width) }
        return "No sessions in \(Places.text(directories)). Start a program with: silt run -- PROGRAM\n"
    }
}

extension Driver {
    /// The sessions that there are; if there are none, those that running processes have mapped from elsewhere. What cannot
    /// be read is told to the reporter.
    ///
    /// - Parameter dumps: whether dumps are listed too; the last of a process that exited stands for its session.
    /// - Complexity: O(living samples and sites of all sessions listed).
    package func sessions(withDumps dumps: Bool = false) -> SessionTable {
        let catalog = catalog
        var rows = catalog.sessions.map {
            row($0, end: $0.status == .running ? catalog.time : nil)
        }
        rows += catalog.exited.map { row($0, end: $0.header.dump?.realtime) }
        if dumps {
            let others = catalog.dumps.filter { $0.header.dump?.reason != .exit }
            rows += others.map { row($0, state: "dump", end: $0.header.dump?.realtime) }
        }
        if rows.isEmpty, catalog.isOfWholeHost {
            rows = catalog.everywhere.map { row($0, end: catalog.time) }
        }
        for problem in catalog.problems { reporter.note("\(problem)") }
        return SessionTable(list: SessionList(rows), directories: catalog.directories)
    }

    private func row(_ entry: Catalog.Entry, end: UInt64?) -> SessionList.Row {
        var row = row(entry.summary, state: "\(entry.status)", end: end)
        row.isRunning = entry.status == .running
        return row
    }

    /// - Parameter end: nanoseconds since 1970; nil: its last event.
    private func row(_ summary: SessionSummary, state: String, end: UInt64?) -> SessionList.Row {
        let header = summary.header
        let last = end ?? summary.lastEvent ?? header.startRealtime
        let age = last > header.startRealtime ? Double(last - header.startRealtime) / 1e9 : 0
        var inUse = 0.0
        do throws(FileError) {
            inUse = Self.bytesInUse(of: try Session(livingIn: summary.path))
        } catch {
            reporter.note("\(error)")
        }
        return SessionList.Row(
            program: header.comm, pid: header.pid, state: state, start: header.startRealtime, age: age, inUse: inUse,
            path: summary.path)
    }

    private static func bytesInUse(of session: Session) -> Double {
        session.live.reduce(0) { $0 + session.law(of: $1.site).bytes(samples: 1, ofSize: Double($1.size)).value }
    }
}
