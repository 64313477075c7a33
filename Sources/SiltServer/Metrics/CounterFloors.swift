// SPDX-License-Identifier: Apache-2.0
//
// Counters never fall. An estimate of what was allocated can, by a little, when an average size changes; Prometheus would
// take that for a new start and count everything again.

#if Serve
    import Synchronization

    /// The greatest values told so far, by target; used by several threads.
    final class CounterFloors: Sendable {
        private let told = Mutex<[Target.ID: [Double]]>([:])

        /// The values, none less than it was the last time.
        func raised(_ values: [Double], of target: Target.ID) -> [Double] {
            told.withLock { told in
                let last = told[target] ?? []
                let raised = values.enumerated().map { index, value in
                    index < last.count ? max(value, last[index]) : value
                }
                told[target] = raised
                return raised
            }
        }

        /// Forgets targets of which nothing is left.
        func keep(only targets: Set<Target.ID>) {
            told.withLock { told in told = told.filter { targets.contains($0.key) } }
        }
    }
#endif
