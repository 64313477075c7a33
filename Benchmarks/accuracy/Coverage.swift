// SPDX-License-Identifier: Apache-2.0
//
// How often the 95 % intervals of profiles and diffs hold the truth, and whether the estimates are unbiased.

import SiltProfile

/// Runs each workload many times and prints a line for each figure.
func measureCoverage(runs: Int) {
    var rows: [[String]] = []
    for (number, workload) in Workload.all.enumerated() {
        var sampler = Sampler(seed: UInt64(1000 + number))
        var tallies: [(figure: String, tally: Tally)] = []
        for _ in 0..<runs {
            var stacks = workload.stacks
            workload.vary?(&stacks, &sampler.random)
            let (before, after) = sampler.snapshots(of: stacks)
            let heap = Profile.heap([after], symbols: NoNames())
            let diff = Diff(from: before, to: after, symbols: NoNames())
            let watched = stacks[workload.watched]
            var next = 0
            func add(_ figure: String, _ truth: Double, _ estimate: Estimate, _ kind: Profile.Kind) {
                guard let confidence = heap.confidence(in: kind) else { return }
                let interval = confidence.interval(of: estimate)
                if next == tallies.count { tallies.append((figure, Tally())) }
                tallies[next].tally.add(truth: truth, estimate, interval)
                next += 1
            }
            for (name, stack, members) in [("total", nil, stacks), ("site", workload.watched, [watched])] {
                let alive = Truth(members.flatMap { $0.kept + $0.came })
                let allocated = Truth(members.flatMap { $0.kept + $0.gone + $0.came + $0.passed })
                let grown = Truth(members.flatMap(\.came)) - Truth(members.flatMap(\.gone))
                let none = Estimate.noDifference
                add("\(name) in use, bytes", alive.bytes, heap.sum(.inuseSpace, stack: stack), .inuseSpace)
                add("\(name) in use, objects", alive.objects, heap.sum(.inuseObjects, stack: stack), .inuseObjects)
                add("\(name) allocated, bytes", allocated.bytes, heap.sum(.allocSpace, stack: stack), .allocSpace)
                add(
                    "\(name) allocated, objects", allocated.objects, heap.sum(.allocObjects, stack: stack),
                    .allocObjects)
                add(
                    "\(name) diff, bytes", grown.bytes, diff.profile.sum(.inuseSpace, stack: stack, otherwise: none),
                    .inuseSpace)
                add(
                    "\(name) diff, objects", grown.objects,
                    diff.profile.sum(.inuseObjects, stack: stack, otherwise: none), .inuseObjects)
            }
        }
        rows += tallies.map { [workload.name, $0.figure] + $0.tally.cells }
    }
    print("Coverage of the 95 % interval, \(runs) runs of each workload\n")
    print(
        table(
            ["workload", "figure", "samples", "covered", "too low", "too high", "bias", "z", "half width"], rows))
}
