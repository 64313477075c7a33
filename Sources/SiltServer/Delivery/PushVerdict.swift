// SPDX-License-Identifier: Apache-2.0
//
// What a server's answer means for a parcel: it is there, it never will be, or it is to be sent again. Plain values in and
// out.

#if Serve
    import SiltPprof

    /// What a server said.
    struct PushAnswer: Sendable {
        var status: UInt
        /// As it stands in the header.
        var retryAfter: String?
        /// Its beginning.
        var body: [UInt8]
    }

    enum PushVerdict: Hashable, Sendable {
        case delivered
        /// Sending it again would not help.
        case refused(reason: String)
        /// - Parameter rest: how long the server wants to be left alone; nil: it does not say.
        case later(reason: String, rest: Duration?)

        /// However long a server asks for, it is asked again after so long.
        private static let longestRest = Duration.seconds(600)

        init(_ answer: PushAnswer, of form: Destination.Form) {
            let words = Self.words(answer)
            switch answer.status {
            case 200...299:
                if form == .otlp, let rejection = OtlpRejection(answer: answer.body) {
                    self = .refused(reason: "\(rejection.profiles) profiles: \(rejection.message)")
                } else {
                    self = .delivered
                }
            case 408, 425, 429, 500...599:
                let seconds = answer.retryAfter.flatMap { Int64($0) }.map { Duration.seconds(max(0, $0)) }
                self = .later(reason: words, rest: seconds.map { min($0, Self.longestRest) })
            // The address or the token is wrong: an operator will put that right, and nothing should be lost until then.
            case 300...399, 401, 403, 404, 405, 407: self = .later(reason: words, rest: nil)
            default: self = .refused(reason: words)
            }
        }

        private static func words(_ answer: PushAnswer) -> String {
            let text = String(decoding: answer.body.prefix(200), as: UTF8.self)
            return "status \(answer.status)" + (text.isEmpty ? "" : ": \(text)")
        }
    }
#endif
