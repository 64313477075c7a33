// SPDX-License-Identifier: Apache-2.0
//
// How often the intervals of places whose blocks differ in size hold the truth: closed ones, and "at least" as what it says.

import Glibc
import SiltFile
import SiltProfile

/// Sizes of the blocks of one place, as a distribution function.
private struct SizeLaw {
    var name: String
    /// The share of blocks of at most so many bytes.
    var share: @Sendable (Double) -> Double

    static let all = [
        logNormal(1), logNormal(1.5), logNormal(2),
        SizeLaw(name: "Pareto 1.2 from 32 B") { $0 < 32 ? 0 : $0 >= 1e6 ? 1 : 1 - pow(32 / $0, 1.2) },
        SizeLaw(name: "16 B to 2 KiB, uniform") { min(1, max(0, ($0 - 16) / 2032)) },
        // As a vector that grows asks for them.
        SizeLaw(name: "64 B to 32 KiB, doubling") {
            $0 < 64 ? 0 : min(1, ((log2($0 / 64) + 1e-9).rounded(.down) + 1) / 10)
        },
        twoPoint("half of the bytes each", small: 4096 / 4097.0), twoPoint("half of the blocks each", small: 0.5),
    ]

    private static func logNormal(_ deviation: Double) -> SizeLaw {
        SizeLaw(name: "log-normal, median 200 B, σ \(fixed(deviation, 1))") { size in
            size < 8 ? 0 : size >= 3e6 ? 1 : 0.5 * erfc(-log(size / 200) / deviation / 2.0.squareRoot())
        }
    }

    private static func twoPoint(_ name: String, small: Double) -> SizeLaw {
        SizeLaw(name: "16 B and 64 KiB, \(name)") { $0 < 16 ? 0 : $0 < 65_536 ? small : 1 }
    }

    private static let bounds = sequence(first: 7.999) { $0 < 4e6 ? $0 * 1.04 : nil }.map { $0 }

    /// About `count` blocks; where a size has few, their number is random.
    func blocks(_ count: Double, _ random: inout Random) -> [Blocks] {
        zip(Self.bounds, Self.bounds.dropFirst()).compactMap { low, high in
            let expected = count * (share(high) - share(low))
            // Two-point sizes are exact; others stand in the middle of their bin.
            let size = name.hasPrefix("16 B and") ? (high > 60_000 ? 65_536 : 16) : (low * high).squareRoot()
            let number = expected > 400 ? UInt64(expected.rounded()) : random.poisson(expected)
            return number > 0 ? Blocks(size: UInt64(max(1, size.rounded())), count: number) : nil
        }
    }

    /// The share of the blocks that is sampled.
    func sampled(by law: SamplingLaw) -> Double {
        zip(Self.bounds, Self.bounds.dropFirst()).reduce(0) { sum, bin in
            sum + (share(bin.1) - share(bin.0)) * law.probability(ofSize: (bin.0 * bin.1).squareRoot())
        }
    }
}

/// What many runs say of one figure that may be without an upper end. Where all sampled blocks are of one size its interval is
/// about objects of that size, and is held against those.
private struct OpenTally {
    private var runs = 0.0
    private var covered = 0.0
    private var closed = 0.0
    private var closedCovered = 0.0
    private var anySize = 0.0
    private var ratios: [Double] = []

    mutating func add(all: Double, ofSampledSize: Double, _ estimate: Estimate, _ interval: Interval) {
        runs += 1
        let beyond = estimate.sizes.beyondOneSize
        let holds = interval.contains(beyond == nil ? all : ofSampledSize)
        anySize += Interval(lower: interval.lower, upper: interval.upper + (beyond ?? 0)).contains(all) ? 1 : 0
        covered += holds ? 1 : 0
        guard interval.upper.isFinite, interval.lower.isFinite else { return }
        closed += 1
        closedCovered += holds ? 1 : 0
        if estimate.value > 0 { ratios.append(interval.upper / estimate.value) }
    }

