// SPDX-License-Identifier: Apache-2.0
//
// Programs whose memory develops in a known way, and the snapshots that the shim would leave of them. Truth and sessions
// come from here; verdicts never do.

import Glibc
import SiltFile
import SiltProfile

/// A way in which memory may develop; its sizes are drawn anew for each run.
enum Shape: String, CaseIterable {
    case linear, fromHalf = "from half-time", late = "from 80 %", accelerating, slowLeak = "slow leak"
    case slowLeakUnderChurn = "slow leak under churn"
    case plateau, logarithm, squareRoot = "square root", sawtooth, collected = "as collected garbage"
    case daily = "daily cycle", quarterDay = "quarter of a day", step, churn, flat, shrinking, autoregressive
    case walk = "random walk"

    /// Whether it is growth that goes on.
    var isLeak: Bool {
        switch self {
        case .linear, .fromHalf, .late, .accelerating, .slowLeak, .slowLeakUnderChurn: true
        default: false
        }
    }

    /// Growth that becomes less and less: neither verdict on it is counted as wrong.
    var isSlowing: Bool { self == .logarithm || self == .squareRoot }

    /// Whether blocks come and go all the time.
    var hasTurnover: Bool {
        switch self {
        case .sawtooth, .collected, .daily, .quarterDay, .churn, .autoregressive, .walk, .slowLeakUnderChurn: true
        default: false
        }
    }
}

/// One program: what it holds over time, in units of which it holds about 20 at most.
struct Development {
    static let steps = 600
    /// At each step of the time that is watched, and of so many times that after it.
    let levels: [Double]
    let shape: Shape
    /// Units by which it grows at the end of what is watched, per time watched.
    let rate: Double
    /// Whether it is a wave of which no more was seen than its way up, without a sign of its end: nothing tells it from a leak.
    let isSeenRisingOnly: Bool

