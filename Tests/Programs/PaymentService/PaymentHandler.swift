// SPDX-License-Identifier: Apache-2.0
//
// Turns requests into calls of the processor, and their results into answers.

final class PaymentHandler: Sendable {
    private let processor: PaymentProcessor

    init(processor: PaymentProcessor) {
        self.processor = processor
    }

    @inline(never)
    func respond(to request: Request) -> [UInt8] {
        let response =
            switch (request.method, request.path) {
            case ("POST", "/pay"): pay(request)
            case ("GET", "/healthz"): Response(status: "200 OK", body: "{\"ok\":true}")
            case ("GET", "/stats"): stats()
            default: Response(status: "404 Not Found", body: "{\"error\":\"no such path\"}")
            }
        return response.encoded()
    }

    @inline(never)
    private func pay(_ request: Request) -> Response {
        guard let payment = Payment(json: request.body) else {
            return Response(status: "400 Bad Request", body: "{\"error\":\"not a payment\"}")
        }
        guard let receipt = processor.charge(payment) else {
            return Response(status: "422 Unprocessable Content", body: "{\"error\":\"unknown merchant\"}")
        }
        return Response(status: "200 OK", body: receipt)
    }

    private func stats() -> Response {
        let stats = processor.stats()
        let body = """
            {"tokens":\(stats.tokens),"token_bytes":\(stats.tokenBytes),\
            "pools":\(stats.pools),"retries":\(stats.retries)}
            """
        return Response(status: "200 OK", body: body)
    }
}
