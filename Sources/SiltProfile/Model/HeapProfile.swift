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
    package static func heap(
        _ sessions: [Session], symbols: any FrameSource, keepProcessesApart: Bool = false,
        olderThan: Duration? = nil
    ) -> Profile {
        let (latest, superseded) = latestOfEachProcess(sessions)
        let kinds = olderThan == nil ? Kind.heap : [.inuseObjects, .inuseSpace]
        var builder = ProfileBuilder(kinds: kinds, keepProcessesApart: keepProcessesApart)
        for session in latest {
            let now = session.moment
            let living = session.live.filter { sample in
                olderThan.map { sample.age(at: now) > $0 } ?? true
            }
            var source = builder.source(session)
            builder.addSites(of: &source)
            if olderThan == nil { builder.addAllocated(from: &source) }
            builder.addLiving(living, from: &source)
            builder.addMissing(from: &source)
            builder.addAges(of: living, at: now, from: &source)
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = latest.map(\.header.largestInterval).max() ?? 0
        for unknown in latest.map(UnknownHeap.init) {
            for kind in kinds { profile.unknown[kind, default: .none] += unknown.figure(kind) }
        }
        profile.time = latest.map(\.realtime).max() ?? 0
        profile.duration = latest.map(\.age.inNanoseconds).max() ?? 0
        profile.notes =
            superseded.map {
                "\($0.path) is an earlier dump of process \($0.header.pid), which is counted once, by its latest dump."
            } + notes(on: latest, symbols: symbols)
        return profile
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
    /// Adds what the sites of a session allocated, as kinds 0 and 1.
    ///
    /// - Parameter negated: subtracts it instead.
    mutating func addAllocated(from source: inout Source, negated: Bool = false) {
        for (id, site) in source.session.sites.sorted(by: { $0.key < $1.key }) where site.allocObjects > 0 {
            addAllocated(site.allocObjects, bytes: site.allocBytes, site: id, from: &source, negated: negated)
        }
    }

    /// Adds sampled allocations of one site, as kinds 0 and 1.
    mutating func addAllocated(
        _ samples: UInt64, bytes: UInt64, site: UInt32, from source: inout Source, negated: Bool
    ) {
        let law = source.session.law(of: site)
        let row = row(of: site, in: &source)
        let size = Double(bytes) / Double(samples)
        var objects = law.objects(samples: samples, ofSize: size)
        if let site = source.session.sites[site], site.isCoarse {
            // Many small blocks and a few large ones could have this average.
            let smallest = law.objects(samples: samples, ofSize: min(size, Double(site.smallestSize)))
            objects.added.missing = max(0, smallest.value - objects.value)
        }
        add(objects, negated: negated, kind: 0, row: row)
        add(law.bytes(samples: samples, ofSize: size), negated: negated, kind: 1, row: row)
        countBlocks(samples, bytes: bytes, row: row)
    }

    /// Adds living samples of a session, as the last two kinds.
    mutating func addLiving(
        _ living: some Sequence<LiveSample>, from source: inout Source, negated: Bool = false
    ) {
        for sample in living {
            let law = source.session.law(of: sample.site)
            let row = row(of: sample.site, in: &source)
            let size = Double(sample.size)
            add(law.objects(samples: 1, ofSize: size), negated: negated, kind: kindCount - 2, row: row)
            add(law.bytes(samples: 1, ofSize: size), negated: negated, kind: kindCount - 1, row: row)
            countBlocks(1, bytes: sample.size, row: row)
        }
    }

    /// Adds to the upper limits what sites have not freed and is not among their living samples.
    ///
    /// - Parameter kinds: of the objects and of the bytes; nil: the last two.
    mutating func addMissing(
        from source: inout Source, negated: Bool = false, kinds: (objects: Int?, bytes: Int)? = nil
    ) {
        let kinds = kinds ?? (kindCount - 2, kindCount - 1)
        for (id, missing) in source.session.missing.sorted(by: { $0.key < $1.key }) {
            let (law, size) = (source.session.law(of: id), Double(missing.bytes) / Double(missing.count))
            let row = row(of: id, in: &source)
            if let kind = kinds.objects {
                add(law.objects(samples: missing.count, ofSize: size).asMissing, negated: negated, kind: kind, row: row)
            }
            add(
                law.bytes(samples: missing.count, ofSize: size).asMissing, negated: negated, kind: kinds.bytes, row: row
            )
        }
    }

    /// Notes how old living samples are at a moment of the monotonic clock.
    mutating func addAges(of living: [LiveSample], at now: UInt64, from source: inout Source) {
        for sample in living {
            let law = source.session.law(of: sample.site)
            let weight = law.bytes(samples: 1, ofSize: Double(sample.size)).value
            addAge(Ages.Entry(age: sample.age(at: now), weight: weight), row: row(of: sample.site, in: &source))
        }
    }
}
