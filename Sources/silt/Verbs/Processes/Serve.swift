// SPDX-License-Identifier: Apache-2.0
//
// `silt serve`: the profiles and figures of all processes on this host over HTTP, for pprof, Prometheus and browsers.

import ArgumentParser
import SiltDriver
import SiltServer

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve profiles and metrics over HTTP: /debug/pprof/, /metrics, flame graphs.",
        discussion: """
            Example: silt serve & curl -so base.prof http://localhost:6060/debug/pprof/heap
            """)

    @Option(help: ArgumentHelp("Where to listen: HOST:PORT or unix:PATH.", valueName: "address"))
    var listen: ListenAddress = .standard

    @Flag(help: "Allow an address that others can reach; needs --token-file.")
    var allowRemote = false

    @Option(
        help: ArgumentHelp(
            "A file with the token that every request must bring (default: no token).", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A name besides localhost under which it may be asked; may be repeated (default: none).", valueName: "name")
    )
    var host: [String] = []

    @Option(
        help: ArgumentHelp(
            "Serve the sessions in this SILT_DIR only; may be repeated (default: those of all processes on this host).",
            valueName: "folder"))
    var dir: [String] = []

    @Option(
        help: ArgumentHelp(
            "What paths without a target mean: a pid or a program's name (default: the only process that runs).",
            valueName: "target"))
    var target: String?

    @Option(
        help: ArgumentHelp("Functions of each process to have metrics, the largest; at most 50.", valueName: "count"))
    var metricsSites = 0

    @Option(
        help: ArgumentHelp(
            "Keep a snapshot a minute for an hour, and each ten minutes for a day, in this folder (default: none is kept).",
            valueName: "folder"))
    var historyDir: String?

    @Option(help: ArgumentHelp("How many bytes of snapshots to keep (default: 1GiB).", valueName: "bytes"))
    var historyBytes: ByteCount?

    @OptionGroup var push: DeliveryOptions

    @OptionGroup var symbols: SymbolOptions

    func validate() throws {
        if !(0...50).contains(metricsSites) { throw ValidationError("--metrics-sites is a count from 0 to 50") }
    }

    func run() throws {
        try SiltServer.serve(
            ServeOptions(
                listen: listen, allowsRemote: allowRemote, tokenFile: tokenFile, hosts: host, directories: dir,
                target: target, metricSites: metricsSites, historyFolder: historyDir,
                historyBytes: historyBytes ?? ServeOptions.standardHistoryBytes,
                push: push.settings, driver: Driver(symbols: symbols.settings, reporter: .terminal)))
    }
}
