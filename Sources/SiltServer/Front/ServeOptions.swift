// SPDX-License-Identifier: Apache-2.0
//
// What `silt serve` is asked to do, in plain values. It is there in every build, so that a silt without the server can
// read its options and say what is missing.

package import SiltDriver

/// How the server runs.
package struct ServeOptions: Sendable {
    package var listen: ListenAddress
    /// Whether an address other than the loopback's is allowed.
    package var allowsRemote: Bool
    /// Holds the token that every request must bring; nil: none is asked for.
    package var tokenFile: String?
    /// Names besides `localhost` under which a browser may ask.
    package var hosts: [String]
    /// Directories that are looked through, and no others; empty: wherever sessions are on this host, containers too.
    package var directories: [String]
    /// The pid or name of the program that paths without a target mean; nil: the only one there is.
    package var target: String?
    /// How many functions of each process have metrics.
    package var metricSites: Int
    /// Where snapshots are kept; nil: none are taken.
    package var historyFolder: String?
    /// What they may take.
    package var historyBytes: ByteCount
    package var push: PushOptions
    /// How names are found.
    package var driver: Driver

    package init(
        listen: ListenAddress = .standard, allowsRemote: Bool = false, tokenFile: String? = nil, hosts: [String] = [],
        directories: [String] = [], target: String? = nil, metricSites: Int = 0, historyFolder: String? = nil,
        historyBytes: ByteCount = standardHistoryBytes, push: PushOptions = PushOptions(), driver: Driver = Driver()
    ) {
        self.listen = listen
        self.allowsRemote = allowsRemote
        self.tokenFile = tokenFile
        self.hosts = hosts
        self.directories = directories
        self.target = target
        self.metricSites = metricSites
        self.historyFolder = historyFolder
        self.historyBytes = historyBytes
        self.push = push
        self.driver = driver
    }

    package static let standardHistoryBytes = ByteCount(bytes: 1 << 30)
}

/// Where the server listens: `127.0.0.1:6060`, `[::1]:6060`, `localhost:6060`, `:6060` for all addresses, `unix:PATH`.
package enum ListenAddress: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Where Go's programs serve their profiles.
    package static let standard = ListenAddress.tcp(host: "127.0.0.1", port: 6060)

    /// Nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sockaddr_un has room for no more.
            guard !path.isEmpty, path.utf8.count < 108 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self = .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }

    /// Whether nobody outside this machine can connect.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || isLoopback(host)
        }
    }

    private func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
