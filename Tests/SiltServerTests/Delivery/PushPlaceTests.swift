// SPDX-License-Identifier: Apache-2.0
//
// Addresses taken apart.

#if Serve
    import Testing

    @testable import SiltServer

    @Suite struct PushPlaceTests {
        @Test(arguments: [
            ("http://pyroscope:4040/push.v1/Push", false, "pyroscope", 4040, "pyroscope:4040", "/push.v1/Push", false),
            ("https://example.com", true, "example.com", 443, "example.com", "/", false),
            ("http://127.0.0.1/ingest?name=a{b=c}", false, "127.0.0.1", 80, "127.0.0.1", "/ingest?name=a{b=c}", true),
            ("https://[::1]:8443/a", true, "::1", 8443, "[::1]:8443", "/a", true),
            ("http://[fe80::1]/a", false, "fe80::1", 80, "[fe80::1]", "/a", true),
            ("http://host?x", false, "host", 80, "host", "/?x", false),
        ])
        func itsPartsAreKnown(
            url: String, isSecure: Bool, host: String, port: Int, authority: String, path: String, isNumeric: Bool
        ) throws {
            let place = try PushPlace(url)
            #expect(place.isSecure == isSecure && place.host == host && place.port == port)
            #expect(place.authority == authority && place.path == path && place.isNumeric == isNumeric)
        }

        @Test(arguments: ["ftp://host/", "http://", "http://host:0x/", "http://host:99999/", "https://[]:1/", "host"])
        func whatIsNoAddressIsRefused(url: String) {
            #expect(throws: PushPlace.NoAddress.self) { try PushPlace(url) }
        }
    }
#endif
