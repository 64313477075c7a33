// SPDX-License-Identifier: Apache-2.0
//
// What `delta_heap` has told already: the counters of each site as they were when it was last asked for. The first time
// nothing counts as new, since nobody knows what was told before the server began.

#if Serve
    import SiltFile
    import Synchronization

    /// The counters last told of each target; used by several threads.
    final class DeltaBases: Sendable {
        private struct Counter {
            var objects: UInt64
            var bytes: UInt64
        }

        private let told = Mutex<[Target.ID: [UInt32: Counter]]>([:])

        /// A session as if nothing had been allocated before the last call; what is in use stays.
        func sinceLast(_ session: Session, of target: Target.ID) -> Session {
            let now = session.sites.mapValues { Counter(objects: $0.allocObjects, bytes: $0.allocBytes) }
            let last = told.withLock { told in
                defer { told[target] = now }
                return told[target] ?? now
            }
            var session = session
            for (id, counter) in last {
                guard let site = session.sites[id] else { continue }
                session.sites[id]?.allocObjects = site.allocObjects - min(site.allocObjects, counter.objects)
                session.sites[id]?.allocBytes = site.allocBytes - min(site.allocBytes, counter.bytes)
            }
            return session
        }

        /// Forgets targets of which nothing is left.
        func keep(only targets: Set<Target.ID>) {
            told.withLock { told in told = told.filter { targets.contains($0.key) } }
        }
    }
#endif
