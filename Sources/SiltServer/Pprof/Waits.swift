// SPDX-License-Identifier: Apache-2.0
//
// How many clients may wait for a difference at the same time: each keeps a session in memory meanwhile.

#if Serve
    /// Counts those who wait.
    actor Waits {
        private let most: Int
        private var count = 0

        init(most: Int) { self.most = most }

        /// - Throws: ``Busy`` at once if there are as many as may be; else what `work` throws.
        func hold<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
            guard count < most else { throw Busy() }
            count += 1
            defer { count -= 1 }
            return try await work()
        }
    }

    /// So many ask for the same that the client should come later.
    struct Busy: Error {}
#endif
