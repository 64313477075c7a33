// SPDX-License-Identifier: Apache-2.0
//
// Pushing: packs the profiles of all processes now and then, and gives them to the courier of each server; those of a
// process that was killed at once. All that waits is on disk.

#if Serve
    import Logging
    import ServiceLifecycle
    import SiltDriver
    import SiltFile
    import SiltHost

    /// Pushes profiles; a service of its own.
    final class Delivery: Service {
        let couriers: [Courier]
        private let workshop: Workshop
        private let interval: Duration
        private let host: String?
        private let logger: Logger
        let ledger: EndLedger

        /// - Throws: ``Failure`` if the folder cannot be used.
        init(
            _ options: PushOptions, carrier: any Carrier, workshop: Workshop, logger: Logger, host: String? = hostName()
        ) throws(Failure) {
            self.workshop = workshop
            self.logger = logger
            self.host = host
            interval = .seconds(max(1, options.interval.seconds))
            let folder = absolutePath(options.folder ?? Self.standardFolder)
            makeDirectory(folder)
            // Whoever may change it could put other folders in place of ours.
            guard let status = try? FileStatus(ofPath: folder), Places.isPrivate(status, to: effectiveUser()) else {
                throw .use("--push-dir \(folder): is not a folder of this user alone; make it one with chmod 700")
            }
            ledger = EndLedger(folder: "\(folder)/ended")
            var couriers: [Courier] = []
            for destination in options.destinations {
                let name = ParcelID(of: [destination.url])
                couriers.append(
                    Courier(
                        destination: destination,
                        outbox: try Outbox(folder: "\(folder)/\(name)", budget: options.queueBytes.bytes),
                        carrier: carrier, workshop: workshop, logger: logger))
            }
            self.couriers = couriers
        }

        /// Where parcels wait unless another place is named.
        private static var standardFolder: String { "\(Places.dumps)/silt-\(effectiveUser())-push" }

        func run() async throws {
            try? await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for courier in self.couriers { group.addTask { try await courier.run() } }
                    group.addTask { try await self.packAgainAndAgain() }
                    try await group.waitForAll()
                }
            }
        }

        /// All processes that run once an interval, evenly over its time.
        private func packAgainAndAgain() async throws {
            let clock = ContinuousClock()
            var next = clock.now
            while true {
                let targets = try await workshop.targets().filter(\.isRunning)
                next = max(next, clock.now - interval) + interval
                for (number, target) in targets.enumerated() {
                    do {
                        try await pack(target)
                    } catch let failure as Failure {
                        // It may have ended just now; then its end is told by itself.
                        logger.debug("push: \(failure)")
                    }
                    let share = Double(targets.count - number - 1) / Double(targets.count)
                    try await clock.sleep(until: next - interval * share)
                }
                if targets.isEmpty { try await clock.sleep(until: next) }
            }
        }

        private func pack(_ target: Target) async throws {
            try await accept {
                let snapshot = try self.workshop.read(target)
                return Packer(
                    snapshot.session, names: self.workshop.names(for: target), host: self.host, time: Clock.realtime())
            }
        }

        /// The last profile of a process that was killed; once, also after a restart.
        ///
        /// - Parameter roots: what the process took for `/`, if it was in a container.
        func deliver(_ ending: Ending, session: Session, roots: [String]) async throws {
            try await accept {
                Packer(
                    session, names: self.workshop.names.names(roots: roots), host: self.host, time: Clock.realtime(),
                    end: (ending.reason.rawValue, ["\(ending.key)"]))
            }
            try await workshop.run { self.ledger.enter(ending.key) }
        }

        private func accept(_ pack: @escaping @Sendable () throws -> Packer) async throws {
            let forms = Set(couriers.map(\.destination.form))
            let parcels = try await workshop.run {
                let packer = try pack()
                return Dictionary(uniqueKeysWithValues: forms.map { ($0, packer.parcels(for: $0)) })
            }
            for courier in couriers {
                for parcel in parcels[courier.destination.form] ?? [] { try await courier.accept(parcel) }
            }
        }
    }

    extension Delivery: MetricSource {
        func families() -> [MetricFamily] {
            var delivered = MetricFamily("silt_push_delivered_total", "Profiles that a server took.", .counter)
            var dropped = MetricFamily(
                "silt_push_dropped_total", "Profiles that no server will get, by reason.", .counter)
            var failures = MetricFamily(
                "silt_push_failures_total", "Attempts that failed and are made again.", .counter)
            var waiting = MetricFamily("silt_push_waiting", "Profiles that wait to be pushed.")
            var bytes = MetricFamily("silt_push_waiting_bytes", "What these take on disk.")
            var last = MetricFamily(
                "silt_push_last_delivery_time_seconds", "When a server took a profile the last time, since 1970.")
            for courier in couriers {
                let labels: MetricLabels = [("destination", courier.destination.url)]
                let tally = courier.tally
                delivered.add(Double(tally.delivered), labels)
                for (reason, count) in tally.dropped.sorted(by: { $0.key < $1.key }) {
                    dropped.add(Double(count), labels + [("reason", reason)])
                }
                failures.add(Double(tally.failures), labels)
                waiting.add(Double(courier.outbox.count), labels)
                bytes.add(courier.outbox.bytes, labels)
                last.add(tally.lastDelivery.map { Double($0) / 1e9 }, labels)
            }
            return [delivered, dropped, failures, waiting, bytes, last]
        }
    }
#endif
