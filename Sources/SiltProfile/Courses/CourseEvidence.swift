// SPDX-License-Identifier: Apache-2.0
//
// How well each course of the library explains what was seen, by its marginal likelihood. It weighs; what is said of the
// weights is decided in CourseJudge, and no threshold stands here.

import Glibc

/// The weights of all courses for the levels of one function.
///
/// Levels are y = a + b f + e with f a curve of range 1. The offset a has a flat prior. The change b is half-normal, as a
/// share of the greatest level, with standard deviation 1, 0.3 or 0.1. The errors e are normal with covariance S + τ²I: S is
/// that of sampling, τ the program's own fluctuation, of which every size from 0.2 to 32 % of the greatest level is
/// possible. Integrated over a and b the likelihood has a closed form (Rasmussen and Williams 2006, "Gaussian Processes for
/// Machine Learning", section 2.7, explicit basis functions); the product with Φ comes from b's sign (Gelman et al. 2013,
/// "Bayesian Data Analysis", chapter 14, normal likelihood with a truncated normal prior). A course with more freedom than
/// the data need loses by itself, as Bayes factors do (Kass and Raftery 1995).
struct CourseEvidence {
    /// What a set of courses means to a person.
    enum Kind: Int, CaseIterable, Hashable {
        case steady, since, slowing, plateau, step, churn, flat, shrinking
    }

    /// One curve with one size of fluctuation, and what it makes of the data.
    struct Component {
        var entry: Int
        var weight: Double
        /// Bytes that the curve rises by over all snapshots: the most likely value and its standard error.
        var rise: Double
        var error: Double
        /// The program's own fluctuation in bytes.
        var fluctuation: Double
    }

    /// The probability of each kind, in the order of ``Kind``; their sum is 1.
    private(set) var probabilities = Array(repeating: 0.0, count: Kind.allCases.count)
    /// Rising curves that matter; their weights are relative to each other.
    private(set) var components: [Component] = []

    /// The variance of the last level less the first that comes from the program's own fluctuation, in bytes squared: that
    /// is no growth.
    private(set) var variation = 0.0
    /// The same of each kind, times its weight.
    private var variations = Array(repeating: 0.0, count: Kind.allCases.count)

    func probability(_ kind: Kind) -> Double { probabilities[kind.rawValue] }

    /// Sizes of the program's own fluctuation as shares of the greatest level, with what each is worth before the data
    /// are seen: under a course, where nothing happens, and where only it happens.
    private static let fluctuations: [(size: Double, course: Double, flat: Double, churn: Double)] = [
        (0.002, 0.10, 0.30, 0), (0.005, 0.15, 0.25, 0), (0.01, 0.20, 0.25, 0.02), (0.02, 0.20, 0.20, 0.08),
        (0.04, 0.15, 0, 0.20), (0.08, 0.10, 0, 0.30), (0.16, 0.06, 0, 0.25), (0.32, 0.04, 0, 0.15),
    ]
    /// Standard deviations of the change as shares of the greatest level, with their weights.
    private static let changes: [(deviation: Double, weight: Double)] = [(1, 0.5), (0.3, 0.3), (0.1, 0.2)]
    /// Curves that are less likely than the likeliest by this factor do not count: e^−14.
    private static let negligible = 14.0

