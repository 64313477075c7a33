// SPDX-License-Identifier: Apache-2.0
//
// `silt serve --push` as its users run it, killed and started again in the middle, with a server that has troubles.

#if Serve
    import Glibc
    import SiltHost
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite(.timeLimit(.minutes(10))) struct PushingTests {
        private let bench: Workbench

        init() throws { bench = try Workbench() }

        private func program() throws -> Program {
            let build = absolutePath(".build")
            let program = try Program(
                ["\(build)/programs/Hog"],
                environment: [
                    ("LD_PRELOAD", "\(build)/shim/libsilt.so"), ("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1"),
                ])
            _ = try program.lines(through: "ready")
            return program
        }

        private func serve(options: [String], authority: Authority? = nil) throws -> Program {
            let server = try Program(
                [
                    "\(ownFolder())/silt", "serve", "--listen", "127.0.0.1:0", "--dir", bench.directory,
                    "--push-interval", "1s", "--push-dir", bench.path("push"),
                ] + options, environment: authority.map { [("SSL_CERT_FILE", $0.certificate)] } ?? [])
            _ = try server.lines(through: "serving at ")
            return server
        }

        /// What a server keeps that knows ids: a profile whose answer was lost is sent once more, which is the very next that
        /// a courier sends.
        private func kept(_ taken: [Pushed]) -> [Pushed] {
            taken.enumerated().filter { index, pushed in index == 0 || taken[index - 1].id != pushed.id }.map(\.element)
        }

        @Test func aRestartInTheMiddlePushesNothingTwice() async throws {
            let victim = try program()
            let fake = FakeServer()
            try await FakeResponder.serving(fake) { address in
                let options = ["--push", address, "--push", "\(address)/ingest", "--push", "otlp+\(address)"]
                for round in 1...3 {
                    let server = try serve(options: options)
                    if round == 2 { fake.expect(.status(500), .status(429, retryAfter: "0"), .status(503)) }
                    let before = fake.taken.count
                    while fake.taken.count < before + 8 { try await Task.sleep(for: .milliseconds(20)) }
                    server.signal(round == 3 ? SIGTERM : SIGKILL)
                    _ = try server.finish()
                }
            }
            #expect(fake.broken == [])
            let ids = kept(fake.taken.filter { !$0.labels.isEmpty }).map(\.id)
            #expect(Set(ids).count == ids.count)
            #expect(Set(fake.taken.map(\.destination)) == ["Push", "ingest", "profiles"])
            #expect(!victim.hasEnded)
        }

        @Test(.enabled(if: Authority.isPossible, "there is no openssl"))
        func overHttpsWithAnAuthorityOfOnesOwn() async throws {
            let victim = try program()
            let authority = try Authority()
            let fake = FakeServer()
            try await FakeResponder.serving(fake, tls: authority.configuration(of: "localhost")) { address in
                let server = try serve(options: ["--push", address, "--push", "otlp+\(address)"], authority: authority)
                while Set(fake.taken.map(\.destination)).count < 2 { try await Task.sleep(for: .milliseconds(20)) }
                server.signal(SIGTERM)
                #expect(try server.finish().status == 0)
            }
            #expect(fake.broken == [])
            #expect(!victim.hasEnded)
        }

        @Test func whatIsKilledIsPushedOnceAlsoIfNoServerWasThere() async throws {
            let fake = FakeServer()
            try await FakeResponder.serving(fake) { address in
                for round in 1...2 {
                    let victim = try program()
                    victim.signal(SIGKILL)
                    _ = try victim.finish()
                    let server = try serve(options: ["--push", address])
                    while kept(fake.taken).count < 2 * round { try await Task.sleep(for: .milliseconds(20)) }
                    server.signal(SIGTERM)
                    #expect(try server.finish().status == 0)
                    let last = kept(fake.taken).suffix(2)
                    #expect(last.map { $0.labels["pid"] } == ["\(victim.pid)", "\(victim.pid)"])
                    #expect(last.map { $0.labels["reason"] } == ["killed", "killed"])
                    #expect(Set(last.map { $0.labels["__name__"] }) == ["memory", "goroutine"])
                }
            }
            // An answer that takes longer than a courier waits is lost, on a machine that is busy enough.
            #expect(kept(fake.taken).count == 4)
        }
    }
#endif
