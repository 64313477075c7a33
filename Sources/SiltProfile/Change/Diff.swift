// SPDX-License-Identifier: Apache-2.0
//
// What changed between two moments: a profile of signed figures, with those of either moment. Within one process it
// matches the samples, so that what stayed cancels; between processes it subtracts. It reads each session once. Whether
// a change is more than noise is decided in Significance.

package import SiltFile
package import SiltSymbols

/// The difference of two snapshots.
package struct Diff: Sendable {
    /// How the two were compared.
    package enum Relation: Hashable, Sendable {
        /// Samples matched by address and time of allocation: only what came or went is uncertain.
        case sameProcess
        /// No process in common: the uncertainties of both add up.
        case independent
        /// Several processes, some matched, some not.
        case mixed
    }

    /// Signed figures, after minus base; stacks where nothing changed are left out. Its duration is ``elapsed``.
    package var profile: Profile
    /// The heap at the base and after; what they share with ``profile`` is stored once.
    package var before: Profile
    package var after: Profile
    package var relation: Relation
    /// Time between the two, for rates; nil if it is not known or not positive, or no process is in both: what differs between
    /// two processes has not come in the time between their snapshots; or nobody knows when the later one was.
    package var elapsed: Duration?

    /// The change from one snapshot to another.
    package init(from base: Session, to after: Session, symbols: any FrameSource) {
        self.init(from: [base], to: [after], symbols: symbols)
    }

    /// The change of a group of processes, such as those of a prefork server.
    ///
    /// A process that is in both is compared with itself; of one that is in one only, everything has come or gone.
    ///
    /// - Parameters:
    ///   - base: at most one snapshot of each process. What was alive is given up as soon as it is added up.
    ///   - after: at most one snapshot of each process, likewise.
    package init(
        from base: consuming [Session], to after: consuming [Session], symbols: any FrameSource,
        keepProcessesApart: Bool = false
    ) {
        var (base, after) = (base, after)
        let earlier = Dictionary(zip(base.map(\.identity), base.indices)) { first, _ in first }
        let matched = Set(after.map(\.identity)).intersection(earlier.keys)
        relation =
            matched.isEmpty
            ? .independent : matched.count == earlier.count && matched.count == after.count ? .sameProcess : .mixed
        let gone = base.map { matched.contains($0.identity) ? nil : LivingSums(of: $0) }
        let turnovers = after.map { session in
            earlier[session.identity].map { Turnover(from: base[$0], to: session) } ?? Turnover(allOf: session)
        }
        for index in base.indices { base[index].forgetLiving() }
        for index in after.indices { after[index].forgetLiving() }
        // The counters of a site only grow within a process, so what was allocated cannot fall.
        let differences = relation == .sameProcess ? [.inuseObjects, .inuseSpace] : Set(Profile.Kind.heap)
        let heap = ProfileBuilder.Part(kinds: Profile.Kind.heap)
        let change = ProfileBuilder.Part(kinds: Profile.Kind.heap, differences: differences)
        var builder = ProfileBuilder(parts: [heap, heap, change], keepProcessesApart: keepProcessesApart)
        for (session, living) in zip(base, gone) {
            if let living { builder.addWhole(session, living, to: .before) }
        }
        for (session, turnover) in zip(after, turnovers) {
            if let before = earlier[session.identity] {
                builder.addChange(turnover, from: base[before], to: session)
            } else {
                builder.addWhole(session, turnover.after, to: .after)
            }
        }
        let profiles = builder.profiles(symbols: symbols)
        before = profiles[Moment.before.part]
        self.after = profiles[Moment.after.part]
        profile = profiles[Moment.changePart]
        before.unknown = Self.unknown(of: base)
        self.after.unknown = Self.unknown(of: after)
        profile.unknown = Self.unknown(from: base, to: after)
        profile.interval = (base + after).map(\.header.largestInterval).max() ?? 0
        profile.time = after.map(\.realtime).max() ?? 0
        elapsed = Self.elapsed(base, after, matched: matched)
        profile.duration = elapsed?.inNanoseconds ?? 0
        profile.isChange = true
        profile.notes =
            Self.notes(base, after) + Note.onDamage(of: base)
            + Note.onHeap(of: after, after: base, symbols: symbols)
    }

    /// The difference of any two profiles, such as two pprof files of another tool.
    ///
    /// Figures of kinds that only one of the two has are left out.
    ///
    /// - Parameter isOfSameProcess: whether a process may be in both; else there is no rate, see ``elapsed``.
    package init(from base: Profile, to after: Profile, isOfSameProcess: Bool = true) {
        let kinds = after.kinds.filter(base.kinds.contains)
        var merger = ProfileMerger(kinds: kinds, isDifference: true)
        merger.add(base, negated: true)
        merger.add(after)
        profile = merger.profile()
        before = base
        self.after = after
        profile.interval = max(base.interval, after.interval)
        profile.time = after.time
        relation = .independent
        elapsed = SiltProfile.elapsed(from: base.time, to: after.time)
        if base.time == 0 || elapsed == .zero || !isOfSameProcess { elapsed = nil }
        profile.duration = elapsed?.inNanoseconds ?? 0
        profile.isChange = true
        profile.notes = base.notes + after.notes.filter { !base.notes.contains($0) }
        let lost = Set(base.kinds).symmetricDifference(after.kinds).map(\.name).sorted()
        if !lost.isEmpty {
            profile.notes.append(.kindsLeftOut(lost))
        }
    }

    /// What nobody can say of a moment, by kind.
    private static func unknown(of sessions: [Session]) -> [Profile.Kind: Unknown] {
        let unknown = sessions.map(UnknownHeap.init)
        return Dictionary(
            uniqueKeysWithValues: Profile.Kind.heap.map { kind in
                (kind, unknown.map { $0.figure(kind) }.reduce(.none, +))
            })
    }

    /// What nobody can say of the change, by kind.
    static func unknown(from base: [Session], to after: [Session]) -> [Profile.Kind: Unknown] {
        let earlier = Dictionary(base.map { ($0.identity, UnknownHeap($0)) }) { first, _ in first }
        let matched = Set(after.map(\.identity)).intersection(earlier.keys)
        var result: [Profile.Kind: Unknown] = [:]
        let later = after.map { (identity: $0.identity, unknown: UnknownHeap($0)) }
        for kind in Profile.Kind.heap {
            var sum = Unknown.none
            for (identity, unknown) in later {
                sum += earlier[identity].map { unknown.change(kind, since: $0) } ?? unknown.figure(kind)
            }
            for (identity, unknown) in earlier where !matched.contains(identity) {
                sum += unknown.figure(kind).reversed
            }
            result[kind] = sum
        }
        return result
    }

    private static func elapsed(_ base: [Session], _ after: [Session], matched: Set<Session.Identity>) -> Duration? {
        guard !matched.isEmpty, after.allSatisfy(\.knowsItsMoment) else { return nil }
        // Nobody sets the monotonic clock, but its readings compare only within one boot of one machine.
        let sameClock = Set((base + after).map(\.header.bootID)).count == 1
        let start = base.map { sameClock ? $0.moment : $0.realtime }.max() ?? 0
        let end = after.map { sameClock ? $0.moment : $0.realtime }.max() ?? 0
        let elapsed = SiltProfile.elapsed(from: start, to: end)
        return elapsed > .zero ? elapsed : nil
    }

    private static func notes(_ base: [Session], _ after: [Session]) -> [Note] {
        var notes: [Note] = []
        let earlier = Dictionary(base.map { ($0.identity, $0.moment) }) { first, _ in first }
        for session in after where earlier[session.identity].map({ $0 > session.moment }) == true {
            notes.append(.wrongOrder(path: session.path))
        }
        let programs = Set((base + after).map(\.header.exe)).sorted()
        if programs.count > 1 { notes.append(.differentExecutables(programs)) }
        return notes
    }
}