    /// - Parameter windows: how much longer it is followed than it is watched.
    init(_ shape: Shape, windows: Int = 1, fluctuation: Double = 0, _ random: inout Random) {
        func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * random.uniform() }
        let (base, rise) = (uniform(3, 8), uniform(14, 24))
        let level: (Double) -> Double
        switch shape {
        case .linear: level = { base + rise * $0 }
        case .fromHalf:
            let start = uniform(0.42, 0.58)
            level = { base + rise * max(0, $0 - start) / (1 - start) }
        case .late:
            let start = uniform(0.74, 0.84)
            level = { base + rise * max(0, $0 - start) / (1 - start) }
        case .accelerating:
            let exponent = uniform(1.8, 2.4)
            level = { base + rise * pow($0, exponent) }
        case .slowLeak:
            let (base, rise) = (uniform(15, 25), uniform(2.5, 4))
            level = { base + rise * $0 }
        case .slowLeakUnderChurn:
            let (base, rise) = (uniform(15, 25), uniform(3, 6))
            level = { base + rise * $0 }
        case .plateau:
            let end = uniform(0.2, 0.45)
            level = { base + rise * min(1, $0 / end) }
        case .logarithm:
            let rate = exp(uniform(log(12), log(40)))
            level = { base + rise * log1p(rate * $0) / log1p(rate) }
        case .squareRoot: level = { base + rise * $0.squareRoot() }
        case .sawtooth:
            let (period, phase) = (uniform(0.2, 0.45), uniform(0, 1))
            level = { base + rise * ($0 / period + phase).truncatingRemainder(dividingBy: 1) }
        case .collected:
            let (period, phase, base, rise) = (uniform(0.07, 0.15), uniform(0, 1), uniform(8, 12), uniform(4, 8))
            level = { base + rise * ($0 / period + phase).truncatingRemainder(dividingBy: 1) }
        case .daily:
            let (rise, phase) = (uniform(6, 12), uniform(0, 1))
            level = { 15 + rise * sin(2 * .pi * ($0 + phase)) }
        case .quarterDay:
            let (rise, phase) = (uniform(6, 12), uniform(0, 1) < 0.5 ? 0 : uniform(0, 1))
            level = { 15 + rise * sin(2 * .pi * ($0 / 4 + phase)) }
        case .step:
            let moment = uniform(0.3, 0.7)
            level = { $0 < moment ? base : base + rise }
        case .churn, .flat:
            let base = uniform(10, 20)
            level = { _ in base }
        case .shrinking: level = { base + rise * (1 - $0) }
        case .autoregressive, .walk: level = { _ in 15 }
        }
        var values = (0...Self.steps * windows).map { level(Double($0) / Double(Self.steps)) }
        var state = 0.0
        let spread = uniform(4, 9) / Double(Self.steps).squareRoot()
        let jitter = shape == .slowLeakUnderChurn ? uniform(0.3, 1) : 0
        for index in values.indices {
            switch shape {
            case .autoregressive: state = 0.8 * state + uniform(-3, 3)
            case .walk: state += spread * random.normal()
            default: state = jitter * random.normal()
            }
            values[index] = max(0.1, (values[index] + state) * (1 + fluctuation * random.normal()))
        }
        levels = values
        self.shape = shape
        func slope(_ time: Double) -> Double { (level(time) - level(time - 0.001)) / 0.001 }
        rate = slope(1)
        let steepest = stride(from: 0.05, through: 1, by: 0.05).map(slope).max() ?? 0
        isSeenRisingOnly = shape == .quarterDay && rate > 0.9 * steepest
    }

    /// How long after what is watched it has grown by so many units; nil: not while it is followed.
    func time(toGrowBy room: Double) -> Double? {
        let limit = levels[Self.steps] + room
        return levels[Self.steps...].firstIndex { $0 >= limit }.map { Double($0 - Self.steps) / Double(Self.steps) }
    }

    /// What is held at a time between 0 and 1.
    private static func value(_ figures: [Double], at time: Double) -> Double {
        let place = time * Double(steps)
        let index = min(Int(place), steps - 1)
        return figures[index] + (figures[index + 1] - figures[index]) * (place - Double(index))
    }

    /// Snapshots of the program at times between 0 and 1, which stand for an hour.
    ///
    /// What was allocated first is freed first.
    ///
    /// - Parameters:
    ///   - interval: mean bytes between samples.
    ///   - unit: bytes that a unit stands for.
    ///   - size: of all blocks.
    ///   - turnover: how often all blocks are exchanged in the time that is watched.
    ///   - stack: the number of the stack that allocates them.
    func snapshots(
        at times: [Double], interval: UInt64, unit: Double, size: UInt64, turnover: Double, stack: UInt32 = 1,
        _ random: inout Random
    ) -> [Session] {
        var arrived = [levels[0]]
        var left = [0.0]
        for index in 1...Self.steps {
            let change = levels[index] - levels[index - 1]
            let exchanged = turnover * levels[index - 1] / Double(Self.steps)
            arrived.append(arrived[index - 1] + max(0, change) + exchanged)
            left.append(left[index - 1] + max(0, -change) + exchanged)
        }
        let law = SamplingLaw(interval: interval)
        let all = arrived[Self.steps]
        let (count, probability) = (all * unit / Double(size), law.probability(ofSize: Double(size)))
        // Blocks come one after the other, and each is sampled or not. Of small ones so few are that their places are random.
        let births =
            probability < 0.01
            ? (0..<random.poisson(count * probability)).map { _ in random.uniform() * all }
            : (0..<Int(count)).filter { _ in random.uniform() <= probability }.map { (Double($0) + 0.5) / count * all }
        let bounds = times.map { (Self.value(left, at: $0), Self.value(arrived, at: $0)) }
        var live = Array(repeating: [LiveSample](), count: times.count)
        for (number, birth) in births.enumerated() {
            for index in times.indices where bounds[index].0 < birth && birth <= bounds[index].1 {
                live[index].append(
                    LiveSample(
                        address: UInt64(stack) << 40 | UInt64(number) << 4, size: size, time: 1, site: stack, thread: 1)
                )
            }
        }
        let site = Site(
            stack: stack, sizeClass: sizeClass(of: size), interval: interval, allocObjects: UInt64(births.count),
            allocBytes: UInt64(births.count) * size, freeObjects: 0, freeBytes: 0)
        return times.indices.map { index in
            var header = header(after: 100)
            header.interval = interval
            header.dump?.monotonic = UInt64((100 + times[index] * 3600) * 1e9)
            return Session(
                path: "simulated", header: header, stacks: [stack: Stack(pcs: [UInt64(stack) << 8])],
                sites: [stack: site], live: live[index])
        }
    }
}

/// Moments from 0 to 1: evenly spread, or as people take them.
func moments(_ count: Int, even: Bool, _ random: inout Random) -> [Double] {
    if even { return (0..<count).map { Double($0) / Double(count - 1) } }
    while true {
        let gaps = (1..<count).map { _ in exp(1.3 * random.normal()) }
        let all = gaps.reduce(0, +)
        if (gaps.min() ?? 0) / all < 0.004 { continue }
        var times = [0.0]
        for gap in gaps { times.append(times[times.count - 1] + gap / all) }
        times[count - 1] = 1
        return times
    }
}

extension Random {
    /// Standard normal (Box and Muller 1958).
    mutating func normal() -> Double { (2 * exponential()).squareRoot() * cos(2 * .pi * uniform()) }
}
