// SPDX-License-Identifier: Apache-2.0
//
// Several processes of a service against several of another build: what grew by more than processes of one build differ. The
// variation between processes is measured, since load differs from one to the next; the error of sampling alone says nothing
// of it. A single process on a side cannot be judged.

import Glibc
import SiltSymbols

/// Processes of a base and processes after it, compared function by function.
package struct Replicas: Sendable {
    /// By how much the mean process after exceeds the mean process of the base.
    package struct Factor: Hashable, Sendable {
        package var value: Double
        /// At 95 %.
        package var interval: Interval
        /// The one-sided p-value of "it did not grow beyond its limit".
        var evidence: Double
    }

    /// A function, or the whole heap.
    package struct Row: Sendable {
        /// Of the function, or what code without a name is called; nil: the whole heap.
        package var function: String?
        /// Its largest stack: the profile, and indices into that profile's locations, leaf first.
        package var stack: (profile: Int, locations: [Int])
        /// Mean bytes of a process.
        package var base: Double
        package var after: Double
        /// Of all processes.
        package var samples: Int
        package var growth: Factor
        /// The same with the load of each process taken out; nil: too few functions tell the load, or the whole heap.
        package var growthAtEqualLoad: Factor?
        /// Whether it grew beyond its limit, at equal load or without, by more than processes differ.
        package var isProven = false

        /// Bytes that the mean process may have grown by at most, at 95 %.
        package var mostGrowth: Double { base * (growth.interval.upper - 1) }
    }

    /// Processes below this number on a side leave no power to tell anything.
    package static let enoughProcesses = 3

    /// First those of the base, then those after it.
    package let profiles: [Profile]
    package let baseCount: Int
    package let total: Row
    /// Those with six samples at least, the greatest growth in bytes first.
    package let rows: [Row]
    /// Bytes that a process may grow by.
    package let limit: Double?
    private let hasProof: Bool

    package var outcome: Verdict.Outcome {
        if hasProof { return .failed }
        let isOpen = limit.map { total.mostGrowth > $0 } ?? false
        return isOpen || isPowerless || isIncomplete ? .undecided : .passed
    }
    package var afterCount: Int { profiles.count - baseCount }
    /// Whether there are too few processes to tell anything but the grossest growth.
    package var isPowerless: Bool { min(baseCount, afterCount) < Self.enoughProcesses }
    /// Whether a process does not tell all of its heap.
    package var isIncomplete: Bool { profiles.contains { $0.unknownInAll(kind: .inuseSpace) != .none } }

    /// Compares ln(bytes + R/2) of a function by the test of Welch (1947), as it is and less the load of its process, which is
    /// the median of what the functions of many samples have more than their mean. The variance of a side is at least that of
    /// sampling. All functions, both ways, and the whole heap are one family (Holm 1979): in at most ``Check/falseAlarms`` of
    /// comparisons of equal builds is any of them said to have grown. `Benchmarks/accuracy` has the simulation.
    ///
    /// Shares of the heap are not compared: one function that shrinks would make all others grow.
    ///
    /// - Precondition: two profiles or more on each side, each of another process, all with ``Profile/Kind/inuseSpace``.
    package init(base: [Profile], after: [Profile], check: Check = Check()) {
        precondition(base.count >= 2 && after.count >= 2, "the variation of one process cannot be measured")
        profiles = base + after
        baseCount = base.count
        limit = check.maxGrowth
        let interval = Double(profiles.map(\.interval).max() ?? 1)
        let functions = FunctionTotals(profiles, ignoring: check.ignored)
        let test = WelchTest(baseCount: base.count, halfSample: interval / 2, limit: check.maxGrowth ?? 0)
        let loads = functions.loads(halfSample: interval / 2)
        let still = Array(repeating: 0.0, count: profiles.count)

        func row(_ entry: FunctionTotals.Entry, loads: [Double]?) -> Row {
            let sides = (entry.bytes.prefix(base.count), entry.bytes.dropFirst(base.count))
            return Row(
                function: entry.function, stack: entry.stack,
                base: sides.0.reduce(0) { $0 + $1.value } / Double(base.count),
                after: sides.1.reduce(0) { $0 + $1.value } / Double(after.count), samples: entry.samples,
                growth: test.factor(entry.bytes, loads: still),
                growthAtEqualLoad: loads.map { test.factor(entry.bytes, loads: $0) })
        }
        var total = row(functions.total, loads: nil)
        var rows = functions.entries.filter { $0.samples >= FunctionTotals.testable }.map { row($0, loads: loads) }
        let evidence =
            [total.growth.evidence]
            + rows.flatMap { [$0.growth, $0.growthAtEqualLoad ?? $0.growth] }.map(\.evidence)
        let (told, _) = Confidence.told(evidence, best: evidence.map { _ in 0 }, falseAlarms: check.falseAlarms)
        total.isProven = told.contains(0)
        for index in rows.indices {
            rows[index].isProven = told.contains(1 + 2 * index) || told.contains(2 + 2 * index)
        }
        rows.sort { a, b in
            if a.isProven != b.isProven { return a.isProven }
            let (x, y) = (a.after - a.base, b.after - b.base)
            return x == y ? (a.function ?? "") < (b.function ?? "") : x > y
        }
        self.total = total
        self.rows = rows
        hasProof = !told.isEmpty
    }
}

