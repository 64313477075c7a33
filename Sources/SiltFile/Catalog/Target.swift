// SPDX-License-Identifier: Apache-2.0
//
// Which session a person means by a pid, a program's name or a path, and the message if there is none or more than one.

import SiltHost

/// Why a target does not name one session.
package enum CatalogError: Error, Sendable {
    case ambiguous(target: String, matches: [Catalog.Entry])
    /// `others` are all sessions found; `dumps` are those that the target would match.
    case notFound(target: String, directories: [String], others: [Catalog.Entry], dumps: [SessionSummary])
    /// The process runs with libsilt.so, and has no session; `users`: those that it acts for or may act for.
    case notSampled(pid: UInt32, users: Set<UInt32>)
    /// A process that was started with `SILT_RECORD=0`.
    case notRecorded(pid: UInt32)
}

extension Catalog {
    /// Whether a target is a path, which need not be looked up.
    package static func isPath(_ target: String) -> Bool { target.contains("/") || target.hasSuffix(".silt") }

    /// The path of the one session that is meant.
    ///
    /// Running sessions go before those that were killed, those before processes that ended in the normal way, and all
    /// before a file in the current directory, since a program often lies there under its own name.
    ///
    /// - Parameter target: a pid; a program's name, as the kernel shows it or as its executable is called; or the path
    ///   of a session file or dump, which is returned as it is.
    /// - Throws: ``CatalogError``; a path is not looked at.
    package func resolve(_ target: String) throws(CatalogError) -> String {
        if Self.isPath(target) { return target }
        let matches = all(matching: target)
        if matches.count > 1 { throw .ambiguous(target: target, matches: matches) }
        if let match = matches.first { return match.path }
        if (try? FileStatus(ofPath: target))?.kind == .regular { return target }
        if let pid = UInt32(target) {
            if let path = unreadable(mappedBy: pid) { return path }
            if let reason = notSampled(pid) { throw reason }
        }
        throw .notFound(
            target: target, directories: directories, others: sessions, dumps: dumps.filter { Self.fits($0, target) })
    }

    /// The sessions of a program or pid, in order of pids: those that run; if there are none, those that were killed
    /// or whose status is not known; if there are none, those that ended in the normal way; if there are none, those
    /// whose process runs another program now.
    ///
    /// If none in the directories is known to run, processes are asked what they have mapped: the one of that pid, and
    /// for a name all of this host, if no directory was named. Their session may be in a container or in any `SILT_DIR`,
    /// or have lost its name.
    ///
    /// - Complexity: O(mappings of all processes) then.
    package func all(matching target: String) -> [Entry] {
        let listed = listed(matching: target)
        guard !listed.contains(where: { $0.status == .running }) else { return listed }
        let mapped: [Entry]
        if let pid = UInt32(target) {
            mapped = self.mapped(by: pid)
        } else if isOfWholeHost, listed.allSatisfy({ $0.status == .elsewhere }), !isData(target) {
            mapped = everywhere.filter { Self.fits($0.summary, target) }
        } else {
            mapped = []
        }
        return mapped.isEmpty ? listed : mapped
    }

    /// The sessions of all running processes, wherever their files lie.
    ///
    /// - Complexity: O(mappings of all processes).
    package var everywhere: [Entry] {
        let look = processes.atOneMoment()
        return look.pids.flatMap { mapped(by: $0, look) }
    }

    /// What is certainly this process's own: not its parent's, which a child has mapped until its first sample.
    private func mapped(by pid: UInt32) -> [Entry] { mapped(by: pid, processes) }

    private func mapped(by pid: UInt32, _ processes: ProcessTable) -> [Entry] {
        processes.sessionsMapped(by: pid).compactMap { path in
            guard let summary = try? SessionSummary(contentsOf: path),
                processes.process(of: summary.header, file: path).facts?.pid == pid
            else { return nil }
            return Entry(summary: summary, status: .running)
        }
    }

    /// Why a process that runs with libsilt.so has no session; nil: it has one that can be read, or no libsilt.so.
    package func notSampled(_ pid: UInt32) -> CatalogError? {
        guard mapped(by: pid).isEmpty, processes.library("libsilt.so", mappedBy: pid) != nil else { return nil }
        if processes.environment(of: pid)?["SILT_RECORD"] == "0" { return .notRecorded(pid: pid) }
        return .notSampled(pid: pid, users: processes.facts(of: pid)?.users ?? [])
    }

    /// A session that cannot be read: who tries to is told why.
    private func unreadable(mappedBy pid: UInt32) -> String? {
        processes.sessionsMapped(by: pid).first { (try? SessionSummary(contentsOf: $0)) == nil }
    }

    /// Whether a file of this name is here that is no program: a profile that is meant itself.
    private func isData(_ target: String) -> Bool {
        (try? FileStatus(ofPath: target))?.kind == .regular && !isExecutableFile(target)
    }

    private func listed(matching target: String) -> [Entry] {
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
    package var description: String { lines.map(printable).joined(separator: "\n") }

    /// A sentence, then a line for each session concerned.
    package var lines: [String] {
        switch self {
        case .ambiguous(let target, let matches):
            return ["\(target): \(matches.count) sessions match; name one by its pid or its path:"]
                + matches.map(Self.line)
        case .notFound(let target, let directories, let others, let dumps):
            let places = Places.text(directories)
            let none = "\(target): no session of that name or pid in \(places); start the program with `silt run`"
            let more =
                others.count > Self.shownOthers ? ["  and \(others.count - Self.shownOthers) more: silt list"] : []
            return [none + (others.isEmpty ? "" : ", or name one of:")]
                + others.prefix(Self.shownOthers).map(Self.line) + more
                + (dumps.isEmpty ? [] : ["Its dumps can be read by their paths:"]) + dumps.map { "  \($0.path)" }
        case .notSampled(let pid, let users) where users.count > 1:
            return [
                "\(pid): runs with libsilt.so, but has the rights of several users"
                    + " (\(users.sorted().map(String.init).joined(separator: ", "))): it makes no session until it has those of one"
            ]
        case .notSampled(let pid, _):
            return [
                "\(pid): runs with libsilt.so, but nothing was sampled yet: it has allocated less than about"
                    + " SILT_INTERVAL (512k), or its session is in memory only: silt doctor \(pid) tells where it would lie"
            ]
        case .notRecorded(let pid):
            return ["\(pid): was started with SILT_RECORD=0, so that nothing is recorded: start it again without"]
        }
    }

    private static let shownOthers = 5

    private static func line(_ entry: Catalog.Entry) -> String {
        "  \(entry.header.pid)  \(entry.header.comm)  \(entry.status), started"
            + " \(formatMoment(entry.header.startRealtime))  \(entry.path)"
    }
}
