// SPDX-License-Identifier: Apache-2.0
//
// The processes that there are: found by their files and by their mappings, again and again. It remembers under which id
// a process was first seen, and nothing else.

#if Serve
    import SiltFile
    import SiltHost
    import Synchronization

    /// Which processes there are; used by several threads.
    final class TargetList: Sendable {
        private struct State {
            var targets: [Target] = []
            var ids: [Target.Identity: String] = [:]
            var directories: [String] = []
            var time = ContinuousClock.now
        }

        private let directories: [String]
        private let state = Mutex(State())

        /// - Parameter directories: looked through, and no others; empty: all of this host.
        init(directories: [String] = []) { self.directories = directories }

        /// As of the last scan, by program, then pid, then start.
        var targets: [Target] { state.withLock(\.targets) }
        /// The same, and when that was.
        var latest: ([Target], ContinuousClock.Instant) { state.withLock { ($0.targets, $0.time) } }
        /// Where that looked.
        var searched: [String] { state.withLock(\.directories) }

        /// Looks again; waits for the file system.
        ///
        /// - Complexity: O(session files + mappings of all processes).
        func scan() {
            let catalogs = directories.isEmpty ? [Catalog()] : directories.map { Catalog(directory: $0) }
            var entries = catalogs.flatMap { $0.sessions + $0.exited }
            if directories.isEmpty {
                let listed = Set(entries.map { Target.Identity($0.header) })
                entries += catalogs[0].everywhere.filter { !listed.contains(Target.Identity($0.header)) }
            }
            accept(entries, directories: catalogs.flatMap(\.directories))
        }

        /// Takes what a scan has found.
        func accept(_ entries: [Catalog.Entry], directories: [String]) {
            let entries = entries.sorted { a, b in
                (a.header.comm, a.pid, a.header.startRealtime, a.path)
                    < (b.header.comm, b.pid, b.header.startRealtime, b.path)
            }
            state.withLock { state in
                var found: [Target.Identity: Target] = [:]
                // An id is free again when nothing is left of its process.
                let present = Set(entries.map { Target.Identity($0.header) })
                state.ids = state.ids.filter { present.contains($0.key) }
                var taken = Set(state.ids.values)
                for entry in entries {
                    let identity = Target.Identity(entry.header)
                    // A session and the dump that was made at its end: the session's own file tells more.
                    guard found[identity] == nil else { continue }
                    let id = state.ids[identity] ?? Self.freeID(for: entry, taken: taken)
                    taken.insert(id)
                    state.ids[identity] = id
                    found[identity] = Target(entry, id: id)
                }
                state.targets = entries.compactMap { found.removeValue(forKey: Target.Identity($0.header)) }
                state.directories = directories
                state.time = .now
            }
        }

        private static func freeID(for entry: Catalog.Entry, taken: Set<String>) -> String {
            let plain = Target.plainID(program: entry.header.comm, pid: entry.pid)
            guard taken.contains(plain) else { return plain }
            let dated = "\(plain)-\(entry.header.startRealtime / 1_000_000_000)"
            guard taken.contains(dated) else { return dated }
            return "\(plain)-\(entry.header.startRealtime)"
        }
    }

    /// Which target is meant.
    enum Choice: Sendable {
        case one(Target)
        case none
        case several([Target])

        /// What a name in an address means: an id, or a pid or program, if only one process has it; those that run go
        /// before the others.
        init(of name: String, in targets: [Target]) {
            if let target = targets.first(where: { $0.id == name }) {
                self = .one(target)
                return
            }
            let pid = UInt32(name)
            self.init(
                targets.filter { target in
                    pid.map { $0 == target.pid } ?? (target.program == name || target.executable == name)
                })
        }

        /// What is meant where no name is given.
        init(_ targets: [Target]) {
            let running = targets.filter(\.isRunning)
            let candidates = running.isEmpty ? targets : running
            self = candidates.count > 1 ? .several(candidates) : candidates.first.map { .one($0) } ?? .none
        }
    }

    extension Target {
        /// The file's own name.
        fileprivate var executable: String? { header.exe.split(separator: "/").last.map(String.init) }
    }
#endif
