// SPDX-License-Identifier: Apache-2.0
//
// Tells the merchant that a payment came. If the merchant's server never answers, each retry holds a thread for ever:
// the third leak, one of threads.

import Glibc
import Synchronization

final class WebhookRetry: Sendable {
    private let partnerAnswers: Bool
    private let waiting = Mutex(0)
    private let answer = Answer()

    init(partnerAnswers: Bool) {
        self.partnerAnswers = partnerAnswers
    }

    /// Starts a retry, unless the merchant answered at once.
    @inline(never)
    func schedule(merchant: String) {
        guard !partnerAnswers else { return }
        let started = startThread(stackSize: 64 << 10) { self.awaitAnswer(of: merchant) }
        if started { waiting.withLock { $0 += 1 } }
    }

    @inline(never)
    private func awaitAnswer(of merchant: String) {
        answer.wait()
        waiting.withLock { $0 -= 1 }
    }

    var count: Int {
        waiting.withLock { $0 }
    }
}

/// An answer that threads wait for, and that never comes.
private final class Answer: Sendable {
    private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private nonisolated(unsafe) let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    @inline(never)
    func wait() {
        pthread_mutex_lock(mutex)
        while true { pthread_cond_wait(arrived, mutex) }
    }
}
