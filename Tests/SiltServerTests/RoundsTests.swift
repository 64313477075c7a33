// SPDX-License-Identifier: Apache-2.0
//
// Work that is shared by those who ask, and never older than their question.

#if Serve
    import Synchronization
    import Testing

    @testable import SiltServer

    @Suite struct RoundsTests {
        private struct Trouble: Error {}

        /// How often work was done.
        private final class Count: Sendable {
            private let value = Atomic(0)

            var now: Int { value.load(ordering: .relaxed) }

            func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
        }

        @Test func anAnswerIsNeverOlderThanItsQuestion() async throws {
            let rounds = Rounds<Int, Int>()
            let count = Count()
            for expected in 1...5 {
                let value = try await rounds.value(for: 0) { count.next() }
                #expect(value == expected)
            }
        }

        @Test func manyShareARound() async throws {
            let rounds = Rounds<Int, Int>()
            let count = Count()
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let first = Task {
                try await rounds.value(for: 0) {
                    _ = count.next()
                    for await _ in gate { break }
                    return 0
                }
            }
            while count.now == 0 { await Task.yield() }
            // All of these ask while the first is under way: each stands in the actor's queue when it gives the thread back.
            let others = (0..<50).map { _ in
                Task.immediate { try await rounds.value(for: 0) { count.next() } }
            }
            open.yield()
            #expect(try await first.value == 0)
            var values: Set<Int> = []
            for other in others { values.insert(try await other.value) }
            #expect(values == [2])
            #expect(count.now == 2)
        }

        @Test func keysThatNobodyAsksForAgainAreForgotten() async throws {
            let rounds = Rounds<Int, Int>()
            for key in 1...5000 { #expect(try await rounds.value(for: key) { key } == key) }
            // One after the other, each for ten times as long as it took.
            #expect(await rounds.tracks.count < 500)
        }

        @Test func anErrorIsForAllAndForThatRoundOnly() async throws {
            let rounds = Rounds<Int, Int>()
            await #expect(throws: Trouble.self) { try await rounds.value(for: 0) { throw Trouble() } }
            #expect(try await rounds.value(for: 0) { 7 } == 7)
        }
    }
#endif
