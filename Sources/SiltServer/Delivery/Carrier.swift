// SPDX-License-Identifier: Apache-2.0
//
// HTTP to the servers that profiles are pushed to: the one file that knows its library. It sends once; whether to send
// again is decided elsewhere.

#if Serve
    import AsyncHTTPClient
    import NIOCore
    import NIOHTTP1
    import NIOSSL
    import SiltDriver

    /// Takes a message to its server; a test has one of its own.
    protocol Carrier: Sendable {
        /// - Throws: if there was no answer, in words of the network.
        func send(_ message: PushMessage) async throws -> PushAnswer
    }

    /// Over the network, with TLS where the address says https.
    struct HttpCarrier: Carrier {
        private let client: HTTPClient
        /// What the operator wants to be sent along, such as a token.
        private let headers: [(name: String, value: String)]
        private let patience: Duration

        /// An answer of ours is a few bytes; nothing beyond is read.
        private static let longestAnswer = 1 << 16

        /// - Parameter authorities: a file with certificates, instead of those that this system trusts.
        /// - Throws: ``Failure`` if there are none in it.
        init(
            headers: [(name: String, value: String)] = [], authorities: String? = nil, patience: Duration = .seconds(10)
        ) throws(Failure) {
            self.headers = headers
            self.patience = patience
            // A profile goes to the server that was named, and to no other.
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout.connect = .seconds(5)
            if let authorities {
                var tls = TLSConfiguration.makeClientConfiguration()
                do {
                    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
                } catch {
                    throw .input("\(authorities): no certificates can be read from it")
                }
                configuration.tlsConfiguration = tls
            }
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }

        func send(_ message: PushMessage) async throws -> PushAnswer {
            var request = HTTPClientRequest(url: message.url)
            request.method = .POST
            request.headers.add(name: "User-Agent", value: "silt")
            for header in message.headers + headers {
                request.headers.replaceOrAdd(name: header.name, value: header.value)
            }
            request.body = .bytes(ByteBuffer(bytes: message.body))
            let response = try await client.execute(request, deadline: .now() + TimeAmount(patience))
            let body = try? await response.body.collect(upTo: Self.longestAnswer)
            return PushAnswer(
                status: response.status.code, retryAfter: response.headers.first(name: "Retry-After"),
                body: body.map { Array($0.readableBytesView) } ?? [])
        }

        func close() async { try? await client.shutdown() }
    }
#endif