    /// Covered in all, "at least" included; the same with `upper_any_size`; share of closed ones; covered by those; their upper end in shares of the figure.
    var cells: [String] {
        let sorted = ratios.sorted()
        return [
            percent(covered / runs), percent(anySize / runs), percent(closed / runs),
            closed > 0 ? percent(closedCovered / closed) : "",
            sorted.isEmpty ? "" : "× " + fixed(sorted[sorted.count / 2], 1),
        ]
    }
}

/// Prints coverage for places of mixed sizes, and for a heap of twelve of them.
func measureMixedSizes(runs: Int) {
    var rows: [[String]] = []
    for (number, sizes) in SizeLaw.all.enumerated() {
        for samples in [4.0, 16, 100] {
            var sampler = Sampler(seed: UInt64(7000 + number))
            let count = samples / sizes.sampled(by: sampler.law)
            rows += tallied(runs, [sizes.name, fixed(samples, 0)], &sampler) { random in
                [SimulatedStack(kept: sizes.blocks(count, &random))]
            }
        }
    }
    for (name, share, passed) in [
        ("a third of it exchanged", 0.33, 0.0), ("after ten times as much was freed", 0.33, 10),
    ] {
        var sampler = Sampler(seed: 7100)
        let law = sampler.law
        for samples in [6.0, 30] {
            rows += tallied(runs / 2, ["twelve of them, " + name, fixed(12 * samples, 0)], &sampler) { random in
                (0..<12).map { number in
                    let sizes = SizeLaw.all[number % SizeLaw.all.count]
                    let count = samples / sizes.sampled(by: law)
                    return SimulatedStack(
                        kept: sizes.blocks(count * (1 - share), &random), gone: sizes.blocks(count * share, &random),
                        came: sizes.blocks(count * share * 1.5, &random), passed: sizes.blocks(count * passed, &random))
                }
            }
        }
    }
    print("\nPlaces whose blocks differ in size, \(runs) runs each\n")
    print(
        table(["sizes", "samples", "figure", "covered", "any size", "closed", "covered by closed", "upper end"], rows))
}

/// A row of the table for each figure.
private func tallied(
    _ runs: Int, _ head: [String], _ sampler: inout Sampler, _ stacks: (inout Random) -> [SimulatedStack]
) -> [[String]] {
    var tallies: [(figure: String, tally: OpenTally)] = []
    for _ in 0..<runs {
        let stacks = stacks(&sampler.random)
        let (before, after) = sampler.snapshots(of: stacks)
        let heap = Profile.heap([after], symbols: NoNames())
        let alive = Truth(stacks.flatMap { $0.kept + $0.came })
        var next = 0
        func add(_ figure: String, _ truth: Double, sampled: Double? = nil, _ estimate: Estimate, _ kind: Profile.Kind)
        {
            guard let confidence = heap.confidence(in: kind) else { return }
            if next == tallies.count { tallies.append((figure, OpenTally())) }
            tallies[next].tally.add(
                all: truth, ofSampledSize: sampled ?? truth, estimate, confidence.interval(of: estimate))
            next += 1
        }
        add("in use, bytes", alive.bytes, heap.sum(.inuseSpace), .inuseSpace)
        let size = after.live.first.map { Double($0.size) } ?? 0
        let like = Truth(stacks.flatMap { $0.kept + $0.came }.filter { abs(log(Double($0.size) / size)) < 0.13 })
        add("in use, objects", alive.objects, sampled: like.objects, heap.sum(.inuseObjects), .inuseObjects)
        guard stacks.contains(where: { !$0.came.isEmpty }) else { continue }
        let diff = Diff(from: before, to: after, symbols: NoNames())
        for (name, stack, members) in [("whole heap", nil, stacks), ("first place", 0, [stacks[0]])] {
            let grown = Truth(members.flatMap(\.came)) - Truth(members.flatMap(\.gone))
            for (unit, truth, kind) in [
                ("bytes", grown.bytes, Profile.Kind.inuseSpace), ("objects", grown.objects, .inuseObjects),
            ] {
                let sum = diff.profile.sum(kind, stack: stack, otherwise: .noDifference)
                add("\(name) diff, \(unit)", truth, sum, kind)
            }
        }
    }
    return tallies.map { head + [$0.figure] + $0.tally.cells }
}
