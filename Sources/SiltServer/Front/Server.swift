// SPDX-License-Identifier: Apache-2.0
//
// The server's life: it checks its options, listens, answers until a signal ends it, and then finishes what it has begun.
// What is answered is the site's business.

#if Serve
    package import SiltDriver
    import Hummingbird
    import HummingbirdCore
    import Logging
    import NIOCore
    import NIOPosix
    import ServiceLifecycle
    import SiltHost
    import UnixSignals

    /// Serves profiles until SIGTERM or SIGINT.
    ///
    /// - Throws: ``Failure`` if the options contradict each other, or it cannot listen there.
    package func serve(_ options: ServeOptions) throws(Failure) {
        var logger = Logger(label: "silt") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let server = try Server(options, logger: logger)
        do {
            // The caller's thread only waits; all work is on others.
            try MultiThreadedEventLoopGroup.singleton.any().makeFutureWithTask { try await server.run() }.wait()
        } catch let failure as Failure {
            throw failure
        } catch is UnixDomainSocketPathWrongType {
            throw .input("cannot serve at \(options.listen): that file is no socket")
        } catch {
            throw .input("cannot serve at \(options.listen): \(error)")
        }
    }

    /// What is there while it serves.
    private struct Server: Sendable {
        /// What a client may send before it is turned away: no browser or scraper comes near it.
        private static let headers = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 4096, maxHeaderListSize: 8192, maxHeaderFieldCount: 64)
        /// A client that sends nothing, or a byte now and then, for so long is gone.
        private static let idleTime = TimeAmount.seconds(30)
        private static let mostConnections = 256
        /// What is under way at SIGTERM has so long; Kubernetes kills after 30 s.
        private static let drainTime = Duration.seconds(10)

        private let options: ServeOptions
        private let logger: Logger
        private let workshop: Workshop
        private let recorder: Recorder?
        private let delivery: Delivery?
        private let watch: EndWatch
        private let site: Site

        init(_ options: ServeOptions, logger: Logger) throws(Failure) {
            self.options = options
            self.logger = logger
            let doorkeeper = try Doorkeeper(options)
            let history = try options.historyFolder.map { folder throws(Failure) in
                try History(folder: folder, budget: options.historyBytes.bytes)
            }
            let workshop = Workshop(
                list: TargetList(directories: options.directories), names: NameBook(options: options.driver.symbols))
            self.workshop = workshop
            recorder = history.map { Recorder(history: $0, workshop: workshop, logger: logger) }
            if options.push.destinations.isEmpty {
                delivery = nil
            } else {
                let carrier = try HttpCarrier(
                    headers: options.push.headers(), authorities: options.push.authoritiesFile)
                delivery = try Delivery(options.push, carrier: carrier, workshop: workshop, logger: logger)
            }
            watch = EndWatch(workshop: workshop, delivery: delivery, logger: logger)
            let sources: [(any MetricSource)?] = [watch, delivery]
            site = Site(
                doorkeeper: doorkeeper, workshop: workshop, history: history, recorder: recorder,
                metricSites: options.metricSites, metricSources: sources.compactMap { $0 },
                defaultTarget: options.target, driver: options.driver)
        }

        /// In a line of standard output: who asked for port 0 learns which it is.
        private static func tell(_ listen: ListenAddress, _ channel: any Channel) {
            let place: String
            switch listen {
            case .tcp(let host, let port):
                place = "http://\(ListenAddress.tcp(host: host, port: channel.localAddress?.port ?? port))/"
            case .unix: place = "\(listen)"
            }
            try? writeFile("-", Array("serving at \(printable(place))\n".utf8))
        }

        private var services: [any Service] {
            let all: [(any Service)?] = [recorder, delivery, watch]
            return all.compactMap { $0 }
        }

        /// Whether somebody listens there; a socket that a killed server has left is taken over.
        private func isAnswered(_ path: String) async -> Bool {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.connect(unixDomainSocketPath: path).get() else { return false }
            try? await channel.close()
            return true
        }

        func run() async throws {
            let address: BindAddress
            switch options.listen {
            case .tcp(let host, let port): address = .hostname(host, port: port)
            case .unix(let path):
                guard await !isAnswered(path) else {
                    throw Failure.input("cannot serve at \(options.listen): another server uses that address")
                }
                // Who may connect is decided by the socket's mode.
                keepNewFilesPrivate()
                address = .unixDomainSocket(path: path)
            }
            let connection = HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionClock(patience: Self.idleTime)], idleTimeout: Self.idleTime,
                httpDecoderConfiguration: Self.headers)
            let application = Application(
                responder: Responder(site: site), server: .http1(configuration: connection),
                configuration: ApplicationConfiguration(
                    address: address, availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
                services: services,
                onServerRunning: { channel in Self.tell(options.listen, channel) },
                logger: logger)
            var configuration = ServiceGroupConfiguration(
                services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            configuration.maximumGracefulShutdownDuration = Self.drainTime
            try await ServiceGroup(configuration: configuration).run()
            await workshop.close()
            if case .unix(let path) = options.listen { removeFile(path) }
        }
    }
#endif
