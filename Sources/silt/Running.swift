// SPDX-License-Identifier: Apache-2.0
//
// Sessions together with what the kernel says of their processes at the moment of reading: what the thread profile
// and the account of resident memory need beyond a file.

import SiltFile
import SiltHost
import SiltProfile
import SiltReport

/// A session, and its process if that is running and can be seen from here.
struct Snapshot {
    var session: Session
    var process: ProcessFacts?

    /// - Throws: ``Failure`` in words.
    init(path: String) throws(Failure) {
        do {
            let image = try SessionImage(contentsOf: path)
            session = Session(image)
            guard image.header.kind == .live, let facts = ProcessTable().facts(of: image.header.pid),
                facts.startTicks == image.header.pidStartTicks
            else { return }
            process = facts
            // It shows this moment now, not that of the last event.
            session.header.dump = image.dump(sequence: image.header.dumps, process: facts)
        } catch {
            throw .input("\(error)")
        }
    }
}

extension InputOptions {
    /// The sessions that targets name.
    func snapshots(_ targets: [String]) throws(Failure) -> [Snapshot] {
        var result: [Snapshot] = []
        for path in try place.paths(of: targets, merge: merge) { result.append(try Snapshot(path: path)) }
        return result
    }

    /// The threads that targets show together, as a profile for other tools: every frame unless asked otherwise.
    func threads(
        _ targets: [String], _ comparison: ComparisonOptions, filter: FilterOptions
    ) throws(Failure) -> Profile {
        guard comparison.base == nil else { throw .use("--threads and --base do not go together: see silt diff") }
        return try threads(snapshots(targets).map(\.session), filter: filter, unlessAsked: false).profile
    }

    /// The threads of these sessions by who is responsible for their creation, none left out.
    func threads(_ sessions: [Session], foldedBy runtimes: RuntimeOptions) throws(Failure) -> ThreadProfile {
        let threads = ThreadProfile(sessions, symbols: symbols.symbolizer(for: sessions))
        return try threads.filtered { profile throws(Failure) in try runtimes.fold(profile) }
    }

    /// The threads of these sessions, filtered.
    ///
    /// - Parameter unlessAsked: see ``FilterOptions/apply(to:unlessAsked:)``.
    func threads(
        _ sessions: [Session], filter: FilterOptions, unlessAsked: Bool = true
    ) throws(Failure) -> ThreadProfile {
        let symbolizer = symbols.symbolizer(for: sessions)
        let threads = ThreadProfile(sessions, symbols: symbolizer, keepProcessesApart: byProcess)
        return try threads.filtered { profile throws(Failure) in
            try filter.apply(to: profile, unlessAsked: unlessAsked)
        }
    }
}

extension InputOptions {
    /// What became of the threads between snapshots; nil if these are no sessions, or all threads are the same.
    func threadChange(from base: Input, to other: Input, filter: FilterOptions) throws(Failure) -> ThreadChange? {
        guard let old = base.sessions, let new = other.sessions,
            Set(old.flatMap(\.threads)) != Set(new.flatMap(\.threads))
        else { return nil }
        return ThreadChange(from: try threads(old, filter: filter), to: try threads(new, filter: filter))
    }
}

extension ThreadReport.Activity {
    init(_ facts: ThreadFacts, residentStack: UInt64?) {
        self.init(
            state: facts.state, waitsIn: facts.waitsIn, cpuTime: Double(facts.cpuTime) / 1e9,
            residentStack: residentStack, name: facts.name)
    }
}