/// What each function holds in each process.
private struct FunctionTotals {
    struct Entry {
        var function: String?
        /// By process.
        var bytes: [Estimate]
        var stack: (profile: Int, locations: [Int])
        var largest = 0.0

        var samples: Int { bytes.reduce(0) { $0.addingSaturated($1.samples) } }
    }

    /// With fewer samples in all processes together a function is not tested.
    static let testable = 6
    /// Functions tell the load that have so many samples a process, if there are so many of them.
    private static let telling = 5

    private(set) var entries: [Entry] = []
    private(set) var total: Entry

    init(_ profiles: [Profile], ignoring ignored: [Pattern]) {
        let nothing = profiles.map { _ in Estimate.zero }
        total = Entry(function: nil, bytes: nothing, stack: (0, []))
        var numbers = Interner<String>()
        var ignored = ignored.map { Matcher($0) }
        for (process, profile) in profiles.enumerated() {
            let column = profile.column(of: .inuseSpace)
            for stack in profile.stackGrowth() {
                let isIgnored = ignored.indices.contains { index in
                    stack.functions.contains { ignored[index].matches($0) }
                }
                if isIgnored { continue }
                let bytes = stack.values[column]
                let name = stack.functions.first ?? "<unknown>"
                let number = numbers.index(of: name)
                if number == entries.count {
                    entries.append(Entry(function: name, bytes: nothing, stack: (process, stack.locations)))
                }
                entries[number].bytes[process] += bytes
                total.bytes[process] += bytes
                if bytes.value > entries[number].largest {
                    entries[number].largest = bytes.value
                    entries[number].stack = (process, stack.locations)
                }
            }
        }
    }

    /// The logarithm of each process's load, the mean of all being 0; nil if too few functions tell it.
    func loads(halfSample: Double) -> [Double]? {
        let processes = total.bytes.count
        let telling = entries.filter { $0.samples >= Self.telling * processes }
        guard telling.count >= Self.telling else { return nil }
        let excess = telling.map { entry in
            let levels = entry.bytes.map { log($0.value + halfSample) }
            let mean = levels.reduce(0, +) / Double(processes)
            return levels.map { $0 - mean }
        }
        return (0..<processes).map { process in
            let sorted = excess.map { $0[process] }.sorted()
            let middle = sorted.count / 2
            return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        }
    }
}

/// The test of two means of logarithms whose variances differ.
private struct WelchTest {
    let baseCount: Int
    let halfSample: Double
    /// Bytes that the mean process may grow by.
    let limit: Double

    /// No service is steadier than that from process to process: equal figures of a few are luck.
    private static let leastVariation = 0.01

    func factor(_ bytes: [Estimate], loads: [Double]) -> Replicas.Factor {
        let levels = zip(bytes, loads).map { log($0.value + halfSample) - $1 }
        let errors = bytes.map { $0.variance / (($0.value + halfSample) * ($0.value + halfSample)) }
        func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let sampling = (mean(errors[..<baseCount]) + mean(errors[baseCount...])) / 2
        let least = max(sampling, Self.leastVariation * Self.leastVariation)
        func side(_ values: ArraySlice<Double>) -> (mean: Double, variance: Double, freedom: Double) {
            let (center, count) = (mean(values), Double(values.count))
            let scatter = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
            return (center, max(scatter / (count - 1), least) / count, count - 1)
        }
        let (before, after) = (side(levels[..<baseCount]), side(levels[baseCount...]))
        let variance = before.variance + after.variance
        let student = StudentDistribution(
            freedom: variance * variance
                / (before.variance * before.variance / before.freedom + after.variance * after.variance / after.freedom)
        )
        let (difference, error) = (after.mean - before.mean, variance.squareRoot())
        let width = student.quantile(above: 0.025) * error
        let base = bytes[..<baseCount].reduce(0) { $0 + $1.value } / Double(baseCount) + halfSample
        let allowed = log((base + limit) / base)
        return Replicas.Factor(
            value: exp(difference), interval: Interval(lower: exp(difference - width), upper: exp(difference + width)),
            evidence: student.probability(above: (difference - allowed) / error))
    }
}
