// SPDX-License-Identifier: Apache-2.0
//
// What sessions lack, as notes: how many samples, how many bytes they stand for. Every kind of loss that the format
// knows has its note here, but for stacks cut short: samples carry that themselves.

internal import SiltFile
internal import SiltSymbols

extension Note {
    /// What the sessions could not record, what the reader dropped, and what could not be named.
    ///
    /// - Parameter earlier: snapshots that they are compared with.
    static func onHeap(of sessions: [Session], after earlier: [Session] = [], symbols: any FrameSource) -> [Note] {
        onEmpty(sessions)
            + onEach(of: sessions) { session in
                let losses = session.losses.filter { !$0.reason.isOfMappings }
                    .sorted { $0.reason.rawValue < $1.reason.rawValue }
                return losses.compactMap { Note($0, interval: session.header.largestInterval) }
                    + Stack.Tier.allCases.compactMap { tier in
                        session.shortened[tier].map { .shortened(tier, count: $0.count) }
                    }
            }
            + onMissedFrees(of: sessions, after: earlier)
            + onEach(of: sessions) { session in onInterval(session.header).map { [$0] } ?? [] }
            + onDamage(of: sessions)
            + onFlagged(.forked, in: sessions, .heapBeganAtFork) + onFlagged(.anonymous, in: sessions, .inMemoryOnly)
            + symbols.warnings.map(Note.told) + (sessions.isEmpty ? [] : [.requestedSizes])
    }

    private static func onInterval(_ header: Header) -> Note? {
        guard header.smallestInterval < header.largestInterval, let ceiling = header.ceiling else { return nil }
        return .intervalChanged(
            intervals: header.smallestInterval...header.largestInterval, last: header.interval, ceiling)
    }

    /// How many frees went past the shim, by the last snapshot of each process; that they may matter is also known of a
    /// process if an earlier snapshot says so.
    private static func onMissedFrees(of sessions: [Session], after earlier: [Session]) -> [Note] {
        let missing = earlier.filter(\.missesFrees)
        let known = Set(sessions.map(\.identity))
        let gone = Profile.latestOfEachProcess(missing.filter { !known.contains($0.identity) }).latest
        let matter = Set(missing.map(\.identity))
        return onEach(of: sessions + gone) { session in
            guard session.missedFrees.count > 0 else { return [] }
            let mayMatter = session.missesFrees || matter.contains(session.identity)
            return [.missedFrees(MissedFrees(count: session.missedFrees.count, mayMatter: mayMatter))]
        }
    }

    /// What the reader dropped, and what it read of files that are not as they were written.
    static func onDamage(of sessions: [Session]) -> [Note] {
        onEach(of: sessions) { session in
            let torn = session.torn.total
            let unread: [Note] =
                session.stacksNotRead > 0 ? [.stacksNotRead(session.stacksNotRead, path: session.path)] : []
            guard !session.damage.isEmpty else {
                return (torn > 0 ? [.damagedRecords(torn, path: session.path)] : []) + unread
            }
            let parts = session.damage.map { damage in
                DamagedPart(region: damage.region.map { "\($0)" }, bytes: damage.bytes)
            }
            return [.damagedFile(path: session.path, parts: parts, recordsLeftOut: torn)] + unread
        }
    }

    /// What is missing from the threads of the sessions, and what could not be named.
    static func onThreads(of sessions: [Session], symbols: any FrameSource) -> [Note] {
        onEach(of: sessions) { session in
            let losses = session.losses.filter { $0.reason == .threads }
            let torn = session.damage.isEmpty ? session.torn.threads : 0
            return losses.compactMap { Note($0, interval: session.header.largestInterval) }
                + (torn > 0 ? [.damagedThreads(torn, path: session.path)] : [])
        } + onDamage(of: sessions.filter { !$0.damage.isEmpty }) + onFlagged(.forked, in: sessions, .threadsBeganAtFork)
            + symbols.warnings.map(Note.told)
    }

    /// What is missing from the mappings of the sessions, and what could not be named.
    static func onMappings(of sessions: [Session], symbols: any FrameSource) -> [Note] {
        onEach(of: sessions) { session in
            let losses = session.losses.filter(\.reason.isOfMappings)
            return losses.compactMap { Note($0, interval: 1) }
                + (session.mappings == nil ? [.mappingsNotRecorded(path: session.path)] : [])
        } + onDamage(of: sessions) + onFlagged(.forked, in: sessions, .mappingsBeganAtFork)
            + symbols.warnings.map(Note.told) + (sessions.isEmpty ? [] : [.mappedSizes])
    }

    /// One note for all processes of a program: a browser has dozens. That there was too little for a sample is told only if
    /// nothing was sampled of any.
    private static func onEmpty(_ sessions: [Session]) -> [Note] {
        let empty = sessions.filter(\.isEmpty)
        let isAll = empty.count == sessions.count
        var groups: [(note: Note, pids: [UInt32])] = []
        for session in empty where isAll || !session.ownAllocator.isEmpty {
            let note = Note.nothingSampled(
                exe: session.header.exe, allocator: session.ownAllocator,
                sinceFork: sessions.count == 1 && session.header.flags.contains(.forked))
            if let known = groups.firstIndex(where: { $0.note == note }) {
                groups[known].pids.append(session.header.pid)
            } else {
                groups.append((note, [session.header.pid]))
            }
        }
        if sessions.count == 1 { return groups.map(\.note) }
        return groups.map { note, pids in
            pids.count == 1 ? .ofProcess(pids[0], note) : .ofProcesses(pids.count, note)
        }
    }

    private static func onEach(of sessions: [Session], _ notes: (Session) -> [Note]) -> [Note] {
        sessions.flatMap { session in
            sessions.count > 1 ? notes(session).map { .ofProcess(session.header.pid, $0) } : notes(session)
        }
    }

    /// One note for all that have a flag: a prefork server has hundreds of processes.
    private static func onFlagged(_ flag: Header.Flags, in sessions: [Session], _ note: Note) -> [Note] {
        let flagged = sessions.filter { $0.header.flags.contains(flag) }
        guard let first = flagged.first else { return [] }
        if sessions.count == 1 { return [note] }
        return [flagged.count == 1 ? .ofProcess(first.header.pid, note) : .ofProcesses(flagged.count, note)]
    }

    /// Nil for nothing lost, and for stacks that are cut.
    init?(_ loss: Loss, interval: UInt64) {
        switch loss.reason {
        case .depth, .unwind, .bounds: return nil
        case .mappings, .mappingStacks:
            guard loss.count > 0 else { return nil }
            // They are not sampled.
            self = .lost(loss.reason, count: loss.count, bytes: Double(loss.bytes))
            return
        case .stacksFull, .sitesFull, .liveFull, .modulesFull, .framesFull, .nested, .noSession, .dump, .tableRace,
            .threads:
            break
        }
        guard loss.count > 0 else { return nil }
        let law = SamplingLaw(interval: interval)
        let bytes = law.bytes(samples: loss.count, ofSize: Double(loss.bytes) / Double(loss.count)).value
        self = .lost(loss.reason, count: loss.count, bytes: bytes)
    }
}
