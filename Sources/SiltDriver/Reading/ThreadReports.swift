// SPDX-License-Identifier: Apache-2.0
//
// The reports on threads: who created those that are alive, and where they are now. Only the second stops threads, one
// after the other, each for far less than a millisecond.

import SiltFile
import SiltHost
import SiltProfile
package import SiltReport
import SiltSymbols

extension Driver {
    /// Threads alive by the code that created them, and of running processes what they do.
    ///
    /// - Throws: as ``snapshots(_:)``.
    package func threads(_ targets: [String], frames: FrameChoice = FrameChoice()) throws(Failure) -> ThreadReport {
        let snapshots = try snapshots(targets)
        let sessions = snapshots.map(\.session)
        let threads = try threads(of: sessions, frames: frames, symbols: symbolizer(for: sessions))
        let running = snapshots.filter { $0.process != nil }
        var activity: [UInt32: [UInt32: ThreadReport.Activity]] = [:]
        for snapshot in running { activity[snapshot.session.header.pid] = Self.activity(of: snapshot.session) }
        return ThreadReport(threads, activity: running.isEmpty ? nil : activity)
    }

    /// Which stacks the threads of running processes are in.
    ///
    /// - Throws: as ``tracees(_:)``; also if a process must not be traced.
    package func threadStacks(
        _ targets: [String], frames: FrameChoice = FrameChoice()
    ) throws(Failure) -> StackReport {
        let processes = try tracees(targets)
        let sessions = processes.compactMap(\.session)
        var stacks: [ProcessStacks] = []
        var activity: [UInt32: [UInt32: ThreadReport.Activity]] = [:]
        for process in processes {
            let (read, facts) = try self.stacks(of: process)
            stacks.append(read)
            activity[process.pid] = facts.mapValues { ThreadReport.Activity($0, residentStack: nil) }
        }
        let current = ThreadProfile(
            current: stacks,
            symbols: symbolizer(
                for: stacks.flatMap(\.modules), roots: stacks.compactMap { ProcessTable().root(of: $0.pid) }))
        return StackReport(
            try current.filtered { profile throws(Failure) in
                try frames.apply(to: profile, by: [], foldingByDefault: false)
            },
            activity: activity,
            recorded: sessions.isEmpty ? nil : try creators(of: sessions, runtimes: frames.runtimes))
    }

    /// What became of the threads over snapshots; nil if these are no sessions, or all threads are the same.
    func threadChange(
        over snapshots: [Input], frames: FrameChoice, symbols: any FrameSource
    ) throws(Failure) -> ThreadChange? {
        let sessions = snapshots.compactMap(\.sessions)
        guard sessions.count == snapshots.count, Set(sessions.map { Set($0.flatMap(\.threads)) }).count > 1 else {
            return nil
        }
        var profiles: [ThreadProfile] = []
        for snapshot in sessions { profiles.append(try threads(of: snapshot, frames: frames, symbols: symbols)) }
        return ThreadChange(profiles)
    }

    /// The threads of these sessions, folded and filtered.
    func threads(
        of sessions: [Session], frames: FrameChoice, symbols: any FrameSource, foldingByDefault folds: Bool = true
    ) throws(Failure) -> ThreadProfile {
        let threads = ThreadProfile(
            sessions, symbols: symbols, keepProcessesApart: keepsProcessesApart)
        return try threads.filtered { profile throws(Failure) in
            try frames.apply(to: profile, by: [], foldingByDefault: folds)
        }
    }

    /// The threads of these sessions by the function responsible for them; none is filtered out.
    private func creators(of sessions: [Session], runtimes: Runtimes) throws(Failure) -> ThreadProfile {
        let threads = ThreadProfile(sessions, symbols: symbolizer(for: sessions))
        return try threads.filtered { profile throws(Failure) in try runtimes.fold(profile, by: []) }
    }

    /// What the threads of a running process do, by their ids, and how much of their stacks is in memory.
    private static func activity(of session: Session) -> [UInt32: ThreadReport.Activity] {
        let table = ProcessTable()
        let facts = table.threads(of: session.header.pid)
        let stacks = (table.mappings(of: session.header.pid) ?? []).filter { $0.path.isEmpty && $0.isWritable }
        let handles = Dictionary(
            session.threads.compactMap { record in record.thread.map { ($0, record.handle) } }
        ) { first, _ in first }
        return Dictionary(
            uniqueKeysWithValues: facts.map { id, facts in
                let stack = handles[id].flatMap { $0 }.flatMap { stacks.mapping(at: $0) }
                return (id, ThreadReport.Activity(facts, residentStack: stack?.resident))
            })
    }
}

extension ThreadReport.Activity {
    fileprivate init(_ facts: ThreadFacts, residentStack: UInt64?) {
        self.init(
            state: facts.state, waitsIn: facts.waitsIn, cpuTime: Double(facts.cpuTime) / 1e9,
            residentStack: residentStack, name: facts.name)
    }
}
