// SPDX-License-Identifier: Apache-2.0
//
// What a session does not tell of its heap: samples that were dropped, records that are damaged. How much that can be
// at most, and whose it may be. A figure is never made better here, only less sure.

package import SiltFile

/// How far a figure may be from what was recorded, beyond the error of sampling; infinite where nobody can say.
package struct Unknown: Hashable, Sendable {
    /// It may be more by so much.
    package var above: Double
    /// It may be less by so much: of a difference, or where what was recorded may have been freed.
    package var below: Double

    package static let none = Unknown(above: 0, below: 0)

    package init(above: Double, below: Double = 0) {
        self.above = above
        self.below = below
    }

    /// The same of the negated figure.
    var reversed: Unknown { Unknown(above: below, below: above) }

    static func += (a: inout Unknown, b: Unknown) { a = a + b }

    static func + (a: Unknown, b: Unknown) -> Unknown { Unknown(above: a.above + b.above, below: a.below + b.below) }
}

extension Profile {
    /// What the sum of a kind may have beyond what was recorded, be it known or not whose it is.
    ///
    /// - Precondition: the profile has this kind.
    package func unknownInAll(kind: Kind) -> Unknown {
        let total = total(kind: kind)
        return (unknown[kind] ?? .none)
            + Unknown(above: total.added.missing, below: total.removed?.missing ?? 0)
    }
}

/// What one session does not tell, as upper limits at 95 %. It may belong to any stack.
struct UnknownHeap {
    /// Samples that nothing is known of but their bytes.
    private var dropped: SampleCount
    /// What the records of sites and of the living cannot tell, by kind.
    private var unread: [Profile.Kind: Double]
    /// Frees that went past the shim and were noticed.
    private let missedFrees: SampleCount
    /// Whether any of what seems to be in use may have been freed.
    private let missesFrees: Bool
    private let law: SamplingLaw

    init(_ session: Session) {
        law = SamplingLaw(interval: session.header.largestInterval)
        (missedFrees, missesFrees) = (session.missedFrees, session.missesFrees)
        dropped = SampleCount(count: 0, bytes: 0)
        for loss in session.losses where loss.reason.isSample {
            dropped.count = dropped.count.addingSaturated(loss.count)
            dropped.bytes = dropped.bytes.addingSaturated(loss.bytes)
        }
        let reach = Reach(session)
        unread = [:]
        var homeless: [Profile.Kind: Estimate] = [:]
        // Only of a file that is not whole can anything be without a stack: no need to look at each sample otherwise.
        if session.torn.total > 0 || !session.damage.isEmpty {
            for (id, site) in session.sites where session.stacks[site.stack] == nil && site.allocObjects > 0 {
                let (law, size) = (session.law(of: id), Double(site.allocBytes) / Double(site.allocObjects))
                homeless[.allocObjects, default: .zero] += law.objects(samples: site.allocObjects, ofSize: size)
                homeless[.allocSpace, default: .zero] += law.bytes(samples: site.allocObjects, ofSize: size)
            }
            for sample in session.live where session.sites[sample.site].flatMap({ session.stacks[$0.stack] }) == nil {
                let law = session.law(of: sample.site)
                homeless[.inuseObjects, default: .zero] += law.objects(samples: 1, ofSize: Double(sample.size))
                homeless[.inuseSpace, default: .zero] += law.bytes(samples: 1, ofSize: Double(sample.size))
            }
        }
        for kind in Profile.Kind.heap {
            let isKnown = kind.isAllocated ? reach.knowsAllocated : reach.knowsInUse
            unread[kind] =
                isKnown && session.ownAllocator.isEmpty
                ? homeless[kind].map { law.upperLimit(of: $0, kind: kind) } ?? 0 : .infinity
        }
    }

    /// What the figure of one moment may have beyond what was recorded.
    func figure(_ kind: Profile.Kind) -> Unknown {
        Unknown(
            above: limit(of: dropped, kind: kind) + unread[kind, default: 0],
            below: missesFrees && !kind.isAllocated ? .infinity : 0)
    }

    /// What the change since an earlier moment of the same process may have: what was dropped before may be gone, what was
    /// dropped since may be there.
    func change(_ kind: Profile.Kind, since earlier: UnknownHeap) -> Unknown {
        let before = earlier.unread[kind, default: 0]
        let above = limit(of: dropped - earlier.dropped, kind: kind) + unread[kind, default: 0]
        // What was allocated stays so.
        if kind.isAllocated { return Unknown(above: above, below: before) }
        let below = before + limit(of: earlier.dropped, kind: kind)
        guard missesFrees || earlier.missesFrees else { return Unknown(above: above, below: below) }
        // What was noticed since as freed may have been free at the earlier moment, and shows as shrinkage.
        return Unknown(above: above + limit(of: missedFrees - earlier.missedFrees, kind: kind), below: .infinity)
    }

