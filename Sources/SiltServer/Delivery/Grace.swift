// SPDX-License-Identifier: Apache-2.0
//
// Lets what has begun come to its end although its service is being stopped: a profile whose answer is on its way would be
// sent again by the next server. Bounded, so that a server that is told to stop does stop.

#if Serve
    enum Grace {
        /// Shorter than the time after which service managers kill.
        private static let time = Duration.seconds(5)

        /// Does work that the caller's cancellation ends only some seconds later.
        ///
        /// - Throws: what `work` throws; CancellationError, with nothing done, if the caller is cancelled already.
        static func finish<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value
        {
            try Task.checkCancellation()
            // Not a child of the caller's task: it would be cancelled with it.
            let task = Task(operation: work)
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                Task {
                    try? await Task.sleep(for: Self.time)
                    task.cancel()
                }
            }
        }
    }
#endif
