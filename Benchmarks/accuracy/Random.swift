// SPDX-License-Identifier: Apache-2.0
//
// A generator that gives the same numbers for the same seed, and the draws that the simulations need. Every draw is
// exact: nothing is approximated by a normal distribution.

import Glibc

/// splitmix64 (Steele, Lea and Flood 2014).
struct Random: RandomNumberGenerator {
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

    /// Uniform in (0, 1].
    mutating func uniform() -> Double { (Double(next() >> 11) + 1) * 0x1p-53 }

    /// Exponential with mean 1.
    mutating func exponential() -> Double { -log(uniform()) }

    /// How many of `count` independent trials succeed: jumps from success to success, by geometric distances.
    mutating func binomial(_ count: UInt64, _ probability: Double) -> UInt64 {
        if probability >= 1 { return count }
        if probability > 0.5 { return count - binomial(count, 1 - probability) }
        let logFailure = log1p(-probability)
        var position = 0.0
        var successes: UInt64 = 0
        while true {
            position += (log(uniform()) / logFailure).rounded(.down) + 1
            if position > Double(count) { return successes }
            successes += 1
        }
    }

    /// Poisson: counts the events of a process until time `mean`.
    mutating func poisson(_ mean: Double) -> UInt64 {
        var time = exponential()
        var events: UInt64 = 0
        while time <= mean {
            time += exponential()
            events += 1
        }
        return events
    }
}
