// SPDX-License-Identifier: Apache-2.0
//
// Sessions become a heap profile: who holds memory, and who allocated it. In-use comes from the living samples,
// allocated from the counters of the sites.

package import SiltFile
package import SiltSymbols

extension Profile {
    /// The heap of one or several processes.
    ///
    /// In-use figures are exact sums over the living samples, each made unbiased by itself. Allocated figures let the
    /// average size of a site stand for each of its allocations; at interval 1 both are exact.
    ///
    /// - Parameters:
    ///   - sessions: of different processes; of several dumps of one process only the latest counts, and a note says so.
    ///   - symbols: names the addresses.
    ///   - keepProcessesApart: one sample for each process, else processes of one executable are one.
    ///   - olderThan: only what has been alive for longer; allocated figures, which have no age, are then left out.
    ///   - withAges: the profile knows how old what is alive is, which takes 16 bytes for each living sample.
    package static func heap(
        _ sessions: [Session], symbols: any FrameSource, keepProcessesApart: Bool = false,
        olderThan: Duration? = nil, withAges: Bool = false
    ) -> Profile {
        let (latest, superseded) = latestOfEachProcess(sessions)
        let kinds = olderThan == nil ? Kind.heap : [.inuseObjects, .inuseSpace]
        var builder = ProfileBuilder(kinds: kinds, keepProcessesApart: keepProcessesApart)
        for session in latest {
            let now = session.moment
            func isMeant(_ sample: LiveSample) -> Bool { olderThan.map { sample.age(at: now) > $0 } ?? true }
            var living = LivingSums(in: session)
            for sample in session.live where isMeant(sample) { living.add(sample) }
            var source = builder.source(session)
            builder.addSites(of: &source)
            if olderThan == nil { builder.addAllocated(from: &source) }
            builder.addLiving(living, from: &source)
            builder.addMissing(from: &source)
            if withAges { builder.addAges(of: session.live.lazy.filter(isMeant), at: now, from: &source) }
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = latest.map(\.header.largestInterval).max() ?? 0
        for unknown in latest.map(UnknownHeap.init) {
            for kind in kinds { profile.unknown[kind, default: .none] += unknown.figure(kind) }
        }
        profile.time = latest.map(\.realtime).max() ?? 0
        profile.duration = latest.map(\.age.inNanoseconds).max() ?? 0
        profile.notes =
            superseded.map { .superseded(path: $0.path, pid: $0.header.pid) }
            + Note.onHeap(of: latest, symbols: symbols)
        return profile
    }

    /// All stacks of one or several processes with what they allocated, also of those that hold nothing any more. What is alive is
    /// not looked at.
    package static func stacks(of sessions: [Session], symbols: any FrameSource) -> Profile {
        var builder = ProfileBuilder(kinds: [.allocObjects, .allocSpace])
        for session in latestOfEachProcess(sessions).latest {
            var source = builder.source(session)
            builder.addSites(of: &source)
            builder.addAllocated(from: &source)
        }
        return builder.profile(symbols: symbols)
    }

    /// The latest session of each process in the order given, and the others.
    static func latestOfEachProcess(_ sessions: [Session]) -> (latest: [Session], superseded: [Session]) {
        var winners: [Session.Identity: (index: Int, moment: UInt64)] = [:]
        for (index, session) in sessions.enumerated() {
            let moment = session.moment
            if let winner = winners[session.identity], winner.moment >= moment { continue }
            winners[session.identity] = (index, moment)
        }
        let latest = Set(winners.values.map(\.index))
        return (
            sessions.indices.filter(latest.contains).map { sessions[$0] },
            sessions.indices.filter { !latest.contains($0) }.map { sessions[$0] }
        )
    }
}

extension ProfileBuilder {
    /// Adds what the sites of a session allocated, or subtracts it.
    mutating func addAllocated(from source: inout Source, negated: Bool = false, part: Int = 0) {
        let pair = pair(.allocObjects, .allocSpace, part: part)
        for (id, site) in source.session.sites.sorted(by: { $0.key < $1.key }) where site.allocObjects > 0 {
            let row = row(of: id, in: &source)
            let allocations = allocations(site.allocObjects, bytes: site.allocBytes, of: id, in: source.session)
            count(allocations, negated: negated, in: pair, row: row)
        }
    }

    /// Sampled allocations of one site.
    ///
    /// Of a coarse site nothing but the average size is known: many small blocks and a few large ones could have it, so
    /// that more objects may be there.
    func allocations(_ samples: UInt64, bytes: UInt64, of id: UInt32, in session: Session) -> Allocations {
        let law = session.law(of: id)
        var allocations = Allocations(samples, bytes: bytes, by: law)
        if let site = session.sites[id], site.isCoarse {
            let size = min(Double(bytes) / Double(samples), Double(site.smallestSize))
            let smallest = law.objects(samples: samples, ofSize: size)
            allocations.objects.added.missing = max(0, smallest.value - allocations.objects.value)
        }
        return allocations
    }

    /// Adds samples of a session that are alive, or subtracts them.
    mutating func addLiving(
        _ living: LivingSums, from source: inout Source, negated: Bool = false, part: Int = 0
    ) {
        let pair = pair(.inuseObjects, .inuseSpace, part: part)
        for (site, allocations) in living.bySite {
            count(allocations, negated: negated, in: pair, row: row(of: site, in: &source))
        }
    }

    /// Adds to the upper limits what sites have not freed and is not among their living samples.
    mutating func addMissing(from source: inout Source, negated: Bool = false, part: Int = 0) {
        let pair = pair(.inuseObjects, .inuseSpace, part: part)
        addMissing(from: &source, negated: negated, objects: pair.objects, bytes: pair.bytes)
    }

    /// The same in any columns.
    mutating func addMissing(
        from source: inout Source, negated: Bool, objects: Profile.Column?, bytes: Profile.Column
    ) {
        for (id, missing) in source.session.missing.sorted(by: { $0.key < $1.key }) {
            let row = row(of: id, in: &source)
            let allocations = Allocations(missing.count, bytes: missing.bytes, by: source.session.law(of: id))
            if let objects { add(allocations.objects.asMissing, negated: negated, in: objects, row: row) }
            add(allocations.space.asMissing, negated: negated, in: bytes, row: row)
        }
    }

    /// Notes how old living samples are at a moment of the monotonic clock.
    mutating func addAges(of living: some Sequence<LiveSample>, at now: UInt64, from source: inout Source) {
        for sample in living {
            let law = source.session.law(of: sample.site)
            let weight = law.bytes(samples: 1, ofSize: Double(sample.size)).value
            addAge(Ages.Entry(age: sample.age(at: now), weight: weight), row: row(of: sample.site, in: &source))
        }
    }
}
