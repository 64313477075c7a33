// SPDX-License-Identifier: Apache-2.0
//
// From targets to profiles: what is held now, what changed since a base, what was allocated lately. Nothing is filtered
// or folded here.

import SiltFile
package import SiltProfile
import SiltReport
import SiltSymbols

/// Which allocations of a session count, by time.
package struct TimeChoice: Sendable {
    /// Only what was allocated in the last moments, as far as the ring remembers; nil: everything.
    package var since: TimeSpan?
    /// Only what has been alive for longer.
    package var olderThan: TimeSpan?
    /// Whether the profile tells how old what is alive is.
    package var tellsAges: Bool

    package init(since: TimeSpan? = nil, olderThan: TimeSpan? = nil, tellsAges: Bool = false) {
        self.since = since
        self.olderThan = olderThan
        self.tellsAges = tellsAges
    }
}

extension Driver {
    /// The heap that targets show together.
    ///
    /// - Throws: as ``read(_:)``; also if times are asked of pprof files, or `since` of several sessions.
    package func heap(_ targets: [String], times: TimeChoice = TimeChoice()) throws(Failure) -> Profile {
        try heapAndEvidence(targets, times: times).profile
    }

    /// The same, and the whole heap, which shows what is folded: which function is an allocator does not depend on what was
    /// allocated when.
    ///
    /// - Throws: as ``heap(_:times:)``.
    func heapAndEvidence(
        _ targets: [String], times: TimeChoice
    ) throws(Failure) -> (profile: Profile, evidence: Profile) {
        try heapAndEvidence(try read(targets), times: times)
    }

    /// The same of what has been read.
    func heapAndEvidence(
        _ input: Input, times: TimeChoice = TimeChoice()
    ) throws(Failure) -> (profile: Profile, evidence: Profile) {
        let sessions: [Session]
        switch input {
        case .profile(let profile):
            guard times.since == nil, times.olderThan == nil else {
                throw .use("--since and --older-than need a session file: pprof files do not hold times")
            }
            return (profile, profile)
        case .sessions(let read): sessions = read
        }
        guard times.since == nil || sessions.count == 1 else { throw .use("--since reads one session at a time") }
        let symbolizer = symbolizer(for: sessions)
        func heap(olderThan age: Duration?) -> Profile {
            Profile.heap(
                sessions, symbols: symbolizer, keepProcessesApart: keepsProcessesApart, olderThan: age,
                withAges: times.tellsAges)
        }
        let whole = heap(olderThan: nil)
        if let since = times.since {
            return (Profile.recent(sessions[0], within: .seconds(since.seconds), symbols: symbolizer), whole)
        }
        return (times.olderThan.map { heap(olderThan: .seconds($0.seconds)) } ?? whole, whole)
    }

    /// The profile that has figures of a kind: the heap, its mappings, or the pages of a process; and the whole heap, which
    /// shows what is folded. What was mapped is not folded by that: its stacks do not lead to malloc.
    ///
    /// - Throws: as ``heap(_:times:)`` and ``pages(of:named:kind:symbols:)``.
    func profile(
        _ targets: [String], of kind: String?, times: TimeChoice = TimeChoice()
    ) throws(Failure) -> (profile: Profile, evidence: Profile) {
        if Self.isOfMappings(kind) {
            guard times.since == nil, times.olderThan == nil else {
                throw .use("--since and --older-than do not go together with figures of mappings")
            }
            let mappings = try mappings(targets)
            return (mappings, mappings)
        }
        if kind == Profile.Kind.mappedResident.name {
            let mapped = try mappedResident(targets)
            return (mapped, mapped)
        }
        guard let kind = Self.kindOfPages(kind) else {
            return try heapAndEvidence(targets, times: times)
        }
        guard times.since == nil, times.olderThan == nil else {
            throw .use("--since and --older-than do not go together with figures of pages")
        }
        let input = try read(targets)
        let evidence = try heapAndEvidence(input).evidence
        return (
            try pages(of: input, named: targets[0], kind: kind, symbols: symbolizer(for: [input])), evidence
        )
    }

