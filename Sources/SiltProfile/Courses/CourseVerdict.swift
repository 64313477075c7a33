// SPDX-License-Identifier: Apache-2.0
//
// What is said of a course: the words, and what stands behind them. No rule stands here; those are CourseJudge's.

extension Course {
    /// What memory did.
    package enum Shape: Hashable, Sendable {
        /// It grows on and on: a leak.
        case steady
        /// It has grown on and on since the snapshot of this index: a leak that began inside the window.
        case since(Int)
        /// It grows less and less: a warm-up.
        case slowing
        /// It grew once, on the way to the snapshot of this index, and not since: a cache that filled.
        case step(Int)
        /// It goes up and down.
        case churn
        /// Nothing happens.
        case flat
        /// It gets less.
        case shrinking
        /// The data do not exclude the other courses.
        case undecided

        /// Whether it is growth that goes on.
        package var isGrowth: Bool {
            switch self {
            case .steady, .since: true
            case .slowing, .step, .churn, .flat, .shrinking, .undecided: false
            }
        }
    }

    /// What is said of a course, with what it rests on.
    package struct Verdict: Hashable, Sendable {
        package var shape: Shape
        /// The course that explains the data best; never ``Shape/undecided``.
        package var likeliest: Shape
        /// That of ``likeliest``, given that memory follows some course of the library.
        package var probability: Double
        /// The probability that memory grows on and on, whether all the time or since some snapshot.
        package var growing: Double
        /// Of ``Shape/steady``, ``Shape/since(_:)`` and ``Shape/slowing`` how fast it grows now; of ``Shape/undecided``
        /// how fast if it grows. Nil of all others, and where nothing points to growth.
        package var rate: Rate?
        /// The variance of the last level less the first that comes from the program's own fluctuation, in bytes squared.
        var variation = 0.0
        /// What ``rate`` is made of, in bytes per second.
        var rates: NormalMixture?

        /// How improbable the data are if a course that grows does so by at most `limit` bytes per second.
        func evidence(rateExceeds limit: Double) -> Double {
            shape.isGrowth ? rates?.probability(atMost: limit) ?? 1 : 1
        }
    }

    /// Bytes per second at the last snapshot.
    package struct Rate: Hashable, Sendable {
        package var value: Double
        /// 95 %; of an undecided course from 0 to the rate that is not exceeded in 97.5 %, growth or not. It contains the error of sampling, the program's own fluctuation, and that the true course may be another
        /// one of the library.
        package var interval: Interval
    }
}
