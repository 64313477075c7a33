// SPDX-License-Identifier: Apache-2.0
//
// What happened lately, as far back as the ring reaches. It says how far that is; it never fills in what was
// overwritten.

package import SiltFile
package import SiltSymbols

extension Profile.Kind {
    /// Objects freed within the time the profile covers.
    package static let freedObjects = Profile.Kind(name: "freed_objects", unit: "count")
    /// Bytes freed within the time the profile covers.
    package static let freedSpace = Profile.Kind(name: "freed_space", unit: "bytes")
}

/// What was allocated and freed in the last moments of a session, and by whom.
///
/// Frees stand with the stack that had allocated the memory.
package struct Recent: Sendable {
    /// Kinds: allocated objects and bytes, freed objects and bytes. Its duration is what it covers.
    package var profile: Profile
    /// How far back the ring reaches: to its oldest event, or to the start of the session if nothing is overwritten.
    package var reach: Duration
    /// What the profile covers: the time asked for, or ``reach`` where that is less.
    package var covered: Duration

    /// A figure of the profile per second; zero if no time is covered.
    package func perSecond(_ estimate: Estimate) -> Estimate {
        let seconds = covered.inSeconds
        return seconds > 0 ? estimate.scaled(by: 1 / seconds) : .zero
    }
}

extension Profile {
    /// What the ring of a session remembers of its last moments.
    ///
    /// - Parameter duration: how far to look back from the moment the session shows.
    package static func recent(
        _ session: Session, within duration: Duration, symbols: any FrameSource
    ) -> Recent {
        let now = session.moment
        let oldest =
            session.eventsOverwritten > 0
            ? session.events.lazy.map(\.time).min() ?? now : session.header.startMonotonic
        let reach = elapsed(from: oldest, to: now)
        let covered = min(duration, reach)
        var builder = ProfileBuilder(kinds: [.allocObjects, .allocSpace, .freedObjects, .freedSpace])
        var source = builder.source(session)
        builder.addSites(of: &source)
        for event in session.events where elapsed(from: event.time, to: now) <= covered {
            let law = session.law(of: event.site)
            let row = builder.row(of: event.site, in: &source)
            let kind = event.operation == .alloc ? 0 : 2
            builder.add(law.objects(samples: 1, ofSize: Double(event.size)), kind: kind, row: row)
            builder.add(law.bytes(samples: 1, ofSize: Double(event.size)), kind: kind + 1, row: row)
            builder.countBlocks(1, bytes: event.size, row: row)
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = session.header.largestInterval
        let unknown = UnknownHeap(session)
        let isRingDamaged = session.damage.contains { $0.region == .ring || $0.region == nil }
        for (kind, origin) in zip(profile.kinds, [Kind.allocObjects, .allocSpace, .allocObjects, .allocSpace]) {
            profile.unknown[kind] = isRingDamaged ? Unknown(above: .infinity) : unknown.figure(origin)
        }
        profile.time = session.realtime
        profile.duration = covered.inNanoseconds
        profile.notes = notes(on: [session], symbols: symbols)
        return Recent(profile: profile, reach: reach, covered: covered)
    }
}