    private func limit(of samples: SampleCount, kind: Profile.Kind) -> Double {
        guard samples.count > 0 else { return 0 }
        let size = Double(samples.bytes) / Double(samples.count)
        let estimate =
            kind.unit == "count"
            ? law.objects(samples: samples.count, ofSize: size) : law.bytes(samples: samples.count, ofSize: size)
        return law.upperLimit(of: estimate, kind: kind)
    }
}

extension SampleCount {
    /// What a counter has counted since it was `earlier`.
    fileprivate static func - (later: SampleCount, earlier: SampleCount) -> SampleCount {
        SampleCount(
            count: later.count.subtractingSaturated(earlier.count),
            bytes: later.bytes.subtractingSaturated(earlier.bytes))
    }
}

/// Which of a session's records can be counted on.
private struct Reach {
    /// The counters of the sites are those that were written.
    var knowsAllocated: Bool
    /// What is alive is told by the living samples, or, where some of those are missing, by the counters of the sites.
    var knowsInUse: Bool
    /// Whether to ask those counters.
    var missesLiving: Bool

    init(_ session: Session) {
        let damaged = Set(session.damage.map(\.region))
        let isHeaderDamaged = damaged.contains(nil)
        knowsAllocated = !isHeaderDamaged && !damaged.contains(.sites) && session.torn.sites == 0
        let lost = session.losses.contains { $0.reason == .liveFull || $0.reason == .tableRace }
        // Only checksums can say that nothing of a dump was overwritten with zeros.
        let isUnproven = session.header.kind == .dump && !session.header.hasChecksums
        missesLiving = session.torn.live > 0 || damaged.contains(.live) || lost || isUnproven
        let isLivingDamaged = session.torn.live > 0 || damaged.contains(.live)
        knowsInUse = !isHeaderDamaged && (knowsAllocated || !isLivingDamaged)
    }
}

extension Session {
    /// The law by which the samples of a site were drawn; of a site that cannot be read, that of the largest interval.
    package func law(of site: UInt32) -> SamplingLaw {
        SamplingLaw(interval: sites[site]?.interval ?? header.largestInterval)
    }

    /// Gives up the living samples, which take most of the memory of a large session, when they have been added up. Nobody can
    /// ask any more what was alive; all else that is told of the session stays the same. Where they tell what is missing, or
    /// are all that there is, they are kept.
    package mutating func forgetLiving() {
        guard !sites.isEmpty, torn.total == 0, damage.isEmpty, !Reach(self).missesLiving else { return }
        live = LiveSamples()
        pages = nil
    }

    /// Samples by site that were allocated and not freed, and are not among the living: there was no room for them, or
    /// the record is damaged. Empty if all is well.
    var missing: [UInt32: SampleCount] {
        guard Reach(self).missesLiving else { return [:] }
        let living = Dictionary(
            uniqueKeysWithValues: LivingSums(of: self).bySite.map {
                ($0.site, SampleCount(count: $0.allocations.samples, bytes: $0.allocations.bytes))
            })
        return sites.reduce(into: [:]) { missing, entry in
            let (id, site) = entry
            let there = living[id] ?? SampleCount(count: 0, bytes: 0)
            let objects = site.allocObjects.subtractingSaturated(site.freeObjects).subtractingSaturated(there.count)
            let bytes = site.allocBytes.subtractingSaturated(site.freeBytes).subtractingSaturated(there.bytes)
            if objects > 0 { missing[id] = SampleCount(count: objects, bytes: bytes) }
        }
    }
}

extension Loss.Reason {
    /// Whether samples were dropped of which nothing else is known.
    fileprivate var isSample: Bool {
        switch self {
        case .stacksFull, .sitesFull, .nested, .noSession: true
        case .liveFull, .modulesFull, .depth, .unwind, .bounds, .dump, .tableRace, .threads, .framesFull, .mappings,
            .mappingStacks:
            false
        }
    }
}

extension Profile.Kind {
    /// Whether it counts what was ever allocated, not what is alive.
    var isAllocated: Bool { self == .allocObjects || self == .allocSpace }
}

extension SamplingLaw {
    fileprivate func upperLimit(of estimate: Estimate, kind: Profile.Kind) -> Double {
        Confidence(law: self, unit: kind.unit == "count" ? .objects : .bytes).interval(of: estimate).upper
    }
}
