// SPDX-License-Identifier: Apache-2.0
//
// What a server answers to OTLP: whether it took all profiles. Untrusted bytes; what cannot be read counts as no complaint.

/// Profiles that a server did not take although it took the request.
package struct OtlpRejection: Hashable, Sendable {
    package var profiles: Int
    /// In the server's words.
    package var message: String

    /// Nil: it took all of them.
    ///
    /// - Parameter answer: an ExportProfilesServiceResponse.
    package init?(answer: [UInt8]) {
        var (profiles, message) = (0, "")
        var outer = ProtobufReader(answer)
        while let field = try? outer.next() {
            guard field.number == 1, case .bytes(let range) = field.content else { continue }
            var inner = ProtobufReader(answer, range)
            while let field = try? inner.next() {
                switch (field.number, field.content) {
                case (1, .varint(let value)): profiles = Int(clamping: value)
                case (2, .bytes(let range)): message = String(decoding: answer[range], as: UTF8.self)
                default: continue
                }
            }
        }
        guard profiles > 0 else { return nil }
        (self.profiles, self.message) = (profiles, message)
    }
}
