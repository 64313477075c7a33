// SPDX-License-Identifier: Apache-2.0
//
// The gamma distribution, for intervals about sums of a few samples. Numerics only: it knows nothing of sampling.

import Glibc

/// A gamma distribution; one of mean and variance zero is the point 0.
struct GammaDistribution {
    let shape: Double
    let scale: Double

    init(shape: Double, scale: Double) {
        self.shape = shape
        self.scale = scale
    }

    /// The one with these moments.
    init(mean: Double, variance: Double) {
        let isSpread = mean > 0 && variance > 0
        shape = isSpread ? mean * mean / variance : 0
        scale = isSpread ? variance / mean : 0
    }

    var isPoint: Bool { shape <= 0 || scale <= 0 }
    var mean: Double { shape * scale }
    var variance: Double { shape * scale * scale }

    /// The probability of a value of at most `x`.
    func probability(atMost x: Double) -> Double {
        if isPoint { return x >= 0 ? 1 : 0 }
        return x > 0 ? Self.regularized(shape: shape, x / scale) : 0
    }

    /// The value that is not exceeded with this probability.
    func quantile(_ probability: Double) -> Double {
        root(from: 0, to: farOut) { self.probability(atMost: $0) - probability }
    }

    /// Beyond any quantile that is asked for.
    var farOut: Double { mean + 10 * variance.squareRoot() + 10 * scale }

    /// Points and weights that sum a smooth function over the distribution; the weights add up to 1.
    ///
    /// The trapezoidal rule in ln x, where the density is analytic and falls off on both sides, so that the error
    /// shrinks exponentially with the number of points (Trefethen and Weideman 2014). What lies below the first
    /// point, a probability of 10⁻⁸ unless the shape is far below 1, is put there.
    func forEachPoint(_ body: (_ x: Double, _ weight: Double) -> Void) {
        if isPoint { return body(0, 1) }
        let logGamma = Self.logGamma(shape)
        let belowFirst = 1e-8
        let leftTail = exp(max((log(belowFirst) + Self.logGamma(shape + 1)) / shape, log(1e-9)))
        let left = max(shape - 6 * shape.squareRoot(), leftTail)
        let right = shape + 8 * shape.squareRoot() + 20
        let width = log(right / left)
        // Of a shape beyond 10^30 the spread is lost in rounding.
        guard width > 0, width.isFinite else { return body(mean, 1) }
        let steps = max(1, Int(saturating: (width / min(0.3, 0.5 / shape.squareRoot())).rounded(.up)))
        let step = width / Double(steps)
        let first = Self.regularized(shape: shape, left)
        var weights = (0...steps).map { index in
            let v = log(left) + Double(index) * step
            return exp(shape * v - exp(v) - logGamma) * step
        }
        weights[0] /= 2
        weights[steps] /= 2
        let factor = (1 - first) / weights.reduce(0, +)
        body(left * scale, first + weights[0] * factor)
        for index in 1...steps {
            body(left * exp(Double(index) * step) * scale, weights[index] * factor)
        }
    }

    /// The probability that the difference of two independent variables is at most `x`.
    ///
    /// Integrated over the narrower of the two, or, where that has its density at 0, over the one for which the other's
    /// distribution is smooth all the way. The second also counts as narrower where both are alike to a thousandth: rounding
    /// of a figure must not change which one it is, for the two integrals differ by some thousandths.
    static func probability(
        of first: GammaDistribution, minus second: GammaDistribution, atMost x: Double
    ) -> Double {
        let isFirstNarrower = first.variance < second.variance * (1 - 1e-3)
        let isPeaked = (isFirstNarrower ? first : second).shape > 3
        var sum = 0.0
        if isPeaked || second.isPoint || first.isPoint ? isFirstNarrower : x < 0 {
            first.forEachPoint { sum += $1 * (1 - second.probability(atMost: $0 - x)) }
        } else {
            second.forEachPoint { sum += $1 * first.probability(atMost: x + $0) }
        }
        return sum
    }

    /// The lower regularized incomplete gamma function P(a, x).
    ///
    /// The power series below a + 1, Lentz's continued fraction above (both: Press and others, "Numerical Recipes",
    /// section 6.2); beyond a = 1000 the approximation of Wilson and Hilferty (1931), there good to six digits.
    private static func regularized(shape a: Double, _ x: Double) -> Double {
        if a > 1000 {
            let spread = (1 / (9 * a)).squareRoot()
            let z = (cbrt(x / a) - 1 + 1 / (9 * a)) / spread
            return 0.5 * erfc(-z / 2.0.squareRoot())
        }
        let front = exp(a * log(x) - x - logGamma(a))
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var n = a
            while term > sum * 1e-13 {
                n += 1
                term *= x / n
                sum += term
            }
            return min(1, sum * front)
        }
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var fraction = d
        for i in 1...1000 {
            let numerator = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / nonzero(numerator * d + b, tiny)
            c = nonzero(b + numerator / c, tiny)
            fraction *= d * c
            if abs(d * c - 1) < 1e-13 { break }
        }
        return max(0, 1 - fraction * front)
    }

    private static func logGamma(_ a: Double) -> Double {
        let (value, _): (Double, Int) = lgamma(a)
        return value
    }

    private static func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }
}
