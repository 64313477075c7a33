// SPDX-License-Identifier: Apache-2.0
//
// A courier and its server, step by step: troubles, restarts, and that nothing comes twice.

#if Serve
    import Logging
    import SiltDriver
    import SiltHost
    import SiltProfile
    import SiltSymbols
    import TestFixtures
    import Testing

    @testable import SiltPprof
    @testable import SiltServer

    @Suite struct CourierTests {
        private let directory: TemporaryDirectory
        private let server = FakeServer()
        private let workshop = Workshop(
            list: TargetList(directories: []), names: NameBook(options: Symbolizer.Options()))

        init() throws { directory = try TemporaryDirectory() }

        private func courier(over carrier: (any Carrier)? = nil) throws -> Courier {
            Courier(
                destination: try #require(Destination("http://pyroscope:4040")),
                outbox: try Outbox(folder: "\(directory.path)/queue", budget: 1 << 20), carrier: carrier ?? server,
                workshop: workshop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        private func parcel(_ number: Int, minutesOld: UInt64 = 0, isLast: Bool = false) -> Parcel {
            var profile = PprofFixture.small
            profile.time = Clock.realtime() - minutesOld * 60_000_000_000
            return Parcel(
                id: ParcelID(of: ["\(number)"]), time: profile.time, isLast: isLast,
                labels: [
                    Parcel.Label(name: "__name__", value: "memory"), Parcel.Label(name: "service_name", value: "shop"),
                    Parcel.Label(name: "number", value: "\(number)"),
                ], content: profile.pprofForServers())
        }

        private var numbers: [String] { server.taken.compactMap { $0.labels["number"] } }

        @Test func parcelsArriveOnceInTheirOrder() async throws {
            let courier = try courier()
            for number in 1...3 { try await courier.accept(parcel(number)) }
            var course = Courier.Course()
            for _ in 1...3 { #expect(try await courier.step(&course) == .goOn) }
            #expect(try await courier.step(&course) == .idle)
            #expect(numbers == ["1", "2", "3"])
            #expect(server.broken == [])
            #expect(courier.tally.delivered == 3)
            #expect(courier.outbox.count == 0)
        }

        @Test func troublesAreWaitedForAndNothingIsLost() async throws {
            let courier = try courier()
            for number in 1...2 { try await courier.accept(parcel(number)) }
            server.expect(.status(500), .noAnswer, .status(429, retryAfter: "120"), .status(404))
            var course = Courier.Course()
            var rests: [Duration] = []
            while case .rest(let time) = try await courier.step(&course) { rests.append(time) }
            #expect(rests.count == 4)
            #expect(rests[0] >= .milliseconds(500) && rests[0] <= .seconds(1))
            #expect(rests[1] >= .seconds(1) && rests[1] <= .seconds(2))
            #expect(rests[2] == .seconds(120))
            #expect(try await courier.step(&course) == .goOn)
            #expect(numbers == ["1", "2"])
            #expect(courier.tally.failures == 4)
        }

        @Test func whatIsRefusedIsCountedAndHoldsUpNobody() async throws {
            let courier = try courier()
            var bad = parcel(1)
            bad.content = PprofFixture.diff.pprofForServers()
            try await courier.accept(bad)
            try await courier.accept(parcel(2))
            var course = Courier.Course()
            while try await courier.step(&course) != .idle {}
            #expect(numbers == ["2"])
            #expect(courier.tally.dropped == ["refused": 1])
        }

        @Test func aRestartInTheMiddleSendsNothingTwice() async throws {
            let first = try courier()
            for number in 1...5 { try await first.accept(parcel(number)) }
            var course = Courier.Course()
            for _ in 1...2 { _ = try await first.step(&course) }
            // The first one is gone without a word, as after SIGKILL.
            let second = try courier()
            course = Courier.Course()
            while try await second.step(&course) != .idle {}
            #expect(numbers == ["1", "2", "3", "4", "5"])
        }

        @Test func anAnswerThatIsLostLeadsToTheSameBytesUnderTheSameId() async throws {
            let courier = try courier()
            try await courier.accept(parcel(1))
            server.expect(.lostAnswer)
            var course = Courier.Course()
            while try await courier.step(&course) != .idle {}
            #expect(server.taken.count == 2)
            #expect(Set(server.taken.map(\.id)).count == 1)
            #expect(server.taken[0].profile == server.taken[1].profile)
        }

        /// Takes its time, unless it is cancelled.
        private struct SlowCarrier: Carrier {
            let server: FakeServer
            let begun: AsyncStream<Void>.Continuation

            func send(_ message: PushMessage) async throws -> PushAnswer {
                begun.yield()
                try await Task.sleep(for: .milliseconds(100))
                return try await server.send(message)
            }
        }

        @Test func anAnswerThatIsOnItsWayIsWaitedForWhenTheServerStops() async throws {
            let (begins, begun) = AsyncStream.makeStream(of: Void.self)
            let courier = try courier(over: SlowCarrier(server: server, begun: begun))
            for number in 1...2 { try await courier.accept(parcel(number)) }
            let running = Task { try await courier.run() }
            for await _ in begins { break }
            running.cancel()
            _ = await running.result
            // Delivered and forgotten; the other one was not begun.
            #expect(numbers == ["1"])
            #expect(courier.outbox.next()?.id == parcel(2).id)
        }

        @Test func whatIsOldIsDroppedButTheLastOfAProcessIsNot() async throws {
            let courier = try courier()
            try await courier.accept(parcel(1, minutesOld: 90))
            try await courier.accept(parcel(2, minutesOld: 90, isLast: true))
            var course = Courier.Course()
            while try await courier.step(&course) != .idle {}
            #expect(numbers == ["2"])
            #expect(server.broken == [])
            #expect(courier.tally.dropped == ["refused": 1])
        }

        @Test func theLastOfAProcessDoesNotWaitForOthers() async throws {
            let courier = try courier()
            try await courier.accept(parcel(1))
            server.expect(.status(503, retryAfter: "300"))
            let running = Task { try await courier.run() }
            defer { running.cancel() }
            while server.requests == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await courier.accept(parcel(2, isLast: true))
            while server.taken.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(numbers.first == "2")
        }

        // MARK: The network

        private func message(to url: String) throws -> PushMessage {
            let destination = try #require(Destination(url))
            return try #require(PushMessage(parcel(1), to: destination, now: Clock.realtime()))
        }

        @Test func overHttpProfilesArrive() async throws {
            try await FakeResponder.serving(server) { address in
                // A busy machine may take its time.
                let carrier = try HttpCarrier(headers: [("X-Scope-OrgID", "team")], patience: .seconds(60))
                for url in [address, address + "/ingest"] {
                    #expect(try await carrier.send(message(to: url)).status == 200)
                }
                server.expect(.status(429, retryAfter: "9"))
                let answer = try await carrier.send(message(to: address))
                #expect(answer.status == 429 && answer.retryAfter == "9")
                #expect(answer.body == Array("trouble".utf8))
            }
            #expect(server.taken.count == 2)
            #expect(server.broken == [])
        }

        @Test(.enabled(if: Authority.isPossible, "there is no openssl"))
        func overHttpsTheyArriveAtWhomTheAuthorityVouchesFor() async throws {
            let authority = try Authority()
            let trusting = try HttpCarrier(authorities: authority.certificate, patience: .seconds(60))
            let stranger = try HttpCarrier(patience: .seconds(60))
            try await FakeResponder.serving(server, tls: authority.configuration(of: "localhost")) { address in
                let answer = try await trusting.send(message(to: address))
                #expect(answer.status == 200)
                await #expect(throws: (any Error).self) { _ = try await stranger.send(message(to: address)) }
            }
            try await FakeResponder.serving(server, tls: authority.configuration(of: "elsewhere.example")) { address in
                await #expect(throws: (any Error).self) { _ = try await trusting.send(message(to: address)) }
            }
            #expect(server.taken.count == 1)
        }

        @Test func aFileWithoutCertificatesIsRefused() throws {
            #expect(throws: Failure.self) { _ = try HttpCarrier(authorities: "/etc/passwd") }
            #expect(throws: Failure.self) { _ = try HttpCarrier(authorities: "\(directory.path)/none") }
        }

        @Test func withoutAnAnswerItGivesUp() async throws {
            try await FakeResponder.serving(server) { address in
                server.expect(.noAnswer)
                let carrier = try HttpCarrier(patience: .milliseconds(300))
                await #expect(throws: (any Error).self) { _ = try await carrier.send(message(to: address)) }
                // Nobody listens at the first port.
                await #expect(throws: (any Error).self) {
                    _ = try await carrier.send(message(to: "http://127.0.0.1:1"))
                }
            }
        }
    }
#endif
