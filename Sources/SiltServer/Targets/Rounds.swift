// SPDX-License-Identifier: Apache-2.0
//
// Work that many may ask for at the same time, done once for all of them. An answer is never older than its question: who
// asks while the work is under way waits for the next round. What is asked for again and again rests between rounds, so that
// however many ask, it takes about a tenth of one core; what takes longer than the longest rest allows, its share beside that.

#if Serve
    /// Rounds of work, each kind of it by its key.
    actor Rounds<Key: Hashable & Sendable, Value: Sendable> {
        struct Track {
            /// Has not begun: whoever asks now may share it.
            var next: Task<Value, any Error>?
            var current: Task<Value, any Error>?
            /// What the work has taken lately; of it a tenth of the time that passes is forgiven.
            var debt = Duration.zero
            var asOf: ContinuousClock.Instant

            mutating func settle(at now: ContinuousClock.Instant) {
                debt = max(.zero, debt - (now - asOf) / 10)
                asOf = now
            }
        }

        /// So much at once needs no rest: a person, or several scrapers that come at the same time.
        private static var credit: Duration { .milliseconds(150) }

        /// Nobody waits longer than this for a rest to end.
        private let longestRest: Duration
        private(set) var tracks: [Key: Track] = [:]
        private let clock = ContinuousClock()

        init(longestRest: Duration = .milliseconds(250)) { self.longestRest = longestRest }

        /// What `make` makes, after this call.
        ///
        /// - Throws: what `make` throws, to all who share it.
        func value(for key: Key, _ make: @escaping @Sendable () async throws -> Value) async throws -> Value {
            var track = tracks[key] ?? Track(asOf: clock.now)
            if let next = track.next { return try await next.value }
            let previous = track.current
            // Not a child of this call: others may wait for it when this one is given up.
            let task = Task<Value, any Error> {
                _ = await previous?.result
                await rest(before: key)
                begin(key)
                let start = clock.now
                defer { end(key, after: clock.now - start) }
                return try await make()
            }
            track.next = task
            tracks[key] = track
            return try await task.value
        }

        private func rest(before key: Key) async {
            guard var track = tracks[key] else { return }
            track.settle(at: clock.now)
            tracks[key] = track
            guard track.debt > Self.credit else { return }
            try? await clock.sleep(for: min((track.debt - Self.credit) * 10, longestRest))
        }

        private func begin(_ key: Key) {
            guard var track = tracks[key] else { return }
            (track.current, track.next) = (track.next, nil)
            tracks[key] = track
        }

        private func end(_ key: Key, after cost: Duration) {
            guard var track = tracks[key] else { return }
            track.settle(at: clock.now)
            track.current = nil
            // No more than one rest pays: the first round, which finds all names, takes far longer than those that follow.
            track.debt = min(track.debt + cost, Self.credit + longestRest / 10)
            tracks[key] = track
            // Those that owe nothing are forgotten. So tracks are few, also where each question has a key of its own: it owes
            // nothing after ten times what its work has taken.
            for (key, other) in tracks where other.next == nil && other.current == nil {
                var other = other
                other.settle(at: clock.now)
                if other.debt == .zero { tracks[key] = nil }
            }
        }
    }
#endif
