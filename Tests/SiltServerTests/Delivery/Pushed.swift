// SPDX-License-Identifier: Apache-2.0
//
// What a server gets, read from the bytes without the code that wrote them.

#if Serve
    import TestFixtures

    /// One profile of a request.
    struct Pushed: Sendable {
        var labels: [String: String] = [:]
        var id = ""
        var profile: [UInt8] = []
        /// The last part of the address.
        var destination = "Push"

        /// A PushRequest of Pyroscope; nil: it has not exactly one series with one profile.
        init?(pyroscope body: [UInt8]) {
            let request = RawField.all(in: body[...])
            guard request.map(\.number) == [1], let series = request[0].content else { return nil }
            for field in RawField.all(in: series) {
                let parts = RawField.all(in: field.content ?? [])
                func text(_ number: Int) -> String {
                    String(decoding: parts.last { $0.number == number }?.content ?? [], as: UTF8.self)
                }
                switch field.number {
                case 1: labels[text(1)] = text(2)
                case 2:
                    profile = Array(parts.last { $0.number == 1 }?.content ?? [])
                    id = text(2)
                default: return nil
                }
            }
        }

        /// What came to an address that has no labels in its body.
        init(url: String, body: [UInt8]) {
            profile = body
            id = url
            destination = String(url.split(separator: "/").last?.prefix { $0 != "?" } ?? "")
        }
    }
#endif
