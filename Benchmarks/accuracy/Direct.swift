// SPDX-License-Identifier: Apache-2.0
//
// Checks the shortcut of the simulations: the countdown that the shim runs, allocation by allocation, draws as many
// samples as the binomial draws do.

import Glibc
import SiltProfile

/// The shim's sampler: counts bytes down from an exponential distance, and begins anew after each sample.
struct Countdown {
    private var left: Double
    private let interval: Double

    init(interval: Double, _ random: inout Random) {
        self.interval = interval
        left = interval * random.exponential()
    }

    mutating func samples(size: Double, _ random: inout Random) -> Bool {
        left -= size
        guard left <= 0 else { return false }
        left = interval * random.exponential()
        return true
    }
}

/// Prints mean and variance of the number of samples by both ways, for blocks of several sizes in one stream.
func checkDraws(runs: Int) {
    var random = Random(seed: 77)
    let sizes: [UInt64] = [16, 600, 20_000, 300_000, 2_000_000]
    let counts: [UInt64] = [2000, 400, 60, 12, 4]
    let interval = 65_536.0
    let law = SamplingLaw(interval: 65_536)
    var direct = Array(repeating: (sum: 0.0, squares: 0.0), count: sizes.count)
    for _ in 0..<runs {
        var order = zip(sizes.indices, counts).flatMap { Array(repeating: $0, count: Int($1)) }
        order.shuffle(using: &random)
        var countdown = Countdown(interval: interval, &random)
        var found = Array(repeating: 0.0, count: sizes.count)
        for index in order where countdown.samples(size: Double(sizes[index]), &random) { found[index] += 1 }
        for index in sizes.indices {
            direct[index].sum += found[index]
            direct[index].squares += found[index] * found[index]
        }
    }
    let rows = sizes.indices.map { index in
        let p = law.probability(ofSize: Double(sizes[index]))
        let mean = Double(counts[index]) * p
        let variance = mean * (1 - p)
        let found = direct[index].sum / Double(runs)
        let foundVariance = direct[index].squares / Double(runs) - found * found
        let score = variance > 0 ? (found - mean) / (variance / Double(runs)).squareRoot() : 0
        return [
            "\(counts[index]) of \(sizes[index]) B", fixed(found, 4), fixed(mean, 4), fixed(score, 1),
            fixed(foundVariance, 3), fixed(variance, 3),
        ]
    }
    print("\nThe shim's countdown against the draws of the simulations, \(runs) runs\n")
    print(table(["blocks", "mean, countdown", "mean, law", "z", "variance, countdown", "variance, law"], rows))
}
