// SPDX-License-Identifier: Apache-2.0
//
// Work that is shared by those who ask, and never older than their question.

#if Serve
    import Synchronization
    import Testing

    @testable import SiltServer

    @Suite struct RoundsTests {
        private struct Trouble: Error {}

        @Test func anAnswerIsNeverOlderThanItsQuestion() async throws {
            let rounds = Rounds<Int, Int>()
            let count = Atomic(0)
            for expected in 1...5 {
                let value = try await rounds.value(for: 0) { count.wrappingAdd(1, ordering: .relaxed).newValue }
                #expect(value == expected)
            }
        }

        @Test func manyShareARound() async throws {
            let rounds = Rounds<Int, Int>()
            let count = Atomic(0)
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let first = Task {
                try await rounds.value(for: 0) {
                    count.add(1, ordering: .relaxed)
                    for await _ in gate { break }
                    return 0
                }
            }
            while count.load(ordering: .relaxed) == 0 { await Task.yield() }
            // All of these ask while the first is under way.
            let others = (0..<50).map { _ in
                Task { try await rounds.value(for: 0) { count.wrappingAdd(1, ordering: .relaxed).newValue } }
            }
            for _ in 0..<1000 { await Task.yield() }
            open.yield()
            #expect(try await first.value == 0)
            var values: Set<Int> = []
            for other in others { values.insert(try await other.value) }
            // The second round is for all of them, but for those that were late.
            #expect(values.contains(2))
            #expect(count.load(ordering: .relaxed) < 50)
        }

        @Test func anErrorIsForAllAndForThatRoundOnly() async throws {
            let rounds = Rounds<Int, Int>()
            await #expect(throws: Trouble.self) { try await rounds.value(for: 0) { throw Trouble() } }
            #expect(try await rounds.value(for: 0) { 7 } == 7)
        }
    }
#endif
