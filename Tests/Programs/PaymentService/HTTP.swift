// SPDX-License-Identifier: Apache-2.0
//
// As much of HTTP/1.1 as a client on loopback needs: a request line, headers, a body by Content-Length.

struct Request {
    var method: String
    var path: String
    var body: [UInt8]

    enum Parsed {
        case incomplete
        case malformed
        /// A request, and how many bytes it took.
        case complete(Request, size: Int)
    }

    private static let space = UInt8(ascii: " ")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let largestHead = 16 << 10
    private static let largestBody = 64 << 10

    /// Parses the request at the start of `bytes`.
    @inline(never)
    static func parse(_ bytes: [UInt8]) -> Parsed {
        guard let end = endOfHead(of: bytes) else { return bytes.count > largestHead ? .malformed : .incomplete }
        let lines = bytes[..<end].split { $0 == carriageReturn || $0 == lineFeed }
        guard let words = lines.first?.split(separator: space), words.count == 3 else { return .malformed }
        guard let length = contentLength(of: lines.dropFirst()) else { return .malformed }
        let size = end + 4 + length
        guard bytes.count >= size else { return .incomplete }
        let request = Request(
            method: String(decoding: words[0], as: UTF8.self), path: String(decoding: words[1], as: UTF8.self),
            body: [UInt8](bytes[(end + 4)..<size]))
        return .complete(request, size: size)
    }

    /// Where the empty line that ends the head begins.
    private static func endOfHead(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { index in
            bytes[index] == carriageReturn && bytes[index + 1] == lineFeed
                && bytes[index + 2] == carriageReturn && bytes[index + 3] == lineFeed
        }
    }

    private static func contentLength(of headers: ArraySlice<ArraySlice<UInt8>>) -> Int? {
        for header in headers {
            let parts = String(decoding: header, as: UTF8.self).lowercased().split(separator: ":")
            guard parts.count == 2, parts[0] == "content-length" else { continue }
            guard let number = Int(parts[1].drop { $0 == " " }) else { return nil }
            return (0...largestBody).contains(number) ? number : nil
        }
        return 0
    }
}

struct Response {
    var status: String
    var body: String

    /// The answer as it goes to the client.
    @inline(never)
    func encoded() -> [UInt8] {
        var text = "HTTP/1.1 \(status)\r\n"
        text += "Content-Type: application/json\r\n"
        text += "Content-Length: \(body.utf8.count)\r\n\r\n"
        text += body
        return [UInt8](text.utf8)
    }
}
