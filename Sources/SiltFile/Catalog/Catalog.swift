// SPDX-License-Identifier: Apache-2.0
//
// Which session files and dumps there are on this host, and what became of their processes. It reads headers, never
// records, and changes no file.

import SiltHost

/// What became of the process of a session, as far as this host can tell.
package enum SessionStatus: Sendable, Hashable {
    case running
    /// It ended in the normal way.
    case exited
    /// It called exec, and runs another program now; or this is a copy of its file.
    case replaced
    /// It ended without closing its session: SIGKILL, a crash, or an exit by raw system call.
    case killed(byOutOfMemory: Bool)
    /// It ended in a sandbox, nobody knows how.
    case ended
    /// Its pid counts in another pid namespace, such as a container's.
    case elsewhere
    /// The session was begun under another boot, or on another machine.
    case otherBoot

    /// The process is gone, and its session did not say so.
    fileprivate var isEndUnseen: Bool {
        switch self {
        case .killed, .ended: true
        case .running, .exited, .replaced, .elsewhere, .otherBoot: false
        }
    }
}

extension SessionStatus: CustomStringConvertible {
    /// A few words for a column.
    package var description: String {
        switch self {
        case .running: "running"
        case .exited: "exited"
        case .replaced: "exec'd"
        case .killed(byOutOfMemory: false): "killed"
        case .killed(byOutOfMemory: true): "killed by the OOM killer"
        case .ended: "ended (in a sandbox)"
        case .elsewhere: "unknown (other pid namespace)"
        case .otherBoot: "unknown (other boot or machine)"
        }
    }
}

/// The session files and dumps in some directories, at one moment; and of processes that are asked for, those that they
/// have mapped from elsewhere.
package struct Catalog: Sendable {
    /// A session's own file, or if that is gone its last dump; with the status of its process.
    package struct Entry: Sendable, Hashable {
        package var summary: SessionSummary
        package var status: SessionStatus

        package var path: String { summary.path }
        package var header: Header { summary.header }
        /// As this reader counts, which of a process in a container is not the number in its header.
        package var pid: UInt32 { ProcessTable().pid(inPath: path) ?? header.pid }
    }

    package let directories: [String]
    let processes: ProcessTable
    private let reader: UInt32
    /// Whether a program's session may also lie elsewhere: no directory was named.
    package let isOfWholeHost: Bool
    /// When the directories were read, in nanoseconds since 1970.
    package let time: UInt64
    /// Sessions' own files, by program, then pid, then path.
    package private(set) var sessions: [Entry] = []
    /// Dumps, in the same order, each process's oldest first.
    package private(set) var dumps: [SessionSummary] = []
    /// Processes that ended in the normal way. Their session files are removed at exit, so the last dump of each
    /// stands for its session.
    package var exited: [Entry] {
        dumps.filter { $0.header.dump?.reason == .exit }.map { Entry(summary: $0, status: .exited) }
    }
    /// Files and directories that could not be read.
    package private(set) var problems: [FileError] = []

    /// Looks for files named `*.silt` where sessions are kept unless somebody says otherwise; links are not followed.
    ///
    /// That is `$SILT_DIR`, and of each user `/dev/shm/silt-<uid>` for live sessions and `/tmp/silt-<uid>` for dumps, if it
    /// belongs to the user it is named after, and may be read.
    package init() {
        self.init(
            directories: Places.directories(
                environment: environmentVariable("SILT_DIR"), roots: [Places.live, Places.dumps]), isOfWholeHost: true)
    }

    /// Looks through a directory that programs were told to use, by `SILT_DIR`. If it is on a file system that holds no
    /// live session, these are in `/dev/shm/silt-<uid>`.
    package init(directory: String) { self.init(directories: Places.directories(named: directory)) }

    /// Looks through these directories and no others.
    package init(directories: [String]) { self.init(directories: directories, isOfWholeHost: false) }

    init(
        directories: [String], processes: ProcessTable = ProcessTable(), kernelLog: String = "/dev/kmsg",
        reader: UInt32 = effectiveUser(), isOfWholeHost: Bool = false
    ) {
        self.directories = directories
        self.processes = processes
        self.reader = reader
        self.isOfWholeHost = isOfWholeHost
        time = Clock.realtime()
        let look = processes.atOneMoment()
        var judge = StatusJudge(processes: look, kernelLog: kernelLog)
        for directory in directories { scan(directory, look, judge: &judge) }
        noticeReplaced()
        sessions.sort { $0.summary.order < $1.summary.order }
        dumps.sort { $0.order < $1.order }
    }

    /// Corrects the status of sessions whose process has begun a later session: it had called exec, so it was the later
    /// program that ended, not this one.
    private mutating func noticeReplaced() {
        var latest: [ProcessIdentity: UInt64] = [:]
        for header in sessions.map(\.header) + dumps.map(\.header) {
            latest[ProcessIdentity(header), default: 0] = max(
                latest[ProcessIdentity(header), default: 0], header.startMonotonic)
        }
        for index in sessions.indices {
            let header = sessions[index].header
            guard sessions[index].status.isEndUnseen, let later = latest[ProcessIdentity(header)] else { continue }
            if later > header.startMonotonic { sessions[index].status = .replaced }
        }
    }

    private mutating func scan(_ directory: String, _ processes: ProcessTable, judge: inout StatusJudge) {
        let names: [String]
        do throws(SystemError) {
            names = try namesInDirectory(directory)
        } catch {
            problems.append(.cannotOpen(path: directory, reason: error.text))
            return
        }
        guard let owner = try? FileStatus(ofPath: directory, followingLinks: true) else { return }
        for name in names where name.hasSuffix(".silt") {
            let path = "\(directory)/\(name)"
            guard let file = try? FileStatus(ofPath: path), file.kind == .regular else { continue }
            do throws(FileError) {
                let summary = try SessionSummary(contentsOf: path)
                guard Places.isBelieved(summary.header, file: file, directory: owner, reader: reader) else {
                    throw .notBelieved(path: path, claims: summary.header.uid, owner: file.uid, directory: owner.uid)
                }
                if processes.isOfAnother(summary.header, reader: reader) {
                    throw .notOfItsProcess(path: path, owner: file.uid, pid: summary.header.pid)
                }
                switch summary.header.kind {
                case .live: sessions.append(Entry(summary: summary, status: judge.status(of: summary)))
                case .dump: dumps.append(summary)
                }
            } catch {
                // A process that ended in the normal way just now has removed its file: that is no problem.
                if (try? FileStatus(ofPath: path)) != nil { problems.append(error) }
            }
        }
    }
}

/// Identifies a process, whatever program it runs.
private struct ProcessIdentity: Hashable {
    var pid: UInt32
    var startTicks: UInt64
    var namespace: UInt64
    var bootID: [UInt8]

    init(_ header: Header) {
        pid = header.pid
        startTicks = header.pidStartTicks
        namespace = header.pidNamespace
        bootID = header.bootID
    }
}

extension SessionSummary {
    fileprivate var order: (String, UInt32, UInt64, String) {
        (header.comm, header.pid, header.dump?.realtime ?? 0, path)
    }
}
