// SPDX-License-Identifier: Apache-2.0
//
// A request as a plain value: what is asked, and by whose leave. Nothing in it is believed, and nothing of HTTP's
// machinery shows.

/// What a client asks.
package struct Question: Sendable {
    var method: String
    /// The parts of the path between slashes, decoded; empty parts are left out. They name things, never files.
    var path: [String]
    /// Whether the path ends with a slash, so that a page's relative links are right.
    var endsWithSlash: Bool
    var parameters: Parameters
    /// As the client sent them; nil: it did not.
    var host: String?
    var authorization: String?
    var accept: String?
    /// Of which site the page is that has a browser ask; nil: none is told, as by all that is no browser.
    var origin: String?
    /// Whether it announces a body.
    var hasBody: Bool
    /// The body, where one is taken.
    var posted: [UInt8] = []

    /// - Parameter target: path and parameters, as on the first line of a request.
    /// - Returns: nil if that makes no sense.
    package init?(
        method: String = "GET", target: String, host: String? = nil, authorization: String? = nil,
        accept: String? = nil, origin: String? = nil, hasBody: Bool = false
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.hasPrefix("/") else { return nil }
        var names: [String] = []
        for part in path.split(separator: "/") {
            guard let name = decoded(part), !name.utf8.contains(0) else { return nil }
            names.append(name)
        }
        guard let parameters = Parameters(parts.count > 1 ? parts[1] : "") else { return nil }
        self.method = method
        self.path = names
        endsWithSlash = path.hasSuffix("/")
        self.parameters = parameters
        self.host = host
        self.authorization = authorization
        self.accept = accept
        self.origin = origin
        self.hasBody = hasBody
    }
}

extension Question {
    /// `go tool pprof` posts the addresses of a text profile to learn their names; the page of a process has the server
    /// remember a moment.
    var mayPost: Bool {
        method == "POST" && (path.suffix(3) == ["debug", "pprof", "symbol"] || path.last == "baseline")
    }

    /// Whether a browser says that a page of another site asks.
    var isOfAnotherSite: Bool {
        guard let origin else { return false }
        return origin != "http://\(host ?? "")" && origin != "https://\(host ?? "")"
    }
}

/// A body that is not taken.
struct BadBody: Error {
    var status: Int
    var words: String
}

/// What stands behind the question mark: `seconds=5&debug=1`.
struct Parameters: Sendable {
    private var values: [String: String] = [:]

    /// Of a name that comes twice the first counts. Nil if it makes no sense.
    init?(_ query: Substring) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : "") else { return nil }
            if values[name] == nil { values[name] = value }
        }
    }

    /// In the order of the alphabet.
    var names: [String] { values.keys.sorted() }

    /// Nil: it is not there.
    subscript(name: String) -> String? { values[name] }
}

/// Text with its `%41` decoded; nil if that gives no text.
private func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
            let low = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
        else { return nil }
        bytes.append(UInt8(high << 4 | low))
    }
    return String(validating: bytes, as: UTF8.self)
}
