// SPDX-License-Identifier: Apache-2.0
//
// Counts of random events for statistical tests.

import Glibc
import TestSupport

extension SplitMix {
    /// How many events of rate 1 happen until `mean`.
    mutating func poisson(_ mean: Double) -> UInt64 {
        var events: UInt64 = 0
        var time = 0.0
        while true {
            time -= log((Double(next() >> 11) + 1) * 0x1p-53)
            if time > mean { return events }
            events += 1
        }
    }
}