/// The parts that a diff is built from; the change comes last.
private enum Moment {
    case before, after

    var part: Int { self == .before ? 0 : 1 }
    static let changePart = 2
}

extension ProfileBuilder {
    /// Adds a session that nothing is known of at the other moment: all of it has gone, or has come.
    fileprivate mutating func addWhole(_ session: Session, _ living: LivingSums, to moment: Moment) {
        var source = source(session)
        addSites(of: &source)
        for (part, negated) in [(moment.part, false), (Moment.changePart, moment == .before)] {
            addAllocated(from: &source, negated: negated, part: part)
            addLiving(living, from: &source, negated: negated, part: part)
            addMissing(from: &source, negated: negated, part: part)
        }
    }

    /// Adds two snapshots of one process, and what changed between them.
    fileprivate mutating func addChange(_ turnover: Turnover, from old: Session, to new: Session) {
        var after = source(new)
        addSites(of: &after)
        var before = source(old, sharing: after)
        addAllocated(from: &before, part: Moment.before.part)
        addAllocated(from: &after, part: Moment.after.part)
        let allocated = pair(.allocObjects, .allocSpace, part: Moment.changePart)
        for (id, site) in new.sites.sorted(by: { $0.key < $1.key }) {
            let known = old.sites[id]
            let objects = Int64(clamping: site.allocObjects) - Int64(clamping: known?.allocObjects ?? 0)
            let bytes = Int64(clamping: site.allocBytes) - Int64(clamping: known?.allocBytes ?? 0)
            guard objects != 0 else { continue }
            let change = allocations(objects.magnitude, bytes: bytes.magnitude, of: id, in: new)
            count(change, negated: objects < 0, in: allocated, row: row(of: id, in: &after))
        }
        addLiving(turnover.before, from: &before, part: Moment.before.part)
        addLiving(turnover.gone, from: &before, negated: true, part: Moment.changePart)
        addLiving(turnover.after, from: &after, part: Moment.after.part)
        addLiving(turnover.come, from: &after, part: Moment.changePart)
        for (part, negated) in [(Moment.before.part, false), (Moment.changePart, true)] {
            addMissing(from: &before, negated: negated, part: part)
        }
        for part in [Moment.after.part, Moment.changePart] { addMissing(from: &after, part: part) }
    }
}
