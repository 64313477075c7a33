// SPDX-License-Identifier: Apache-2.0
//
// A parcel as the request that its server takes. Made anew each time it is sent, since a server takes no profile that is
// older than an hour.

#if Serve
    import SiltPprof

    /// A POST.
    struct PushMessage: Sendable {
        var url: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        /// Pyroscope refuses what is older than an hour; its clock may be ahead of ours.
        static let longestWait: UInt64 = 55 * 60 * 1_000_000_000

        /// - Returns: nil for a profile that its server would refuse for its age.
        init?(_ parcel: Parcel, to destination: Destination, now: UInt64) {
            url = destination.url
            // Known to proxies and gateways, and harmless to all others.
            headers = [("Idempotency-Key", "\(parcel.id)")]
            if destination.form == .otlp {
                headers += [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "gzip")]
                body = parcel.content
                return
            }
            var (time, file) = (parcel.time, parcel.content)
            if time + Self.longestWait < now {
                guard parcel.isLast else { return nil }
                time = now
                file = PprofFile.dated(file, time: now)
            }
            if destination.form == .pyroscope {
                headers += [("Content-Type", "application/proto"), ("Connect-Protocol-Version", "1")]
                let labels = parcel.labels.map { (name: $0.name, value: $0.value) }
                body = PprofFile.pyroscopePush(file, labels: labels, id: "\(parcel.id)")
            } else {
                headers.append(("Content-Type", "application/octet-stream"))
                let seconds = time / 1_000_000_000
                url += "?name=\(Self.escaped(Self.series(parcel.labels)))&from=\(seconds)&until=\(seconds + 1)"
                url += "&format=pprof&spyName=silt"
                body = file
            }
        }

        /// `shop{host=web-1,build_id=a1b2}`: what would end a value or the list becomes `_`.
        private static func series(_ labels: [Parcel.Label]) -> String {
            let service = labels.first { $0.name == "service_name" }?.value ?? ""
            let others = labels.filter { !$0.name.hasPrefix("__") && $0.name != "service_name" }
            func plain(_ text: String) -> String { String(text.map { ",{}=\"".contains($0) ? "_" : $0 }) }
            return plain(service) + "{" + others.map { "\($0.name)=\(plain($0.value))" }.joined(separator: ",") + "}"
        }

        /// Percent signs for all but letters, digits and `-._~`.
        private static func escaped(_ text: String) -> String {
            var result = ""
            for byte in text.utf8 {
                let scalar = Unicode.Scalar(byte)
                if scalar.isASCII, scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
            return result
        }
    }
#endif
