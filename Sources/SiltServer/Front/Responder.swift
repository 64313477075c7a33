// SPDX-License-Identifier: Apache-2.0
//
// Between HTTP and the site: a request becomes a question, an answer a response. The limits on requests that HTTP itself
// sets are in the server's configuration.

#if Serve
    import HTTPTypes
    import Hummingbird
    import HummingbirdCore
    import Logging
    import NIOCore

    struct Responder: HTTPResponder {
        typealias Context = BasicRequestContext

        let site: Site

        /// A longer first line is nobody's honest question.
        static let longestTarget = 4096

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            let target = request.head.path ?? ""
            guard target.utf8.count <= Self.longestTarget else { return response(.failure(414, "that is too long")) }
            guard let question = question(request, target) else {
                return response(.failure(400, "the address makes no sense"))
            }
            let answer = await site.answer(question) { try await Self.body(of: request) }
            return response(answer, isHead: question.method == "HEAD")
        }

        /// So many addresses have the largest text profiles.
        private static let longestBody = 1 << 20
        private static let patience = Duration.seconds(10)

        private static func body(of request: Request) async throws -> [UInt8] {
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask {
                    do {
                        return Array(try await request.body.collect(upTo: longestBody).readableBytesView)
                    } catch is NIOTooManyBytesError {
                        throw BadBody(status: 413, words: "a body has at most 1 MiB")
                    }
                }
                group.addTask {
                    try await Task.sleep(for: patience)
                    throw BadBody(status: 408, words: "the body takes too long")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        }

        private func question(_ request: Request, _ target: String) -> Question? {
            let length = request.headers[.contentLength]
            let hasBody = (length != nil && length != "0") || request.headers[.transferEncoding] != nil
            return Question(
                method: request.method.rawValue, target: target, host: request.head.authority,
                authorization: request.headers[.authorization], accept: request.headers[.accept],
                origin: request.headers[.origin], hasBody: hasBody)
        }

        private func response(_ answer: Answer, isHead: Bool = false) -> Response {
            var headers = HTTPFields()
            for (name, value) in answer.headers {
                guard let name = HTTPField.Name(name) else { continue }
                headers.append(HTTPField(name: name, value: value))
            }
            let response = Response(
                status: HTTPResponse.Status(code: answer.status), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
            return isHead ? response.createHeadResponse() : response
        }
    }
#endif
