// SPDX-License-Identifier: Apache-2.0
//
// Random numbers for statistical tests: always from a seed that the test states.

import Glibc

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

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
