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

extension Profile {
    /// What the ring of a session remembers of its last moments: what was allocated and freed, and by whom.
    ///
    /// Frees stand with the stack that had allocated the memory. The profile's duration is what it covers: the time
    /// asked for, or as far as the ring reaches back where that is less. The first note tells how far that is: to the
    /// oldest event, or to the start of the session if nothing is overwritten.
    ///
    /// - Parameter duration: how far to look back from the moment the session shows.
    package static func recent(
        _ session: Session, within duration: Duration, symbols: any FrameSource
    ) -> Profile {
        let now = session.moment
        let oldest =
            session.eventsOverwritten > 0
            ? session.events.lazy.map(\.time).min() ?? now : session.header.startMonotonic
        let reach = elapsed(from: oldest, to: now)
        let covered = min(duration, reach)
        var builder = ProfileBuilder(kinds: [.allocObjects, .allocSpace, .freedObjects, .freedSpace])
        let allocated = builder.pair(.allocObjects, .allocSpace)
        let freed = builder.pair(.freedObjects, .freedSpace)
        var source = builder.source(session)
        builder.addSites(of: &source)
        for event in session.events where elapsed(from: event.time, to: now) <= covered {
            let law = session.law(of: event.site)
            let row = builder.row(of: event.site, in: &source)
            let pair = event.operation == .alloc ? allocated : freed
            builder.count(.init(bytes: event.size, by: law), in: pair, row: row)
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
        profile.isChange = true
        profile.notes =
            [.ring(reach: reach, isShort: covered < duration)] + Note.onHeap(of: [session], symbols: symbols)
        return profile
    }
}
