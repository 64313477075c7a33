// SPDX-License-Identifier: Apache-2.0
//
// The options of `silt serve` that push profiles to servers.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltServer

/// Where to, how often, and where profiles wait until then.
struct DeliveryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Push profiles to Pyroscope (http://HOST:4040, or its /ingest) or as OTLP (otlp+http://HOST:4318); may be repeated (default: nothing is pushed).",
            valueName: "url"))
    var push: [Destination] = []

    @Option(help: ArgumentHelp("Time between two profiles of a process (default: 60s).", valueName: "time"))
    var pushInterval: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "A file with headers to send along, such as Authorization: Bearer TOKEN (default: none).", valueName: "file"
        ))
    var pushHeaders: String?

    @Option(
        help: ArgumentHelp(
            "The authorities that are trusted for https, as curl's --cacert (default: SSL_CERT_FILE, else the system's).",
            valueName: "file"))
    var pushCacert: String?

    @Option(
        help: ArgumentHelp(
            "Where profiles wait until their server takes them (default: /tmp/silt-<uid>-push).", valueName: "folder"))
    var pushDir: String?

    @Option(help: ArgumentHelp("What may wait for one server (default: 256MiB).", valueName: "bytes"))
    var pushBytes: ByteCount?

    var settings: PushOptions {
        PushOptions(
            destinations: push, interval: pushInterval ?? PushOptions.standardInterval, headersFile: pushHeaders,
            authoritiesFile: pushCacert ?? environmentVariable("SSL_CERT_FILE"), folder: pushDir,
            queueBytes: pushBytes ?? PushOptions.standardQueueBytes)
    }
}
