// SPDX-License-Identifier: Apache-2.0
//
// What changed between two moments: a profile of signed figures. Within one process it matches the samples, so that
// what stayed cancels; between processes it subtracts. Whether a change is more than noise is Significance's question.

package import SiltFile
package import SiltSymbols

/// The difference of two snapshots.
package struct Diff: Sendable {
    /// How the two were compared.
    package enum Relation: Hashable, Sendable {
        /// Samples matched by address and time of allocation: only what came or went is uncertain.
        case sameProcess
        /// Nothing in common: the uncertainties of both add up.
        case independent
        /// Several processes, some matched, some not.
        case mixed
    }

    /// Signed figures, after minus base; stacks where nothing changed are left out. Its duration is ``elapsed``.
    package var profile: Profile
    package var relation: Relation
    /// Time between the two, for rates; nil if it is not known or not positive.
    package var elapsed: Duration?

    /// A figure of the diff per second; nil if the time between is not known.
    package func perSecond(_ estimate: Estimate) -> Estimate? {
        elapsed.map { estimate.scaled(by: 1 / $0.inSeconds) }
    }

    /// The change from one snapshot to another.
    package init(from base: Session, to after: Session, symbols: any FrameSource) {
        self.init(from: [base], to: [after], symbols: symbols)
    }

    /// The change of a group of processes, such as those of a prefork server.
    ///
    /// A process that is in both is compared with itself; one that is in one only has come or gone whole.
    ///
    /// - Parameters:
    ///   - base: at most one snapshot of each process.
    ///   - after: at most one snapshot of each process.
    package init(
        from base: [Session], to after: [Session], symbols: any FrameSource, keepProcessesApart: Bool = false
    ) {
        let earlier = Dictionary(base.map { ($0.identity, $0) }) { first, _ in first }
        let matched = Set(after.map(\.identity)).intersection(earlier.keys)
        relation =
            matched.isEmpty
            ? .independent : matched.count == earlier.count && matched.count == after.count ? .sameProcess : .mixed
        // Within a process, sites only ever count up.
        var builder = ProfileBuilder(
            kinds: Profile.Kind.heap,
            differences: relation == .sameProcess ? [.inuseObjects, .inuseSpace] : Set(Profile.Kind.heap),
            keepProcessesApart: keepProcessesApart)
        for session in base where !matched.contains(session.identity) {
            var source = builder.source(session)
            builder.addSites(of: &source)
            builder.addAllocated(from: &source, negated: true)
            builder.addLiving(session.live, from: &source, negated: true)
            builder.addMissing(from: &source, negated: true)
        }
        for session in after {
            var source = builder.source(session)
            builder.addSites(of: &source)
            if let before = earlier[session.identity] {
                var beforeSource = builder.source(before)
                builder.addChange(from: &beforeSource, to: &source)
            } else {
                builder.addAllocated(from: &source)
                builder.addLiving(session.live, from: &source)
            }
            builder.addMissing(from: &source)
        }
        profile = builder.profile(symbols: symbols)
        profile.interval = (base + after).map(\.header.largestInterval).max() ?? 0
        profile.unknown = Self.unknown(from: base, to: after)
        profile.time = after.map(\.realtime).max() ?? 0
        elapsed = Self.elapsed(base, after, matched: matched)
        profile.duration = elapsed?.inNanoseconds ?? 0
        profile.notes =
            Self.notes(base, after) + Profile.notesOnDamage(of: base) + Profile.notes(on: after, symbols: symbols)
    }

    /// The difference of any two profiles, such as two pprof files of another tool.
    ///
    /// Figures of kinds that only one of the two has are left out.
    package init(from base: Profile, to after: Profile) {
        let kinds = after.kinds.filter(base.kinds.contains)
        var merger = ProfileMerger(kinds: kinds, isDifference: true)
        merger.add(base, negated: true)
        merger.add(after)
        profile = merger.profile()
        profile.interval = max(base.interval, after.interval)
        profile.time = after.time
        relation = .independent
        elapsed = SiltProfile.elapsed(from: base.time, to: after.time)
        if base.time == 0 || elapsed == .zero { elapsed = nil }
        profile.duration = elapsed?.inNanoseconds ?? 0
        profile.notes = base.notes + after.notes.filter { !base.notes.contains($0) }
        let lost = Set(base.kinds).symmetricDifference(after.kinds).map(\.name).sorted()
        if !lost.isEmpty {
            profile.notes.append("only one of the two profiles has \(lost.joined(separator: ", ")): left out.")
        }
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
        // The monotonic clock is the better one, and means the same in both only on one boot of one machine.
        let sameClock = Set((base + after).map(\.header.bootID)).count == 1
        let start = base.map { sameClock ? $0.moment : $0.realtime }.max() ?? 0
        let end = after.map { sameClock ? $0.moment : $0.realtime }.max() ?? 0
        let elapsed = SiltProfile.elapsed(from: start, to: end)
        return elapsed > .zero ? elapsed : nil
    }

    private static func notes(_ base: [Session], _ after: [Session]) -> [String] {
        var notes: [String] = []
        let earlier = Dictionary(base.map { ($0.identity, $0.moment) }) { first, _ in first }
        for session in after where earlier[session.identity].map({ $0 > session.moment }) == true {
            notes.append("\(session.path) was made before the snapshot it is compared with: growth shows as shrinkage.")
        }
        let programs = Set((base + after).map(\.header.exe)).sorted()
        if programs.count > 1 {
            notes.append("the snapshots are of different executables: \(programs.joined(separator: ", ")).")
        }
        return notes
    }
}

extension ProfileBuilder {
    /// Adds what changed between two snapshots of one process.
    fileprivate mutating func addChange(from before: inout Source, to after: inout Source) {
        let (old, new) = (before.session, after.session)
        for (id, site) in new.sites.sorted(by: { $0.key < $1.key }) {
            let known = old.sites[id]
            let objects = Int64(clamping: site.allocObjects) - Int64(clamping: known?.allocObjects ?? 0)
            let bytes = Int64(clamping: site.allocBytes) - Int64(clamping: known?.allocBytes ?? 0)
            guard objects != 0 else { continue }
            addAllocated(
                objects.magnitude, bytes: bytes.magnitude, site: id, from: &after, negated: objects < 0)
        }
        let oldLive = Set(old.live.map(Birth.init))
        let newLive = Set(new.live.map(Birth.init))
        addLiving(old.live.filter { !newLive.contains(Birth($0)) }, from: &before, negated: true)
        addMissing(from: &before, negated: true)
        addLiving(new.live.filter { !oldLive.contains(Birth($0)) }, from: &after)
    }
}

/// What identifies an allocation within a process.
struct Birth: Hashable {
    var address: UInt64
    var time: UInt64

    init(_ sample: LiveSample) {
        address = sample.address
        time = sample.time
    }
}
