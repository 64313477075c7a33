// SPDX-License-Identifier: Apache-2.0
//
// Student's t distribution, for means whose variance is itself estimated from few values. Numerics only.

import Glibc

/// Student's t distribution; `freedom`, above 0, need not be whole.
struct StudentDistribution {
    let freedom: Double

    /// The probability of a value above `t`.
    ///
    /// The regularized incomplete beta function by Lentz's continued fraction (Press and others, "Numerical Recipes",
    /// section 6.4); beyond 1,000 degrees of freedom the normal approximation of Wallace (1959), there good to six digits.
    func probability(above t: Double) -> Double {
        if t < 0 { return 1 - probability(above: -t) }
        guard t.isFinite else { return 0 }
        if freedom > 1000 {
            let z = (8 * freedom + 1) / (8 * freedom + 3) * (freedom * log1p(t * t / freedom)).squareRoot()
            return normalProbability(-z)
        }
        let x = freedom / (freedom + t * t)
        let (a, b) = (freedom / 2, 0.5)
        let front = exp(Self.logGamma(a + b) - Self.logGamma(a) - Self.logGamma(b) + a * log(x) + b * log1p(-x))
        // The fraction converges on the lower side of the mean.
        if x < (a + 1) / (a + b + 2) { return front * Self.fraction(a, b, x) / a / 2 }
        return (1 - front * Self.fraction(b, a, 1 - x) / b) / 2
    }

    /// The value that is exceeded with this probability, of at most one half.
    func quantile(above probability: Double) -> Double {
        var high = 2.0
        while high < 1e9, self.probability(above: high) > probability { high *= 2 }
        return root(from: 0, to: high) { probability - self.probability(above: $0) }
    }

    private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
        func nonzero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var c = 1.0
        var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
        var fraction = d
        for m in 1...300 {
            let m = Double(m)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            var change = 1.0
            for term in [even, odd] {
                d = 1 / nonzero(1 + term * d)
                c = nonzero(1 + term / c)
                change = d * c
                fraction *= change
            }
            if abs(change - 1) < 1e-13 { break }
        }
        return fraction
    }

    private static func logGamma(_ a: Double) -> Double {
        let (value, _): (Double, Int) = lgamma(a)
        return value
    }
}
