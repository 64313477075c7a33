// SPDX-License-Identifier: Apache-2.0
//
// The curves that memory in use may follow over time, and the library of them for given times. Pure geometry: it knows
// neither bytes nor noise. A curve that is missing here can never be found, so each class has a few members.

import Glibc

/// What memory does between the first snapshot, at time 0, and the last, at time 1, and how it would go on.
enum Curve: Sendable {
    case line
    /// Level up to `start`, then rising with the power `exponent` of the time since.
    case bend(start: Double, exponent: Double)
    /// Rising all the time, and three times as much in all from `start` on.
    case steeper(start: Double)
    /// The power of the time: accelerating above 1, slowing below.
    case power(Double)
    case logarithm(rate: Double)
    case saturation(rate: Double)
    /// Rising up to `end`, then level.
    case plateau(end: Double)
    case step(at: Double)
    /// A line, and a step that makes up `share` of the rise.
    case stepOnLine(at: Double, share: Double)
    case sine(period: Double, phase: Double)
    case saw(period: Double, phase: Double)

    /// The height at a time, which may be beyond 1; the scale is arbitrary.
    func height(at time: Double) -> Double {
        switch self {
        case .line: time
        case .bend(let start, let exponent): exponent == 1 ? max(0, time - start) : pow(max(0, time - start), exponent)
        case .steeper(let start): 0.25 * time + 0.75 * max(0, time - start) / (1 - start)
        case .power(let exponent): pow(time, exponent)
        case .logarithm(let rate): log1p(rate * time)
        case .saturation(let rate): -expm1(-rate * time)
        case .plateau(let end): min(time / end, 1)
        case .step(let moment): time >= moment ? 1 : 0
        case .stepOnLine(let moment, let share): (time >= moment ? share : 0) + (1 - share) * time
        case .sine(let period, let phase): sin(2 * .pi * (time / period + phase))
        case .saw(let period, let phase): (time / period + phase) - (time / period + phase).rounded(.down)
        }
    }
}

/// All curves for the snapshots of a trend, with what each is worth before the data are seen.
///
/// Shared by all functions of a report. The members and their weights were chosen by simulation over the shapes of
/// Benchmarks/accuracy.
struct CurveLibrary: Sendable {
    /// Curves that mean the same to a person.
    enum Class: Int, CaseIterable, Sendable {
        case line, accelerating, bend, stepOnLine, step, slowing, plateau, wave
    }

    struct Entry: Sendable {
        var curve: Curve
        var kind: Class
        var weight: Double
        /// Index of the snapshot from which on it is what its class says.
        var start: Int
        /// Makes its range over the snapshots 1.
        var scale: Double

        /// How much higher it is at a time after the last snapshot, in units of its range over the snapshots.
        func rise(after time: Double) -> Double { (curve.height(at: 1 + time) - curve.height(at: 1)) * scale }
        /// Its slope at the last snapshot.
        var slope: Double { rise(after: Self.instant) / Self.instant }
        private static let instant = 1e-3
    }

    /// Snapshots from 0 to 1.
    let times: [Double]
    private(set) var entries: [Entry] = []
    /// Heights at the snapshots, each curve with a range of 1; eight curves side by side, the last ones filled up with
    /// zeros.
    private(set) var heights: [SIMD8<Double>] = []
    var blocks: Int { heights.count / times.count }

    /// - Parameter times: ascending from 0 to 1; three or more.
    init(times: [Double]) {
        self.times = times
        let last = times.count - 1
        add(.line, .line, weight: 0.45)
        var knees: [(start: Int, time: Double)] = []
        for index in 0..<last {
            for share in [0, 0.2, 0.4, 0.6, 0.8] where index > 0 || share > 0 {
                let time = times[index] + share * (times[index + 1] - times[index])
                knees.append((start: share < 0.5 ? index : index + 1, time: time))
            }
        }
        let count = Double(knees.count)
        for knee in knees {
            add(.bend(start: knee.time, exponent: 1), .bend, weight: 0.28 / count, start: knee.start)
            add(.steeper(start: knee.time), .bend, weight: 0.05 / count, start: knee.start)
            add(.bend(start: knee.time, exponent: 1.6), .bend, weight: 0.03 / count, start: knee.start)
            // What follows a plateau's knee must have been seen for an interval at least.
            if knee.time <= times[last - 1] + 1e-9 {
                add(.plateau(end: knee.time), .plateau, weight: 0.35 / count, start: knee.start)
            }
        }
        for exponent in [1.35, 1.7, 2, 2.5, 3] { add(.power(exponent), .accelerating, weight: 0.1 / 5) }
        for index in 1..<last {
            for share in [0.3, 0.7] {
                add(
                    .stepOnLine(at: times[index], share: share), .stepOnLine, weight: 0.1 / Double(2 * (last - 1)),
                    start: index)
            }
        }
        for index in 1...last { add(.step(at: times[index]), .step, weight: 1 / Double(last), start: index) }
        for rate in [6.0, 12, 25, 60, 200] { add(.logarithm(rate: rate), .slowing, weight: 0.06) }
        for exponent in [0.33, 0.5, 0.6] { add(.power(exponent), .slowing, weight: 0.1) }
        for rate in [3.0, 6, 12] { add(.saturation(rate: rate), .slowing, weight: 0.05) }
        for phase in 0..<12 {
            let phase = Double(phase) / 12
            for period in [0.6, 1, 1.4, 2, 3, 4] {
                add(.sine(period: period, phase: phase), .wave, weight: 0.3 / 72)
            }
            for period in [0.08, 0.11, 0.15, 0.2, 0.25, 0.3, 0.37, 0.45, 0.6, 0.8, 1.1] {
                add(.saw(period: period, phase: phase), .wave, weight: 0.3 / 132)
            }
        }
    }

    /// Leaves out what is level at all snapshots: that is no course.
    private mutating func add(_ curve: Curve, _ kind: Class, weight: Double, start: Int = 0) {
        let heights = times.map(curve.height)
        let range = (heights.max() ?? 0) - (heights.min() ?? 0)
        guard range > 1e-12 else { return }
        let (block, lane) = entries.count.quotientAndRemainder(dividingBy: 8)
        if lane == 0 { self.heights += times.map { _ in .zero } }
        for (index, height) in heights.enumerated() {
            self.heights[block * times.count + index][lane] = height / range
        }
        entries.append(Entry(curve: curve, kind: kind, weight: weight, start: start, scale: 1 / range))
    }
}
