// SPDX-License-Identifier: Apache-2.0
//
// What is kept of sessions at rest, and that it is not ever more.

#if Serve
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct KeptValuesTests {
        @Test func whatWasNotAskedForLatelyGoesFirst() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let target = try #require(try await host.workshop.targets().first)
            let kept = KeptValues<Int>(room: 8) { _ in 1 }
            for number in 0..<100 {
                let made = try kept.value("\(number)", of: target) { number }
                #expect(made.isNew && made.value == number)
            }
            #expect(kept.value("99", of: target) == 99)
            #expect(kept.value("0", of: target) == nil)
            #expect((1...10).contains((0..<100).count { kept.value("\($0)", of: target) != nil }))
            #expect(!program.hasEnded)
        }
    }
#endif
