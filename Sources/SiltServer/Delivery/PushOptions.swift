// SPDX-License-Identifier: Apache-2.0
//
// What `silt serve --push` is asked to do, in plain values. It is there in every build, as the server's other options are.

package import SiltDriver
import SiltHost

/// How profiles are pushed.
package struct PushOptions: Sendable {
    /// Empty: nothing is pushed.
    package var destinations: [Destination]
    /// Between two profiles of a process.
    package var interval: TimeSpan
    /// Holds `Name: value` lines that are sent along, such as a token.
    package var headersFile: String?
    /// Holds the certificates (PEM) of the authorities that are trusted; nil: those that this system trusts.
    package var authoritiesFile: String?
    /// Where profiles wait until their server takes them; nil: a folder of this user's own.
    package var folder: String?
    /// What those that wait for one server may take.
    package var queueBytes: ByteCount

    package init(
        destinations: [Destination] = [], interval: TimeSpan = standardInterval, headersFile: String? = nil,
        authoritiesFile: String? = nil, folder: String? = nil, queueBytes: ByteCount = standardQueueBytes
    ) {
        self.destinations = destinations
        self.interval = interval
        self.headersFile = headersFile
        self.authoritiesFile = authoritiesFile
        self.folder = folder
        self.queueBytes = queueBytes
    }

    package static let standardInterval = TimeSpan(seconds: 60)
    package static let standardQueueBytes = ByteCount(bytes: 256 << 20)

    /// The headers of the file.
    ///
    /// - Throws: ``Failure`` if it cannot be read, others may read it, or a line is no header.
    func headers() throws(Failure) -> [(name: String, value: String)] {
        guard let path = headersFile else { return [] }
        guard let status = try? FileStatus(ofPath: path, followingLinks: true), status.permissions & 0o077 == 0,
            let bytes = try? contentsOfFile(path, limit: 1 << 16)
        else { throw .input("\(path): cannot be read, or others may read it: chmod 600 \(path)") }
        var headers: [(name: String, value: String)] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts[0]
            guard parts.count == 2, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw .input("\(path): each line is a header such as X-Scope-OrgID: team")
            }
            headers.append((String(name), String(parts[1].drop { $0 == " " })))
        }
        return headers
    }
}
