// SPDX-License-Identifier: Apache-2.0
//
// What sessions lack, as notes: how many samples, how many bytes they stand for. Every kind of loss that the format
// knows has its note here, but for stacks cut short: samples carry that themselves.

internal import SiltFile
internal import SiltSymbols

extension Note {
    /// What the sessions could not record, what the reader dropped, and what could not be named.
    static func onHeap(of sessions: [Session], symbols: any FrameSource) -> [Note] {
        onEach(of: sessions) { session in
            let losses = session.losses.sorted { $0.reason.rawValue < $1.reason.rawValue }
            let torn = session.torn.total
            return losses.compactMap { Note($0, interval: session.header.interval) }
                + (torn > 0 ? [.damagedRecords(torn, path: session.path)] : [])
        }
            + onFlagged(.forked, in: sessions, .heapBeganAtFork) + onFlagged(.anonymous, in: sessions, .inMemoryOnly)
            + symbols.warnings.map(Note.told) + (sessions.isEmpty ? [] : [.requestedSizes])
    }

    /// What is missing from the threads of the sessions, and what could not be named.
    static func onThreads(of sessions: [Session], symbols: any FrameSource) -> [Note] {
        onEach(of: sessions) { session in
            let losses = session.losses.filter { $0.reason == .threads }
            let torn = session.torn.threads
            return losses.compactMap { Note($0, interval: session.header.interval) }
                + (torn > 0 ? [.damagedThreads(torn, path: session.path)] : [])
        } + onFlagged(.forked, in: sessions, .threadsBeganAtFork) + symbols.warnings.map(Note.told)
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
    private init?(_ loss: Loss, interval: UInt64) {
        switch loss.reason {
        case .depth, .unwind, .bounds: return nil
        case .stacksFull, .sitesFull, .liveFull, .modulesFull, .nested, .noSession, .dump, .tableRace, .threads: break
        }
        guard loss.count > 0 else { return nil }
        let law = SamplingLaw(interval: interval)
        let bytes = law.bytes(samples: loss.count, ofSize: Double(loss.bytes) / Double(loss.count)).value
        self = .lost(loss.reason, count: loss.count, bytes: bytes)
    }
}
