// SPDX-License-Identifier: Apache-2.0
//
// What a report of many sites says of a service that does not leak, and when it finds a leak that is there.

import SiltFile
import SiltProfile

/// A service of 200 sites that holds 1.5 GiB; sites differ in block size, in volume and in how much is exchanged.
struct Service {
    static let sites = 200
    /// Bytes allocated a second.
    var rate: Double
    /// Whether what is alive goes up and down as requests come and go; else it is replaced one for one.
    var fluctuates = false

    /// Its heap after `seconds`, with a leak of a share of the allocation rate at the first site.
    func stacks(seconds: Double, leak: Double, _ random: inout Random) -> [SimulatedStack] {
        (0..<Self.sites).map { site in
            let size = UInt64(24) << UInt64(site % 13) + UInt64(site)
            let bytes = 2e5 * Double(1 + site % 40) * Double(1 + site % 5)
            let allocated = rate / Double(Self.sites) * seconds
            let count = UInt64(bytes / Double(size)) + 1
            let exchanged = site % 4 == 0 ? 0 : min(count, UInt64(allocated / Double(size)))
            var stack = SimulatedStack(
                kept: [Blocks(size: size, count: count - exchanged)], gone: [Blocks(size: size, count: exchanged)],
                came: [Blocks(size: size, count: fluctuates ? random.poisson(Double(exchanged)) : exchanged)])
            if site == 0 { stack.came.append(Blocks(size: 240, count: UInt64(rate * leak * seconds / 240))) }
            return stack
        }
    }
}

/// The stacks of a diff, merged over their size classes, with what was judged of each.
func judged(_ diff: Diff) -> [(stack: Int, change: Judgement.Change)] {
    guard let confidence = diff.profile.confidence(in: .inuseSpace),
        let column = diff.profile.kinds.firstIndex(of: .inuseSpace)
    else { return [] }
    var growth: [Int: Estimate] = [:]
    for sample in diff.profile.samples {
        guard let leaf = sample.locations.first else { continue }
        growth[Int(diff.profile.locations[leaf].address >> 8) - 1, default: .noDifference] += sample.values[column]
    }
    let stacks = growth.keys.sorted()
    let judgements = confidence.judge(stacks.map { growth[$0] ?? .noDifference })
    return zip(stacks, judgements).map { ($0, $1.change) }
}

/// Prints how often a diff of a service that does not leak says that something changed.
func measureFalseAlarms(diffs: Int) {
    var rows: [[String]] = []
    for fluctuates in [false, true] {
        for (name, seconds) in [("a tenth exchanged", 3.0), ("all exchanged", 1e5)] {
            let service = Service(rate: 50e6, fluctuates: fluctuates)
            var sampler = Sampler(seed: fluctuates ? 21 : 22)
            var grew = 0
            var shrank = 0
            for _ in 0..<diffs {
                let stacks = service.stacks(seconds: seconds, leak: 0, &sampler.random)
                let (before, after) = sampler.snapshots(of: stacks)
                let wrong = judged(Diff(from: before, to: after, symbols: NoNames())).filter { stack, change in
                    let growth = (Truth(stacks[stack].came) - Truth(stacks[stack].gone)).bytes
                    return change == .grew && growth <= 0 || change == .shrank && growth >= 0
                }
                if wrong.contains(where: { $0.change == .grew }) { grew += 1 }
                if wrong.contains(where: { $0.change == .shrank }) { shrank += 1 }
            }
            let total = Double(diffs)
            rows.append([
                fluctuates ? "goes up and down" : "replaced one for one", name, percent(Double(grew) / total),
                percent(Double(shrank) / total),
            ])
        }
    }
    print(
        "\nFalse alarms: reports on \(Service.sites) sites that do not grow, \(diffs) diffs each; promised: 5 % in all\n"
    )
    print(table(["what is alive", "between the snapshots", "said to have grown", "said to have shrunk"], rows))
}

/// Prints after how long a diff tells a leak of 1 % of the allocation rate.
func measureDetection(runs: Int) {
    var rows: [[String]] = []
    for megabytes in [1.0, 10, 100] {
        let service = Service(rate: megabytes * 1e6)
        var sampler = Sampler(seed: 31)
        var found: [String] = []
        var seconds = 2.0
        for wanted in [0.5, 0.9] {
            while true {
                let told = (0..<runs).filter { _ in
                    let stacks = service.stacks(seconds: seconds, leak: 0.01, &sampler.random)
                    let (before, after) = sampler.snapshots(of: stacks, seconds: UInt64(seconds))
                    return judged(Diff(from: before, to: after, symbols: NoNames()))
                        .contains { $0.stack == 0 && $0.change == .grew }
                }
                if Double(told.count) >= wanted * Double(runs) { break }
                seconds *= 1.15
            }
            found.append(fixed(seconds / 60, 1))
        }
        rows.append(["\(fixed(megabytes, 0)) MB/s", "\(fixed(megabytes * 10, 0)) kB/s"] + found)
    }
    print("\nMinutes between two snapshots after which a leak of 1 % of the allocation rate is told")
    print("among \(Service.sites) sites, \(runs) services for each length\n")
    print(table(["allocation rate", "leak", "by half of the diffs", "by nine of ten"], rows))
}

/// Prints how much sharper a diff within a process is than one of two processes.
func measureSharpness(runs: Int) {
    var rows: [[String]] = []
    for (name, share) in [("1 %", UInt64(100)), ("5 %", 20), ("25 %", 4), ("all", 1)] {
        let sizes = (0..<12).map { UInt64(40) << $0 }
        let stacks = (0..<20).map { _ in Workload.exchanging(sizes, bytes: 20_000_000, share: share) }
        var sampler = Sampler(seed: 41)
        var ratio = 0.0
        for _ in 0..<runs {
            let (before, after) = sampler.snapshots(of: stacks)
            var other = before
            other.header.pid += 1
            let widths = [before, other].map { base in
                let diff = Diff(from: base, to: after, symbols: NoNames())
                let interval = diff.profile.confidence(in: .inuseSpace)?.interval(of: diff.profile.sum(.inuseSpace))
                return (interval?.upper ?? 0) - (interval?.lower ?? 0)
            }
            ratio += widths[0] / widths[1] / Double(runs)
        }
        rows.append([name, fixed(ratio, 3)])
    }
    print("\nWidth of the interval of a diff within a process, as a share of that between processes, \(runs) runs\n")
    print(table(["exchanged", "width"], rows))
}
