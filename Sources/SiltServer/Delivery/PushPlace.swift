// SPDX-License-Identifier: Apache-2.0
//
// The parts of an address that a message goes to. Which addresses make sense is decided by Destination; here they are only
// taken apart.

#if Serve
    /// Where a message goes.
    struct PushPlace: Equatable {
        let isSecure: Bool
        /// As the resolver wants it: an address of IPv6 has no brackets.
        let host: String
        let port: Int
        /// As the server wants it, in `Host`.
        let authority: String
        /// With the query.
        let path: String

        struct NoAddress: Error, CustomStringConvertible {
            let url: String
            var description: String { "\(url) is no address" }
        }

        /// - Throws: ``NoAddress`` if it is no `http://` or `https://` address.
        init(_ url: String) throws(NoAddress) {
            guard let scheme = ["http://", "https://"].first(where: url.hasPrefix) else { throw NoAddress(url: url) }
            let rest = url.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let path = rest.dropFirst(authority.count)
            isSecure = scheme == "https://"
            self.authority = String(authority)
            self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
            let isBracketed = authority.hasPrefix("[")
            let name = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
            let behind = authority.dropFirst(name.count + (isBracketed ? 2 : 0)).dropFirst()
            guard !name.isEmpty, let port = behind.isEmpty ? (isSecure ? 443 : 80) : UInt16(behind) else {
                throw NoAddress(url: url)
            }
            host = String(name)
            self.port = Int(port)
        }

        /// Whether the host is an address, not a name: a certificate is then compared with the address.
        var isNumeric: Bool { host.contains(":") || host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") } }
    }
#endif
