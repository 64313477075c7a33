// SPDX-License-Identifier: Apache-2.0
//
// What people type after --push, and what it means.

import SiltServer
import Testing

@Suite struct DestinationTests {
    @Test(arguments: [
        ("http://pyroscope:4040", "http://pyroscope:4040/push.v1.PusherService/Push", Destination.Form.pyroscope),
        ("https://profiles.example/", "https://profiles.example/push.v1.PusherService/Push", .pyroscope),
        ("http://[::1]:4040/a/b/", "http://[::1]:4040/a/b/push.v1.PusherService/Push", .pyroscope),
        ("http://host/push.v1.PusherService/Push", "http://host/push.v1.PusherService/Push", .pyroscope),
        ("http://pyroscope:4040/ingest", "http://pyroscope:4040/ingest", .ingest),
        ("ingest+http://pyroscope:4040", "http://pyroscope:4040/ingest", .ingest),
        ("otlp+https://collector:4318", "https://collector:4318/v1development/profiles", .otlp),
        ("http://collector:4318/v1development/profiles", "http://collector:4318/v1development/profiles", .otlp),
    ])
    func anAddressTellsItsForm(text: String, url: String, form: Destination.Form) throws {
        let destination = try #require(Destination(text))
        #expect(destination.url == url)
        #expect(destination.form == form)
    }

    @Test(arguments: [
        "", "pyroscope:4040", "ftp://host", "http://", "http:///ingest", "http://host:port", "http://host:0",
        "http://host:70000", "http://user:secret@host", "http://host/ingest?name=x", "http://host/#a", "http://a b",
        "http://host/\r\nX: y", "otlp+http://host/ingest", "jaeger+http://host", "http://höst",
    ])
    func anythingElseIsNone(text: String) {
        #expect(Destination(text) == nil)
    }
}
