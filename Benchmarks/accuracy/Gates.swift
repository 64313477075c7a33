// SPDX-License-Identifier: Apache-2.0
//
// What the gate says of services that do not leak, and of the same with a leak, over several snapshots.

import SiltFile
import SiltProfile

/// A service of ten functions, all of which go up and down in the same way.
private struct Fluctuating {
    var name: String
    var shape: Shape

    static let all = [
        Fluctuating(name: "bursty", shape: .autoregressive), Fluctuating(name: "sawtooth", shape: .sawtooth),
        Fluctuating(name: "garbage collected", shape: .collected), Fluctuating(name: "daily", shape: .daily),
        Fluctuating(name: "flat", shape: .churn),
    ]
    private static let functions = 10

    /// - Parameter leak: bytes of an eleventh function that grows by so much, from a moment on.
    func trend(snapshots count: Int, even: Bool, interval: UInt64, leak: Shape?, _ random: inout Random) -> Trend {
        let times = moments(count, even: even, &random)
        let unit = interval == 1 ? 65_536.0 * 4 : 524_288 * 2
        var merged: [Session] = []
        for number in 0..<Self.functions + (leak == nil ? 0 : 1) {
            let isLeak = number == Self.functions
            let snapshots = Development(isLeak ? leak ?? shape : shape, &random).snapshots(
                at: times, interval: interval, unit: isLeak ? 4 * unit : unit, size: interval == 1 ? 65_536 : 256,
                turnover: isLeak ? 0 : 20, stack: UInt32(number + 1), &random)
            if merged.isEmpty {
                merged = snapshots
                continue
            }
            for (index, session) in snapshots.enumerated() {
                merged[index].stacks.merge(session.stacks) { $1 }
                merged[index].sites.merge(session.sites) { $1 }
                merged[index].live += session.live
            }
        }
        return Trend(of: merged.map { [$0] }, symbols: NoNames())
    }
}

/// Prints how often `check --max-growth-rate` fails, passes or cannot tell; the limit is a twentieth of what the service
/// holds, in the time that is watched.
///
/// - Parameter runs: of each service without a leak; of those with one, a quarter of them.
func measureGates(runs: Int) {
    var rows: [[String]] = []
    for service in Fluctuating.all {
        for leak in [nil, .linear, .fromHalf] as [Shape?] {
            for interval in [524_288, 1] as [UInt64] {
                var random = Random(seed: 900)
                var outcomes: [Verdict.Outcome: Int] = [:]
                let runs = leak == nil ? runs : runs / 4
                for run in 0..<runs {
                    let count = [4, 5, 8, 12].randomElement(using: &random) ?? 5
                    let trend = service.trend(
                        snapshots: count, even: run % 2 == 0, interval: interval, leak: leak, &random)
                    let held = trend.course.levels.map(\.value).max() ?? 1
                    let check = Check(maxRate: held / 20 / (trend.elapsed / .seconds(1)))
                    outcomes[check.verdict(on: trend).outcome, default: 0] += 1
                }
                rows.append(
                    [service.name, leak?.rawValue ?? "none", interval == 1 ? "1" : "512 KiB"]
                        + [Verdict.Outcome.failed, .undecided, .passed].map {
                            percent(Double(outcomes[$0] ?? 0) / Double(runs))
                        })
            }
        }
    }
    print(
        "\nThe gate of the rate on a service of ten functions, 4 to 12 snapshots, \(runs) runs each without a leak,\n### \(runs / 4) with one\n"
    )
    print(table(["service", "leak", "interval", "failed", "undecided", "passed"], rows))
}