    /// - Parameters:
    ///   - levels: bytes in use at the library's snapshots.
    ///   - covariance: sampling covariance of the levels, row after row.
    ///   - oneMore: what one sample more would stand for, in bytes.
    ///   - came: bytes that came over all intervals.
    ///   - went: bytes that went.
    init(
        levels: [Double], covariance: [Double], oneMore: Double, came: Double, went: Double, library: CurveLibrary
    ) {
        let count = levels.count
        let unit = max(levels.max() ?? 0, oneMore, 1e-9)
        let scaled = levels.map { $0 / unit }
        var sampling = covariance.map { $0 / (unit * unit) }
        // Half a sample more in every interval: where little is sampled, an interval without a sample is not quiet.
        let half = 0.5 * (oneMore / unit) * (oneMore / unit)
        for row in 0..<count {
            for column in 0..<count { sampling[row * count + column] += half * Double(min(row, column) + 1) }
        }

        // Of each size of fluctuation and curve: f̃·f̃ and f̃·ỹ, whitened and freed of the constant.
        var fits = Fits(sizes: Self.fluctuations.count, blocks: library.blocks)
        var best = -Double.infinity
        var whitened = Array(repeating: SIMD8<Double>.zero, count: count)
        for (size, fluctuation) in Self.fluctuations.enumerated() {
            var variances = sampling
            for index in 0..<count { variances[index * count + index] += fluctuation.size * fluctuation.size }
            let projection = Projection(variances, levels: scaled)
            // No curve can do better than to leave nothing.
            guard projection.logDensity + 0.5 * projection.remainder > best - Self.negligible else { continue }
            fits.bases[size] = projection.logDensity
            var most = SIMD8<Double>.zero
            for block in 0..<library.blocks {
                let (square, product) = projection.fit(library.heights, at: block * count, &whitened)
                fits.squares[size * library.blocks + block] = square
                fits.products[size * library.blocks + block] = product
                most = pointwiseMax(most, product * product / (square + 1))
            }
            best = max(best, projection.logDensity + 0.5 * most.max())
        }
        weigh(fits, best: best, unit: unit, library: library)
        addWalks(scaled, sampling, best: best, library: library)
        for index in variations.indices where probabilities[index] > 0 { variations[index] /= probabilities[index] }
        weighTurnover(came: came, went: went, oneMore: oneMore)
        let sum = probabilities.reduce(0, +)
        guard sum > 0 else { return }
        for index in probabilities.indices { probabilities[index] /= sum }
        variation = zip(probabilities, variations).reduce(0) { $0 + $1.0 * $1.1 } * unit * unit
    }

    /// - Parameter variance: of the last level less the first, as far as it is no growth.
    private mutating func add(_ weight: Double, to kind: Kind, variance: Double) {
        probabilities[kind.rawValue] += weight
        variations[kind.rawValue] += weight * variance
    }

    /// What the levels make of each curve for each size of fluctuation; eight curves side by side.
    private struct Fits {
        /// ln of the density without a curve.
        var bases: [Double]
        var squares: [SIMD8<Double>]
        var products: [SIMD8<Double>]

        init(sizes: Int, blocks: Int) {
            bases = Array(repeating: -.infinity, count: sizes)
            squares = Array(repeating: .zero, count: sizes * blocks)
            products = squares
        }
    }

    private mutating func weigh(_ fits: Fits, best: Double, unit: Double, library: CurveLibrary) {
        for (size, fluctuation) in Self.fluctuations.enumerated() where fits.bases[size] > -.infinity {
            let base = exp(fits.bases[size] - best)
            let variance = 2 * fluctuation.size * fluctuation.size
            add(fluctuation.flat * base, to: .flat, variance: variance)
            add(0.35 * fluctuation.churn * base, to: .churn, variance: variance)
            for curve in library.entries.indices {
                let place = size * library.blocks + curve / 8
                let (square, product) = (fits.squares[place][curve % 8], fits.products[place][curve % 8])
                let most = fits.bases[size] + 0.5 * product * product / (square + 1)
                guard most > best - Self.negligible else { continue }
                let entry = library.entries[curve]
                var (up, down) = (0.0, 0.0)
                for change in Self.changes {
                    let prior = change.deviation * change.deviation
                    let distance = product / (square + 1 / prior).squareRoot()
                    let (above, below) = Self.halves(distance, base: fits.bases[size] - best, floor: base)
                    let factor = 2 * change.weight / (1 + prior * square).squareRoot()
                    up += factor * above
                    down += factor * below
                }
                let prior = entry.weight * fluctuation.course
                if entry.kind == .wave {
                    // A wave is somewhere else at any other two moments: a quarter of the square of its range, as of a sine.
                    let range = product / (square + 1)
                    add(prior * up, to: .churn, variance: variance + range * range / 4)
                } else {
                    add(prior * up, to: entry.kind.meaning, variance: variance)
                    add(prior * down / 3, to: .shrinking, variance: variance)
                }
                if entry.kind.rises, up > 0 {
                    components.append(
                        Component(
                            entry: curve, weight: prior * up, rise: unit * product / (square + 1e-9),
                            error: unit / (square + 1e-9).squareRoot(), fluctuation: unit * fluctuation.size))
                }
            }
        }
    }

