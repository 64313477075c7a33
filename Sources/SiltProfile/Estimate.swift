// SPDX-License-Identifier: Apache-2.0
//
// The figure that a sample stands for, and how sure it is. The one place that knows the sampling law.

/// A sum over sampled allocations: its unbiased value and its estimated variance.
public struct Estimate: Hashable, Sendable {
    public var value: Double
    /// Estimated variance of `value`, in the square of its unit.
    public var variance: Double
    /// Samples that went in.
    public var samples: Int

    public static let zero = Estimate(value: 0, variance: 0, samples: 0)

    public init(value: Double, variance: Double, samples: Int) {
        self.value = value
        self.variance = variance
        self.samples = samples
    }

    /// The sum of two independent estimates.
    public static func + (a: Estimate, b: Estimate) -> Estimate {
        Estimate(value: a.value + b.value, variance: a.variance + b.variance, samples: a.samples + b.samples)
    }

    public static func += (a: inout Estimate, b: Estimate) { a = a + b }

    /// The difference of two independent estimates; its samples are those of both.
    public static func - (a: Estimate, b: Estimate) -> Estimate {
        Estimate(value: a.value - b.value, variance: a.variance + b.variance, samples: a.samples + b.samples)
    }
}
