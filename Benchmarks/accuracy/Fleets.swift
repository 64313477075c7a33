// SPDX-License-Identifier: Apache-2.0
//
// What is said of processes of one build against processes of another: where nothing grew, though load differs from process
// to process, and where a function did.

import Glibc
import SiltFile
import SiltProfile

/// Processes of a service of sixty functions.
private struct Fleet {
    var name: String
    var processes = 8
    /// Standard deviation of the logarithm of what all functions of a process have in common, and of each by itself.
    var load: Double
    var own: Double
    /// What the first function of the processes after is multiplied by, and its bytes.
    var growth = 1.0
    var bytes = 1e7

    private static let functions = 60

    func compare(_ random: inout Random) -> Replicas {
        var levels = (0..<Self.functions).map { _ in exp(log(2e5) + log(200) * random.uniform()) }
        levels[0] = bytes
        let sizes = (0..<Self.functions).map { _ in UInt64(exp(log(32) + log(2048) * random.uniform())) }
        let sides = [1, growth].map { growth in
            (0..<processes).map { number in
                var own = levels
                own[0] *= growth
                return process(UInt32(number + 1), own, sizes, &random)
            }
        }
        return Replicas(base: sides[0], after: sides[1])
    }

    private func process(_ pid: UInt32, _ levels: [Double], _ sizes: [UInt64], _ random: inout Random) -> Profile {
        let law = SamplingLaw(interval: Sampler.interval)
        let common = load * random.normal()
        var session = Session(path: "simulated", header: header(pid: pid, after: 60), stacks: [:], sites: [:], live: [])
        for (index, level) in levels.enumerated() {
            let (id, size) = (UInt32(index + 1), sizes[index])
            let count = UInt64(level * exp(common + own * random.normal()) / Double(size))
            let samples = random.binomial(count, law.probability(ofSize: Double(size)))
            session.stacks[id] = Stack(pcs: [UInt64(id) << 8])
            session.sites[id] = Site(
                stack: id, sizeClass: sizeClass(of: size), interval: Sampler.interval, allocObjects: samples,
                allocBytes: samples * size, freeObjects: 0, freeBytes: 0)
            session.live += (0..<samples).map {
                LiveSample(address: UInt64(id) << 32 | $0 << 4, size: size, time: 50, site: id, thread: 1)
            }
        }
        return Profile.heap([session], symbols: NoNames())
    }

    static let all = [
        Fleet(name: "equal load", load: 0, own: 0), Fleet(name: "load differs by 10 %", load: 0.1, own: 0.05),
        Fleet(name: "by 30 %", load: 0.3, own: 0.1), Fleet(name: "by 50 %", load: 0.5, own: 0.3),
        Fleet(name: "by 30 %, 3 against 3", processes: 3, load: 0.3, own: 0.1),
        Fleet(name: "by 30 %, 1 GB becomes 250 MB", load: 0.3, own: 0.1, growth: 0.25, bytes: 1e9),
        Fleet(name: "by 30 %, 10 MB becomes 15 MB", load: 0.3, own: 0.1, growth: 1.5),
        Fleet(name: "by 30 %, 10 MB becomes 20 MB", load: 0.3, own: 0.1, growth: 2),
        Fleet(name: "by 30 %, 10 MB becomes 30 MB", load: 0.3, own: 0.1, growth: 3),
    ]
}

/// Prints how often growth is told where there is none and where there is, and how often ratios are within their intervals.
func measureFleets(runs: Int) {
    var rows: [[String]] = []
    for (number, fleet) in Fleet.all.enumerated() {
        var random = Random(seed: UInt64(8000 + number))
        let runs = fleet.growth > 1 ? runs / 4 : runs
        var (alarms, told, covered, intervals) = (0, 0, 0, 0)
        for _ in 0..<runs {
            let replicas = fleet.compare(&random)
            func isFirst(_ row: Replicas.Row) -> Bool { row.function == "0x100" }
            let grown = ([replicas.total] + replicas.rows).filter(\.isProven)
            if fleet.growth > 1 {
                // What the whole heap is said to have grown by is then no mistake.
                if grown.contains(where: isFirst) { told += 1 }
                if grown.contains(where: { $0.function != nil && !isFirst($0) }) { alarms += 1 }
            } else if !grown.isEmpty {
                alarms += 1
            }
            for row in replicas.rows {
                intervals += 1
                if row.growth.interval.contains(isFirst(row) ? fleet.growth : 1) { covered += 1 }
            }
        }
        rows.append([
            fleet.name, "\(runs)", percent(Double(alarms) / Double(runs)),
            fleet.growth > 1 ? percent(Double(told) / Double(runs)) : "", percent(Double(covered) / Double(intervals)),
        ])
    }
    print("\nProcesses of a service of 60 functions, 8 against 8 unless told otherwise; promised: 5 % false alarms\n")
    print(table(["processes", "runs", "false alarms", "told", "ratio in its interval"], rows))
}