    /// e^(base + x²/2) · Φ(±x), for either sign.
    ///
    /// By an approximation of Mills' ratio that is exact at 0 and far out, and within 1 % between (Boyd 1959): erfc would
    /// take most of the time of a report.
    private static func halves(_ x: Double, base: Double, floor: Double) -> (above: Double, below: Double) {
        let distance = x.magnitude
        let mills = Double.pi / (2 * distance + (1.303_241 * distance * distance + 2 * .pi).squareRoot())
        let less = floor * 0.398_942 * mills
        let more = exp(base + 0.5 * x * x) - less
        return x > 0 ? (more, less) : (less, more)
    }

    /// Memory that goes up and down as a random walk does is churn, too.
    private mutating func addWalks(
        _ levels: [Double], _ sampling: [Double], best: Double, library: CurveLibrary
    ) {
        let count = levels.count
        for fluctuation in Self.fluctuations.dropFirst(2) {
            let (walk, jitter) = (4 * fluctuation.size * fluctuation.size, fluctuation.size * fluctuation.size / 16)
            var variances = sampling
            for row in 0..<count {
                for column in 0..<count {
                    variances[row * count + column] += walk * min(library.times[row], library.times[column])
                }
                variances[row * count + row] += jitter
            }
            let weight = 0.05 * exp(Projection(variances, levels: levels).logDensity - best)
            add(weight, to: .churn, variance: walk + 2 * jitter)
        }
    }

    /// Where nothing goes, it is hardly churn; where half of what comes goes again, growth must show all the more.
    private mutating func weighTurnover(came: Double, went: Double, oneMore: Double) {
        let share = came + oneMore > 0 ? went / (came + oneMore) : 0
        if share < 0.05 {
            probabilities[Kind.churn.rawValue] *= 0.02
        } else if share < 0.2 {
            probabilities[Kind.churn.rawValue] *= 0.2
        } else if share > 0.5 {
            for kind in [Kind.steady, .since, .slowing, .plateau, .step] { probabilities[kind.rawValue] /= 2 }
        }
    }
}

/// Levels in units of their errors, with what a constant explains taken away.
private struct Projection {
    /// ln of the density of the levels, up to a constant that all have.
    let logDensity: Double
    /// Squares that the constant leaves.
    let remainder: Double
    private let factor: Cholesky
    /// The constant, whitened, of length 1.
    private let constant: [Double]
    private let levels: [Double]

    init(_ variances: [Double], levels: [Double]) {
        factor = Cholesky(variances, count: levels.count)
        var whitened = levels.map { SIMD8(1, $0, 0, 0, 0, 0, 0, 0) }
        factor.whiten(whitened, at: 0, into: &whitened)
        let length = whitened.reduce(0) { $0 + $1[0] * $1[0] }
        let constant = whitened.map { $0[0] / length.squareRoot() }
        let along = zip(constant, whitened).reduce(0) { $0 + $1.0 * $1.1[1] }
        self.constant = constant
        self.levels = zip(constant, whitened).map { $1[1] - $0 * along }
        remainder = self.levels.reduce(0) { $0 + $1 * $1 }
        logDensity = -factor.logDiagonal - 0.5 * log(length) - 0.5 * remainder
    }

    /// f̃·f̃ and f̃·ỹ of eight curves.
    func fit(
        _ heights: [SIMD8<Double>], at offset: Int, _ whitened: inout [SIMD8<Double>]
    ) -> (square: SIMD8<Double>, product: SIMD8<Double>) {
        factor.whiten(heights, at: offset, into: &whitened)
        var (square, along, product) = (SIMD8<Double>.zero, SIMD8<Double>.zero, SIMD8<Double>.zero)
        for index in 0..<factor.count {
            square += whitened[index] * whitened[index]
            along += whitened[index] * constant[index]
            product += whitened[index] * levels[index]
        }
        return (pointwiseMax(.zero, square - along * along), product)
    }
}

extension CurveLibrary.Class {
    var meaning: CourseEvidence.Kind {
        switch self {
        case .line, .accelerating: .steady
        case .bend, .stepOnLine: .since
        case .step: .step
        case .slowing: .slowing
        case .plateau: .plateau
        case .wave: .churn
        }
    }

    /// Whether it ends higher than it begins.
    var rises: Bool { self != .wave }
    /// Whether it is growth that goes on.
    var grows: Bool { meaning == .steady || meaning == .since }
    var slows: Bool { self == .slowing || self == .plateau }
}
