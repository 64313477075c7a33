// SPDX-License-Identifier: Apache-2.0
//
// A response as a plain value, and the headers that each kind of response has.

/// What a client gets.
package struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    private init(_ status: Int, type: String, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        // What is asked again is read again; nobody may guess another type, or put it into a page of another site.
        self.headers =
            [
                ("Content-Type", type), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ] + headers
        self.body = body
    }

    static func text(_ text: String) -> Answer { self.text(bytes: Array(text.utf8)) }

    static func text(bytes: [UInt8], type: String = "text/plain; charset=utf-8") -> Answer {
        Answer(200, type: type, body: bytes)
    }

    static func json(_ bytes: [UInt8]) -> Answer { Answer(200, type: "application/json", body: bytes) }

    /// A profile as pprof's tools and all scrapers want it: gzip in the body, without a word of it in the headers.
    static func profile(_ bytes: [UInt8], named name: String) -> Answer {
        Answer(
            200, type: "application/octet-stream",
            headers: [("Content-Disposition", "attachment; filename=\"\(name)\"")], body: bytes)
    }

    /// A page that may run its own scripts and ask nobody for anything; or this server, for data.
    static func page(_ bytes: [UInt8], mayAskHere: Bool = false) -> Answer {
        let policy =
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
            + (mayAskHere ? " connect-src 'self';" : "")
            + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        return Answer(
            200, type: "text/html; charset=utf-8",
            headers: [("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer")], body: bytes)
    }

    /// What went wrong, in words; `X-Go-Pprof` has `go tool pprof` show them.
    static func failure(_ status: Int, _ words: String, headers: [(name: String, value: String)] = []) -> Answer {
        Answer(
            status, type: "text/plain; charset=utf-8", headers: [("X-Go-Pprof", "1")] + headers,
            body: Array((words + "\n").utf8))
    }

    /// - Parameter path: relative to the path asked for.
    static func redirect(to path: String) -> Answer {
        Answer(308, type: "text/plain; charset=utf-8", headers: [("Location", path)], body: [])
    }

    /// Nil: there is no such header.
    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}
