// SPDX-License-Identifier: Apache-2.0
//
// HTTP to the servers that profiles are pushed to: the one file that knows how. It sends once; whether to send again is
// decided elsewhere. One connection for each message, since a message comes every quarter of a minute; what a client
// with a pool of them needs is a tenth of silt.

#if Serve
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import SiltDriver

    /// Takes a message to its server; a test has one of its own.
    protocol Carrier: Sendable {
        /// - Throws: if there was no answer, in words of the network.
        func send(_ message: PushMessage) async throws -> PushAnswer
    }

    /// Over the network, with TLS where the address says https. Redirections are not followed: a profile goes to the server
    /// that was named, and to no other.
    struct HttpCarrier: Carrier {
        private let tls: NIOSSLContext
        /// What the operator wants to be sent along, such as a token.
        private let headers: [(name: String, value: String)]
        private let patience: TimeAmount

        /// - Parameter authorities: a file with certificates, instead of those that this system trusts.
        /// - Throws: ``Failure`` if there are none in it.
        init(
            headers: [(name: String, value: String)] = [], authorities: String? = nil, patience: Duration = .seconds(10)
        ) throws(Failure) {
            self.headers = headers
            self.patience = TimeAmount(patience)
            do {
                var configuration = TLSConfiguration.makeClientConfiguration()
                if let authorities {
                    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
                }
                tls = try NIOSSLContext(configuration: configuration)
            } catch {
                throw .input("\(authorities ?? "this system's authorities"): no certificates can be read from it")
            }
        }

        func send(_ message: PushMessage) async throws -> PushAnswer {
            let place = try PushPlace(message.url)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let answer = loop.makePromise(of: PushAnswer.self)
            // A name server that does not answer must not hold anybody up either.
            let alarm = loop.scheduleTask(in: patience) { answer.fail(Trouble.noAnswer) }
            answer.futureResult.whenComplete { _ in alarm.cancel() }
            connect(to: place, on: loop, answer).whenComplete { result in
                switch result {
                case .success(let channel):
                    answer.futureResult.whenComplete { _ in channel.close(promise: nil) }
                    write(message, to: place, on: channel, answer)
                case .failure(let error): answer.fail(error)
                }
            }
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(CancellationError())
            }
        }

        private func connect(
            to place: PushPlace, on loop: any EventLoop, _ answer: EventLoopPromise<PushAnswer>
        ) -> EventLoopFuture<any Channel> {
            ClientBootstrap(group: loop).connectTimeout(min(.seconds(5), patience)).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if place.isSecure {
                        let name = place.isNumeric ? nil : place.host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerReader(answer))
                }
            }.connect(host: place.host, port: place.port)
        }

        private func write(
            _ message: PushMessage, to place: PushPlace, on channel: any Channel,
            _ answer: EventLoopPromise<PushAnswer>
        ) {
            var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: place.path)
            head.headers.add(name: "Host", value: place.authority)
            head.headers.add(name: "Content-Length", value: "\(message.body.count)")
            head.headers.add(name: "Connection", value: "close")
            head.headers.add(name: "User-Agent", value: "silt")
            for header in message.headers + headers {
                head.headers.replaceOrAdd(name: header.name, value: header.value)
            }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: message.body))), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { answer.fail($0) }
        }

        fileprivate enum Trouble: Error, CustomStringConvertible {
            case noAnswer, closed

            var description: String {
                switch self {
                case .noAnswer: "no answer in time"
                case .closed: "the connection was closed before an answer came"
                }
            }
        }
    }

    /// Collects an answer. Beyond a few bytes nothing of its body is kept.
    private final class AnswerReader: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private static let longest = 1 << 16
        private let promise: EventLoopPromise<PushAnswer>
        private var answer: PushAnswer?

        init(_ promise: EventLoopPromise<PushAnswer>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                answer = PushAnswer(
                    status: head.status.code, retryAfter: head.headers.first(name: "Retry-After"), body: [])
            case .body(let bytes):
                let room = Self.longest - (answer?.body.count ?? 0)
                answer?.body += bytes.readableBytesView.prefix(room)
            case .end:
                if let answer { promise.succeed(answer) }
            }
        }

        // Its answer is known where the head has come.
        func channelInactive(context: ChannelHandlerContext) {
            if let answer { promise.succeed(answer) } else { promise.fail(HttpCarrier.Trouble.closed) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let answer { promise.succeed(answer) } else { promise.fail(error) }
            context.close(promise: nil)
        }
    }
#endif
