// SPDX-License-Identifier: Apache-2.0
//
// A server that takes profiles as Pyroscope and the OpenTelemetry collector do, with their rules, and that can be told to
// fail. In memory for most tests, and behind HTTP for those of the network.

#if Serve
    import HTTPTypes
    import Hummingbird
    import HummingbirdCore
    import HummingbirdTLS
    import Logging
    import NIOCore
    import NIOSSL
    import ServiceLifecycle
    import SiltHost
    import Synchronization
    import TestFixtures

    @testable import SiltPprof
    @testable import SiltServer

    /// Takes profiles and keeps them.
    final class FakeServer: Carrier {
        enum Trouble: Sendable {
            case status(UInt, retryAfter: String? = nil)
            /// No answer, as of a server that is not there.
            case noAnswer
            /// It takes the profile, and the answer is lost.
            case lostAnswer
        }

        private struct State {
            var taken: [Pushed] = []
            var troubles: [Trouble] = []
            var requests = 0
            var broken: [String] = []
        }

        struct NoAnswer: Error {}

        private let state = Mutex(State())

        var taken: [Pushed] { state.withLock(\.taken) }
        var requests: Int { state.withLock(\.requests) }
        /// Rules that profiles broke.
        var broken: [String] { state.withLock(\.broken) }

        /// What happens to the next requests, one after the other.
        func expect(_ troubles: Trouble...) { state.withLock { $0.troubles += troubles } }

        func send(_ message: PushMessage) async throws -> PushAnswer {
            guard let answer = answer(to: message.url, message.body) else { throw NoAnswer() }
            return answer
        }

        /// Nil: there is none.
        func answer(to url: String, _ body: [UInt8]) -> PushAnswer? {
            state.withLock { state in
                state.requests += 1
                let trouble = state.troubles.isEmpty ? nil : state.troubles.removeFirst()
                switch trouble {
                case .status(let status, let retryAfter):
                    return PushAnswer(status: status, retryAfter: retryAfter, body: Array("trouble".utf8))
                case .noAnswer: return nil
                case .lostAnswer, nil:
                    let broken = take(url, body, into: &state)
                    state.broken += broken
                    if trouble != nil { return nil }
                    return PushAnswer(
                        status: broken.isEmpty ? 200 : 400, retryAfter: nil,
                        body: Array(broken.joined(separator: "; ").utf8))
                }
            }
        }

        private func take(_ url: String, _ body: [UInt8], into state: inout State) -> [String] {
            if url.contains("/v1development/profiles") {
                guard let request = try? Gzip.unpack(body, limit: 1 << 26) else { return ["OTLP: no gzip"] }
                let fields = RawField.all(in: request[...]).map(\.number)
                guard fields.contains(1), fields.last == 2 else { return ["OTLP: no profiles or no dictionary"] }
                state.taken.append(Pushed(url: url, body: request))
                return []
            }
            let pushed: Pushed
            if url.contains("/ingest?") {
                pushed = Pushed(url: url, body: body)
            } else {
                guard let read = Pushed(pyroscope: body) else { return ["Pyroscope: no series"] }
                if (read.labels["service_name"] ?? "").isEmpty { return ["Pyroscope: service name is not provided"] }
                if read.labels["__name__"] == nil { return ["Pyroscope: invalid metric name"] }
                pushed = read
            }
            guard let message = try? Gzip.unpack(pushed.profile, limit: 1 << 26) else { return ["Pyroscope: no gzip"] }
            let isHeap = RawPprof(message).sampleTypes.count == 4
            let broken = ServerRules(now: Clock.realtime()).broken(by: message, meaning: isHeap ? .heap : .count)
            if broken.isEmpty { state.taken.append(pushed) }
            return broken
        }
    }

    /// The same behind HTTP.
    struct FakeResponder: HTTPResponder {
        typealias Context = BasicRequestContext

        let server: FakeServer

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            let body = try await request.body.collect(upTo: 1 << 24)
            let url = "http://\(request.head.authority ?? "")\(request.head.path ?? "")"
            guard let answer = server.answer(to: url, Array(body.readableBytesView)) else {
                try await Task.sleep(for: .seconds(60))
                throw FakeServer.NoAnswer()
            }
            var headers = HTTPFields()
            if let retryAfter = answer.retryAfter { headers[.retryAfter] = retryAfter }
            return Response(
                status: HTTPResponse.Status(code: Int(answer.status)), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        }

        /// Serves while `body` runs; it gets the address.
        ///
        /// - Parameter tls: nil: without.
        static func serving(_ server: FakeServer, tls: TLSConfiguration? = nil, _ body: (String) async throws -> Void)
            async throws
        {
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            let application = Application(
                responder: FakeResponder(server: server),
                server: try tls.map { try .tls(tlsConfiguration: $0) } ?? .http1(),
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) })
            // A connection that comes in while the server is cancelled ends the test program: it stops, and then is cancelled.
            var configuration = ServiceGroupConfiguration(services: [application], logger: Logger(label: "fake"))
            configuration.maximumGracefulShutdownDuration = .seconds(2)
            let services = ServiceGroup(configuration: configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await services.run() }
                for await number in ports.prefix(1) {
                    try await body("\(tls == nil ? "http" : "https")://localhost:\(number)")
                }
                await services.triggerGracefulShutdown()
            }
        }
    }
#endif
