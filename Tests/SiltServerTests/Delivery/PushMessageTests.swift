// SPDX-License-Identifier: Apache-2.0
//
// Requests as servers see them: Pyroscope's envelope and labels, addresses, and the times of what waited for long.

#if Serve
    import SiltProfile
    import TestFixtures
    import Testing

    @testable import SiltPprof
    @testable import SiltServer

    @Suite struct PushMessageTests {
        private let second: UInt64 = 1_000_000_000
        private let time = PprofFixture.small.time

        private func parcel(isLast: Bool = false) -> Parcel {
            Parcel(
                id: ParcelID(of: ["x"]), time: time, isLast: isLast,
                labels: [
                    Parcel.Label(name: "__name__", value: "memory"),
                    Parcel.Label(name: "service_name", value: "shop & co"),
                    Parcel.Label(name: "host", value: "web{1},x=2"),
                ], content: PprofFixture.small.pprofForServers())
        }

        private func message(_ url: String, isLast: Bool = false, after seconds: UInt64 = 10) throws -> PushMessage? {
            PushMessage(parcel(isLast: isLast), to: try #require(Destination(url)), now: time + seconds * second)
        }

        @Test func pyroscopeGetsLabelsAndProfile() throws {
            let message = try #require(try message("http://host"))
            #expect(message.url == "http://host/push.v1.PusherService/Push")
            #expect(message.headers.contains { $0 == ("Content-Type", "application/proto") })
            let pushed = try #require(Pushed(pyroscope: message.body))
            #expect(
                pushed.labels == ["__name__": "memory", "service_name": "shop & co", "host": "web{1},x=2"])
            #expect(pushed.id == "\(ParcelID(of: ["x"]))")
            #expect(pushed.profile == PprofFixture.small.pprofForServers())
        }

        @Test func theOlderAddressTellsSeriesAndTime() throws {
            let message = try #require(try message("http://host/ingest"))
            #expect(
                message.url == "http://host/ingest?name=shop%20%26%20co%7Bhost%3Dweb_1__x_2%7D"
                    + "&from=1700000000&until=1700000001&format=pprof&spyName=silt")
            #expect(message.body == PprofFixture.small.pprofForServers())
        }

        @Test func aProfileThatWaitedTooLongIsNotSent() throws {
            #expect(try message("http://host", after: 54 * 60) != nil)
            #expect(try message("http://host", after: 56 * 60) == nil)
            #expect(try message("http://host/ingest", after: 56 * 60) == nil)
            #expect(try message("otlp+http://host", after: 56 * 60) != nil)
        }

        @Test func theLastProfileOfAProcessIsSentUnderATimeThatServersTake() throws {
            let later: UInt64 = 3 * 3600
            let message = try #require(try message("http://host", isLast: true, after: later))
            let pushed = try #require(Pushed(pyroscope: message.body))
            let content = try Gzip.unpack(pushed.profile, limit: 1 << 24)
            #expect(ServerRules(now: time + later * second).broken(by: content, meaning: .heap) == [])
            #expect(RawPprof(content).time == time + later * second)
            #expect(try Profile(pprof: pushed.profile).samples.count == 4)
        }
    }
#endif
