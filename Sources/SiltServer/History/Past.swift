// SPDX-License-Identifier: Apache-2.0
//
// A heap of the past, and what has changed since then: "now against three hours ago" for a process of which nobody took a
// base in time.

#if Serve
    import SiltFile
    import SiltHost
    import SiltProfile

    /// Profiles that need the history.
    struct Past: Sendable {
        let workshop: Workshop
        let history: History?

        /// A heap, or how it changed; and whole heaps, which show what reports fold.
        struct Answer: Sendable {
            var profile: Profile
            var evidence: [Profile]
        }

        /// - Parameters:
        ///   - moment: what is shown; nil: now.
        ///   - base: what it is compared with; nil: with nothing.
        /// - Throws: ``NoPast`` if the history does not reach back so far, ``FileError`` if a file cannot be read.
        func profile(of target: Target, at moment: PastMoment?, base: PastMoment?) async throws -> Answer {
            try await workshop.run {
                let names = workshop.names(for: target)
                let after = try session(of: target, at: moment)
                guard let base else {
                    let heap = Profile.heap([after], symbols: names)
                    return Answer(profile: heap, evidence: [heap])
                }
                let diff = Diff(from: try session(of: target, at: base), to: after, symbols: names)
                return Answer(profile: diff.profile, evidence: [diff.before, diff.after])
            }
        }

        /// As its file has it: with the numbers of its own namespace, by which snapshots of one process are matched. Waits for
        /// the disk.
        ///
        /// - Throws: as ``profile(of:at:base:)``.
        func session(of target: Target, at moment: PastMoment?) throws -> Session {
            guard let moment else { return try Workshop.session(contentsOf: target.path) }
            let now = Clock.realtime() / 1_000_000_000
            let time = moment.time(now: now)
            let snapshots = history?.snapshots(of: target) ?? [], baselines = workshop.baselines.moments(of: target.id)
            let snapshot = snapshots.last { $0.time <= time }
            if let baseline = baselines.last(where: { $0.time <= time }), baseline.time >= snapshot?.time ?? 0 {
                return baseline.session
            }
            guard let snapshot else {
                if history == nil, baselines.isEmpty {
                    throw NoPast(words: "no snapshots are taken: silt serve --history-dir FOLDER takes them")
                }
                let oldest = (snapshots.map(\.time) + baselines.map(\.time)).min()
                throw NoPast(
                    words: oldest.map { "the oldest snapshot of \(target.id) is of \(now - min(now, $0)) s ago" }
                        ?? "there is no snapshot of \(target.id) yet")
            }
            return try Workshop.session(contentsOf: snapshot.path)
        }
    }

    /// The past that is asked for is not known.
    struct NoPast: Error { var words: String }
#endif
