// SPDX-License-Identifier: Apache-2.0
//
// What answers mean, and how long failures make us wait.

#if Serve
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct PushVerdictTests {
        private func verdict(
            _ status: UInt, retryAfter: String? = nil, body: [UInt8] = [], form: Destination.Form = .pyroscope
        ) -> PushVerdict {
            PushVerdict(PushAnswer(status: status, retryAfter: retryAfter, body: body), of: form)
        }

        @Test(arguments: [200, 204] as [UInt]) func successIsDelivery(status: UInt) {
            #expect(verdict(status) == .delivered)
        }

        @Test(arguments: [400, 413, 422] as [UInt]) func whatWouldNeverBeTakenIsDropped(status: UInt) {
            #expect(verdict(status, body: Array("no".utf8)) == .refused(reason: "status \(status): no"))
        }

        @Test(arguments: [301, 401, 403, 404, 408, 500, 502, 503] as [UInt]) func whatMayPassIsKept(status: UInt) {
            #expect(verdict(status) == .later(reason: "status \(status)", rest: nil))
        }

        @Test func aServerMayAskForARest() {
            #expect(verdict(429, retryAfter: "7") == .later(reason: "status 429", rest: .seconds(7)))
            #expect(verdict(503, retryAfter: "99999999") == .later(reason: "status 503", rest: .seconds(600)))
            #expect(verdict(503, retryAfter: "-1") == .later(reason: "status 503", rest: .zero))
            #expect(
                verdict(503, retryAfter: "Thu, 26 Nov 2026 18:00:00 GMT") == .later(reason: "status 503", rest: nil))
        }

        @Test func aCollectorThatTakesTheRequestMayRefuseProfiles() {
            // partial_success { rejected_profiles: 4, error_message: "why" }
            let body: [UInt8] = [0x0a, 7, 0x08, 4, 0x12, 3] + Array("why".utf8)
            #expect(verdict(200, body: body, form: .otlp) == .refused(reason: "4 profiles: why"))
            #expect(verdict(200, body: [], form: .otlp) == .delivered)
            #expect(verdict(200, body: [0x0a, 99, 1], form: .otlp) == .delivered)
        }

        @Test func waitsGrowToABoundAndAreNeverTheSame() {
            var random = SplitMix(seed: 5)
            var backoff = Backoff()
            let waits = (0..<12).map { _ in backoff.next(using: &random) }
            for (index, wait) in waits.enumerated() {
                let whole = min(Duration.seconds(1) * (1 << min(index, 10)), .seconds(60))
                #expect(wait >= whole / 2 && wait <= whole)
            }
            #expect(Set(waits).count == 12)
            backoff.reset()
            #expect(backoff.next(using: &random) <= .seconds(1))
        }
    }
#endif