    /// The heap that targets show together, or how it changed since a base; and whole heaps, which show what is folded.
    ///
    /// - Throws: as ``read(_:)`` and ``change(from:to:symbols:)``.
    func heap(
        _ targets: [String], since base: String?, kind: String? = nil
    ) throws(Failure) -> (profile: Profile, evidence: [Profile]) {
        if Self.isOfMappings(kind) {
            guard let base else { return (try mappings(targets), []) }
            let read = try readEach([[base], targets])
            return (try mappingChange(from: read[0], to: read[1], symbols: symbolizer(for: read)).profile, [])
        }
        guard let base else {
            let heap = try heap(targets)
            return (heap, [heap])
        }
        var read = try readEach([[base], targets])
        let symbols = symbolizer(for: read)
        let diff = try change(from: read.removeFirst(), to: read.removeFirst(), symbols: symbols)
        return (diff.profile, [diff.before, diff.after])
    }

    /// What changed between two snapshots, whose memory is given up on the way.
    ///
    /// - Throws: ``Failure`` if one is of sessions and the other of pprof files, or they have no figure in common.
    func change(
        from base: consuming Input, to after: consuming Input, symbols: any FrameSource
    ) throws(Failure) -> Diff {
        if let old = base.sessions, let new = after.sessions {
            // Nothing else may hold them, so that they can be given up.
            (base, after) = (.sessions([]), .sessions([]))
            return Diff(
                from: consume old, to: consume new, symbols: symbols, keepProcessesApart: keepsProcessesApart)
        }
        switch (base, after) {
        case (.profile(let old), .profile(let new)):
            guard new.kinds.contains(where: old.kinds.contains) else {
                throw .use(
                    "these profiles measure different things and cannot be compared: \(old.kindNames) there, "
                        + "\(new.kindNames) here")
            }
            return Diff(from: old, to: new)
        default:
            throw .use("a session file and a pprof file cannot be compared: export the session file first")
        }
    }

    /// How memory developed over snapshots, whose memory is given up on the way.
    ///
    /// - Throws: ``Failure`` if one is of pprof files, unless these are two whose sampling is known.
    func trend(over snapshots: consuming [Input], symbols: Symbolizer) throws(Failure) -> Trend {
        if snapshots.count == 2, case .profile(let base) = snapshots[0], case .profile(let after) = snapshots[1] {
            for profile in [base, after] {
                guard profile.kinds.contains(.inuseSpace) else {
                    throw .use("these profiles do not tell what is in use: \(profile.kindNames)")
                }
                guard profile.confidence(in: .inuseSpace) != nil else {
                    throw .use(
                        "a profile does not say how sure its figures are, so that growth cannot be told from noise")
                }
            }
            return Trend(from: base, to: after)
        }
        let sessions = snapshots.compactMap(\.sessions)
        guard sessions.count == snapshots.count else {
            throw .use("pprof files do not tell one sample from another: name session files or dumps")
        }
        let levels = (snapshots.count > 2 ? snapshots.sorted { $0.moment < $1.moment } : snapshots).withoutLiving
        // Nothing else may hold them, so that they can be given up.
        snapshots = []
        var trend = Trend(of: consume sessions, symbols: symbols)
        trend.resident = levels.residentGrowth(heap: trend.course.growth, confidence: trend.confidence)
        return trend
    }

    /// All stacks of sessions, also of those that hold nothing any more: what `Trend` and `Diff` leave out shows as well
    /// which functions are allocators.
    func evidence(of snapshots: [Input], symbols: Symbolizer) -> Profile {
        Profile.stacks(of: snapshots.compactMap(\.sessions).flatMap { $0 }, symbols: symbols)
    }
}

extension Profile {
    /// `inuse_objects, inuse_space`
    fileprivate var kindNames: String { kinds.map(\.name).joined(separator: ", ") }
}
