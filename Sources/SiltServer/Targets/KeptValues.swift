// SPDX-License-Identifier: Apache-2.0
//
// What was made of sessions, kept as long as nothing is recorded in them: most processes of a host do nothing most of the
// time. Bounded; what was not asked for lately goes first. Its calls wait for the disk.

#if Serve
    import SiltFile
    import Synchronization

    /// Values by their names; used by several threads.
    final class KeptValues<Value: Sendable>: Sendable {
        private struct Kept: Sendable {
            var mark: SessionMark
            var value: Value
        }

        private struct State {
            var recent: [String: Kept] = [:]
            /// Of these together.
            var cost = 0
            /// Gone when the recent ones take their place.
            var older: [String: Kept] = [:]
        }

        private let room: Int
        private let cost: @Sendable (Value) -> Int
        private let state = Mutex(State())

        /// - Parameters:
        ///   - room: what all values may cost.
        ///   - cost: of one, at least 1.
        init(room: Int, cost: @escaping @Sendable (Value) -> Int) {
            self.room = room
            self.cost = cost
        }

        /// The value of a name, if there is one and nothing was recorded since.
        func value(_ name: String, of target: Target) -> Value? {
            guard let known = state.withLock({ $0.recent[name] ?? $0.older[name] }),
                known.mark == (try? SessionMark(contentsOf: target.path))
            else { return nil }
            return known.value
        }

        /// The value of a name: the kept one, if nothing was recorded since, or a new one.
        ///
        /// - Throws: what `make` throws.
        func value(_ name: String, of target: Target, _ make: () throws -> Value) throws -> (value: Value, isNew: Bool)
        {
            guard let mark = try? SessionMark(contentsOf: target.path) else { return (try make(), true) }
            let known = state.withLock { $0.recent[name] ?? $0.older[name] }
            let isNew = known?.mark != mark
            let value = if let known, !isNew { known.value } else { try make() }
            state.withLock { state in
                if let replaced = state.recent.updateValue(Kept(mark: mark, value: value), forKey: name) {
                    state.cost -= cost(replaced.value)
                }
                state.cost += cost(value)
                guard state.cost > room / 2 else { return }
                (state.older, state.recent, state.cost) = (state.recent, [:], 0)
            }
            return (value, isNew)
        }
    }
#endif
