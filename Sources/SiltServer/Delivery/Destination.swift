// SPDX-License-Identifier: Apache-2.0
//
// Where profiles are pushed to, and in which form. It is there in every build, so that a silt without the server can read
// its options.

/// A server that takes profiles: `http://pyroscope:4040`, `otlp+http://collector:4318`, or a whole address such as
/// `https://host/ingest`.
package struct Destination: Hashable, Sendable {
    package enum Form: String, Hashable, Sendable {
        /// Pyroscope's PusherService.
        case pyroscope
        /// The older one, which others than Pyroscope take as well.
        case ingest
        case otlp

        fileprivate var path: String {
            switch self {
            case .pyroscope: "/push.v1.PusherService/Push"
            case .ingest: "/ingest"
            case .otlp: "/v1development/profiles"
            }
        }
    }

    package var form: Form
    /// The whole address. It holds no secrets: these are in the file with headers.
    package var url: String

    /// Nil for what is no address, has a name and a password in it, or a query.
    package init?(_ text: String) {
        var rest = text[...]
        var form: Form?
        for prefix in [Form.pyroscope, .ingest, .otlp] where rest.hasPrefix("\(prefix.rawValue)+http") {
            form = prefix
            rest = rest.dropFirst(prefix.rawValue.count + 1)
        }
        guard let scheme = ["http://", "https://"].first(where: rest.hasPrefix) else { return nil }
        let place = rest.dropFirst(scheme.count)
        let host = place.prefix { $0 != "/" }
        var path = place.dropFirst(host.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        let isPlain = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        guard isPlain, !host.isEmpty, !rest.contains(where: { "@?#\"<>\\".contains($0) }), Self.hasPort(host) else {
            return nil
        }
        if let named = [Form.pyroscope, .ingest, .otlp].first(where: { path.hasSuffix($0.path) }) {
            guard form == nil || form == named else { return nil }
            (self.form, url) = (named, "\(scheme)\(host)\(path)")
        } else {
            let form = form ?? .pyroscope
            (self.form, url) = (form, "\(scheme)\(host)\(path)\(form.path)")
        }
    }

    /// Whether what stands behind the host's colon is a port.
    private static func hasPort(_ host: Substring) -> Bool {
        let name = host.hasPrefix("[") ? host.drop { $0 != "]" }.dropFirst() : host.drop { $0 != ":" }
        return name.isEmpty || name.first == ":" && UInt16(name.dropFirst()) ?? 0 > 0
    }
}

extension Destination: CustomStringConvertible {
    package var description: String { url }
}
