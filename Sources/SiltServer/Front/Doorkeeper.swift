// SPDX-License-Identifier: Apache-2.0
//
// Who may ask, and how: the token, the Host header, the method, hardly ever a body. It decides by the question alone, before
// anything is looked up for it.

package import SiltDriver
import SiltHost

/// Turns away what must not be answered.
package struct Doorkeeper: Sendable {
    /// What every request must bring; nil: nothing.
    private let token: [UInt8]?
    /// In lower case; nil: any name, where no browser can ask.
    private let hosts: Set<String>?

    /// Shorter ones can be guessed.
    static let shortestToken = 16

    /// - Throws: ``Failure`` if others could ask without a token, or the token cannot be read or is too short.
    package init(_ options: ServeOptions) throws(Failure) {
        if !options.listen.isLocal {
            guard options.allowsRemote, options.tokenFile != nil else {
                throw .use(
                    "--listen \(options.listen): other machines can reach it; add --allow-remote and --token-file FILE")
            }
        }
        token = try options.tokenFile.map { path throws(Failure) in try Self.token(in: path) }
        switch options.listen {
        case .unix: hosts = nil
        case .tcp(let host, _): hosts = Set((["localhost", host] + options.hosts).map { $0.lowercased() })
        }
    }

    private static func token(in path: String) throws(Failure) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try contentsOfFile(path, limit: 1 << 16)
        } catch {
            throw .input("\(path): cannot be read: \(error.text)")
        }
        let isSpace: (UInt8) -> Bool = { $0 <= UInt8(ascii: " ") }
        let token = Array(bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
        guard token.count >= shortestToken, !token.contains(where: isSpace) else {
            throw .input(
                "\(path): a token is one word of \(shortestToken) bytes or more: openssl rand -hex 32 makes one")
        }
        return token
    }

    /// What a question is answered that must not go further; nil: it may.
    package func refusal(of question: Question) -> Answer? {
        guard isKnown(question.host) else {
            return .failure(421, "this server is not called so; --host NAME adds a name")
        }
        guard isAllowed(question.authorization) else {
            return .failure(
                401, "a token is wanted: Authorization: Bearer TOKEN, or a password",
                headers: [("WWW-Authenticate", "Basic realm=\"silt\"")])
        }
        if question.mayPost {
            return question.isOfAnotherSite ? .failure(403, "a page of another site must not ask this") : nil
        }
        guard question.method == "GET" || question.method == "HEAD" else {
            return .failure(405, "only GET is answered", headers: [("Allow", "GET, HEAD"), ("Connection", "close")])
        }
        guard !question.hasBody else {
            return .failure(413, "a request must have no body", headers: [("Connection", "close")])
        }
        return nil
    }

    /// A page of another site can have its own name lead here, and then ask under that name (DNS rebinding); it cannot
    /// take a name that is known, or an address.
    private func isKnown(_ host: String?) -> Bool {
        guard let hosts else { return true }
        guard let host else { return false }
        let name = Self.withoutPort(host).lowercased()
        return hosts.contains(name) || Self.isAddress(name)
    }

    private static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }

    private static func isAddress(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return true }
        return name.contains(":") && name.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }

    /// `Bearer TOKEN`, as scrapers send it, or `Basic`, with the token for a password, as `go tool pprof` does of
    /// `http://any:TOKEN@host/`.
    private func isAllowed(_ authorization: String?) -> Bool {
        guard let token else { return true }
        let parts = (authorization ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return false }
        switch parts[0].lowercased() {
        case "bearer": return isSame(Array(parts[1].utf8), token)
        case "basic":
            guard let pair = decodedBase64(Array(parts[1].utf8)), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
            else { return false }
            return isSame(Array(pair[(colon + 1)...]), token)
        default: return false
        }
    }

    /// In a time that tells nothing of how much is right.
    private func isSame(_ given: [UInt8], _ token: [UInt8]) -> Bool {
        var difference = UInt8(given.count == token.count ? 0 : 1)
        for index in given.indices { difference |= given[index] ^ token[index % token.count] }
        return difference == 0
    }
}

/// Nil: this is no base64.
private func decodedBase64(_ text: [UInt8]) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var (bits, count): (UInt32, Int) = (0, 0)
    var result: [UInt8] = []
    for byte in text where byte != UInt8(ascii: "=") {
        guard let value = alphabet.firstIndex(of: byte) else { return nil }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return result
}
