// SPDX-License-Identifier: Apache-2.0
//
// Random numbers for tests: always from a seed that the test prints or states, the same everywhere.

/// splitmix64 (Steele, Lea, Flood 2014).
package struct SplitMix: RandomNumberGenerator {
    /// The same seed gives the same numbers again.
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
