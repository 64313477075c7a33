// SPDX-License-Identifier: Apache-2.0
//
// Moments that people asked to remember, in memory: "from now on", also where no history is kept. Bounded, and gone when the
// server ends.

#if Serve
    import SiltFile
    import Synchronization

    /// Sessions as they were at some moments; used by several threads.
    final class Baselines: Sendable {
        /// One of them.
        struct Moment: Sendable {
            var target: Target.ID
            /// Seconds since 1970.
            var time: UInt64
            var session: Session
        }

        /// So many of all targets together, and so many records in them; the oldest go first, but never the newest.
        static let (most, mostRecords) = (32, 1 << 20)

        private let moments = Mutex<[Moment]>([])

        /// Remembers a session as the newest of its target; of one second there is one.
        func keep(_ session: Session, of target: Target.ID, at time: UInt64) {
            // It shows the past from now on.
            var session = session
            session.observed = nil
            moments.withLock { [session] moments in
                moments.removeAll { $0.target == target && $0.time == time }
                moments.append(Moment(target: target, time: time, session: session))
                while moments.count > Self.most || (moments.count > 1 && Self.records(of: moments) > Self.mostRecords) {
                    moments.removeFirst()
                }
            }
        }

        /// Those of a target, oldest first.
        func moments(of target: Target.ID) -> [Moment] {
            moments.withLock { $0.filter { $0.target == target } }
        }

        private static func records(of moments: [Moment]) -> Int {
            moments.reduce(0) { $0 + $1.session.live.count + $1.session.sites.count + $1.session.stacks.count }
        }
    }
#endif
