// SPDX-License-Identifier: Apache-2.0
//
// How long to wait after the n-th failure: twice as long each time, and never the same for two senders, so that a server
// that comes back is not met by all of them at once.

#if Serve
    /// The waits of one sender.
    struct Backoff: Sendable {
        private static let first = Duration.seconds(1)
        static let longest = Duration.seconds(60)

        private var failures = 0

        /// After a success.
        mutating func reset() { failures = 0 }

        /// After a failure: half of the wait is certain, the other half is left to chance.
        mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
            let whole = min(Self.first * (1 << min(failures, 10)), Self.longest)
            failures += 1
            return whole / 2 + whole * Double.random(in: 0...0.5, using: &random)
        }
    }
#endif
