// SPDX-License-Identifier: Apache-2.0
//
// Which session a person means by a pid, a program's name or a path, and the message if there is none or more than one.

import SiltHost

/// Why a target does not name one session.
package enum CatalogError: Error, Sendable {
    case ambiguous(target: String, matches: [Catalog.Entry])
    /// `others` are all sessions found; `dumps` are those that the target would match.
    case notFound(target: String, directories: [String], others: [Catalog.Entry], dumps: [SessionSummary])
}

extension Catalog {
    /// The path of the one session that is meant.
    ///
    /// Running sessions go before those that were killed, those before processes that ended in the normal way, and all
    /// before a file in the current directory, since a program often lies there under its own name. A pid is also looked
    /// up among the processes: its session may be in a container, or have lost its name.
    ///
    /// - Parameter target: a pid; a program's name, as the kernel shows it or as its executable is called; or the path
    ///   of a session file or dump, which is returned as it is.
    /// - Throws: ``CatalogError``; a path is not looked at.
    package func resolve(_ target: String) throws(CatalogError) -> String {
        if target.contains("/") || target.hasSuffix(".silt") { return target }
        let matches = all(matching: target)
        // What a running process has mapped is its session, whatever lies in the directories.
        if !matches.contains(where: { $0.status == .running }), let pid = UInt32(target),
            let path = processes.sessionMapped(by: pid)
        {
            return path
        }
        if matches.count > 1 { throw .ambiguous(target: target, matches: matches) }
        if let match = matches.first { return match.path }
        if (try? FileStatus(ofPath: target))?.kind == .regular { return target }
        throw .notFound(
            target: target, directories: directories, others: sessions, dumps: dumps.filter { Self.fits($0, target) })
    }

    /// The sessions of a program or pid, in order of pids: those that run; if there are none, those that were killed
    /// or whose status is not known; if there are none, those that ended in the normal way; if there are none, those
    /// whose process runs another program now.
    package func all(matching target: String) -> [Entry] {
        let matches = sessions.filter { Self.fits($0.summary, target) || $0.path == target }
        let groups = [
            matches.filter { $0.status == .running }, matches.filter { $0.status != .replaced },
            exited.filter { Self.fits($0.summary, target) },
        ]
        return groups.first { !$0.isEmpty } ?? matches
    }

    private static func fits(_ summary: SessionSummary, _ target: String) -> Bool {
        let header = summary.header
        if let pid = UInt32(target) { return header.pid == pid }
        return header.comm == target || header.exe.split(separator: "/").last.map(String.init) == target
    }
}

extension CatalogError: CustomStringConvertible {
    /// A sentence, then a line for each session concerned.
    package var description: String {
        switch self {
        case .ambiguous(let target, let matches):
            return "\(target): \(matches.count) sessions match; name one by its pid or its path:" + Self.lines(matches)
        case .notFound(let target, let directories, let others, let dumps):
            let places =
                directories.isEmpty
                ? "/dev/shm/silt-<uid> and /tmp/silt-<uid>" : directories.joined(separator: ", ")
            var text = "\(target): no session of that name or pid in \(places); start the program with `silt run`"
            if !others.isEmpty { text += ", or name one of:" + Self.lines(others) }
            if !dumps.isEmpty { text += "\nIts dumps can be read by their paths:" }
            for dump in dumps { text += "\n  \(printable(dump.path))" }
            return text
        }
    }

    private static func lines(_ entries: [Catalog.Entry]) -> String {
        entries.map { entry in
            "\n  \(entry.header.pid)  \(printable(entry.header.comm))  \(entry.status), started"
                + " \(formatMoment(entry.header.startRealtime))  \(printable(entry.path))"
        }.joined()
    }
}
