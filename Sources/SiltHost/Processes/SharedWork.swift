// SPDX-License-Identifier: Apache-2.0
//
// Pieces of work that do not touch each other, done on several threads while the caller waits. It knows nothing of what the
// work is.

import Glibc
import Synchronization

/// What the pieces return, in order; each is done once, on this thread or on one of at most three helpers, as many as the
/// machine has cores.
///
/// - Parameter piece: called with 0 up to `count`, on any thread, several at the same time: what one piece writes, no other
///   may use.
package func shareOut<Result>(_ count: Int, _ piece: (Int) -> Result) -> [Result] {
    // Safe: each piece fills in its own element, and all of them have when runAll returns.
    unsafe [Result](unsafeUninitializedCapacity: count) { results, filled in
        nonisolated(unsafe) let results = unsafe results
        runAll(count) { number in unsafe results.initializeElement(at: number, to: piece(number)) }
        filled = count
    }
}

/// Returns when all pieces are done.
private func runAll(_ count: Int, _ piece: (Int) -> Void) {
    final class Work {
        let piece: (Int) -> Void
        let count: Int
        let next = Atomic<Int>(0)

        init(_ count: Int, _ piece: @escaping (Int) -> Void) {
            self.count = count
            self.piece = piece
        }

        func run() {
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < count else { return }
                piece(number)
            }
        }
    }
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    withoutActuallyEscaping(piece) { piece in
        let work = Work(count, piece)
        var helpers: [pthread_t] = []
        while helpers.count < min(cores, count, 4) - 1 {
            var helper = pthread_t()
            // Safe: `work` lives until every helper has been joined.
            let error = unsafe pthread_create(
                &helper, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().run()
                    return nil
                }, Unmanaged.passUnretained(work).toOpaque())
            // Where no thread may be made, this one does it all.
            guard error == 0 else { break }
            helpers.append(helper)
        }
        work.run()
        for helper in helpers { pthread_join(helper, nil) }
    }
}
