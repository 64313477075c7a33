// SPDX-License-Identifier: Apache-2.0
//
// Notices within a second or two that a process has ended, and finds out whether it was killed and by whom. A process is
// asked for by one short read a second; nothing is done to it.

#if Serve
    import Logging
    import ServiceLifecycle
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltProfile
    import Synchronization

    /// Watches all processes; a service of its own.
    final class EndWatch: Service {
        fileprivate struct Watched: Sendable {
            var target: Target
            /// At the last look while it ran.
            var kills: KillCounts
            var held: HeldSession?
        }

        private let workshop: Workshop
        private let delivery: Delivery?
        private let logger: Logger
        private let endings = Mutex<[Ending]>([])
        private let watching = Mutex(0)

        private static let pause = Duration.seconds(1)
        /// New processes are found this often, even if nobody asks.
        private static let longestUnseen = Duration.seconds(10)
        /// So long an end is told as a metric: alerts must see it, and then be resolved.
        static let told: UInt64 = 15 * 60 * 1_000_000_000
        /// What a server would refuse for its age is not found again after a restart.
        private static let oldest: UInt64 = 3600 * 1_000_000_000
        private static let mostEndings = 1000
        /// Of processes that were dead when the watch began: the latest, for there may be hundreds of test runs.
        private static let mostMissed = 16

        init(workshop: Workshop, delivery: Delivery?, logger: Logger) {
            self.workshop = workshop
            self.delivery = delivery
            self.logger = logger
        }

        /// How many processes are watched.
        var count: Int { watching.withLock { $0 } }

        func run() async throws {
            try? await cancelWhenGracefulShutdown {
                var course = Course()
                let clock = ContinuousClock()
                var nextLook = clock.now
                while true {
                    let watched = course.watched
                    let hasGone = try await self.workshop.run {
                        watched.values.contains {
                            !ProcessTable().isAlive($0.target.pid, startTicks: $0.target.header.pidStartTicks)
                        }
                    }
                    if hasGone || clock.now >= nextLook {
                        nextLook = clock.now + Self.longestUnseen
                        try await self.look(&course)
                    }
                    try await clock.sleep(for: Self.pause)
                }
            }
        }

        /// What is known from one look to the next.
        struct Course: Sendable {
            fileprivate var watched: [Target.Identity: Watched] = [:]
            /// Ends that were told, or happened before anybody watched.
            fileprivate var told: Set<Target.Identity>?
        }

        /// Finds what runs now, and tells of what was killed.
        func look(_ course: inout Course) async throws {
            let targets = try await workshop.targets()
            let (watched, told) = (course.watched, course.told)
            let (ended, running) = try await workshop.run {
                let running = targets.filter(\.isRunning).map { target in
                    Watched(
                        target: target, kills: ProcessTable().killCounts(of: target.pid),
                        held: watched[target.identity]?.held ?? HeldSession(target))
                }
                return (self.ends(among: targets, watched, told), running)
            }
            for end in ended { try await Grace.finish { try await self.tell(end) } }
            course.watched = Dictionary(uniqueKeysWithValues: running.map { ($0.target.identity, $0) })
            watching.withLock { $0 = running.count }
            course.told = Set(targets.filter(\.wasKilled).map(\.identity))
        }

        /// An end, and what is left of the process.
        private struct End: Sendable {
            var target: Target
            var path: String
            var reason: Ending.Reason
            var held: HeldSession?
        }

        /// - Parameter told: nil: this is the first look.
        private func ends(
            among targets: [Target], _ watched: [Target.Identity: Watched], _ told: Set<Target.Identity>?
        ) -> [End] {
            var killed = targets.filter(\.wasKilled)
            if let told {
                killed.removeAll { told.contains($0.identity) }
            } else {
                let missed = killed.filter(isWorthTelling).sorted { $0.lastEvent ?? 0 > $1.lastEvent ?? 0 }
                killed = Array(missed.prefix(Self.mostMissed))
            }
            let listed = killed.compactMap { target -> End? in
                let known = watched[target.identity]
                return end(
                    of: target, at: known?.held?.path ?? target.path, isOutOfMemory: target.wasKilledForMemory, known)
            }
            // Of a process in a container nothing is listed any more; its file says whether it said goodbye.
            let present = Set(targets.map(\.identity))
            let vanished = watched.values.filter { !present.contains($0.target.identity) }.compactMap { known in
                known.held.flatMap { end(of: known.target, at: $0.path, isOutOfMemory: false, known) }
            }
            return listed + vanished
        }

        /// Whether a process that was dead when the watch began is told: lately, and by no earlier server.
        private func isWorthTelling(_ target: Target) -> Bool {
            guard let delivery, let last = target.lastEvent, last + Self.oldest > Clock.realtime() else { return false }
            return !delivery.ledger.has(Ending.key(of: target))
        }

        private func end(of target: Target, at path: String, isOutOfMemory: Bool, _ known: Watched?) -> End? {
            guard let state = try? SessionSummary(contentsOf: path).header.state else { return nil }
            let isCounted = known.map { ProcessTable().hasKilled(since: $0.kills) } ?? false
            guard state == .running || (state == .sandboxed && (isOutOfMemory || isCounted)) else { return nil }
            return End(
                target: target, path: path, reason: isOutOfMemory || isCounted ? .oom : .killed, held: known?.held)
        }

        private func tell(_ end: End) async throws {
            let roots = end.held?.roots ?? []
            let snapshot = try? await workshop.run {
                try Snapshot(path: end.path, limit: Workshop.mostBytes, mostFrames: Workshop.mostFrames)
            }
            let ending = try await workshop.run {
                let names = self.workshop.names.names(roots: roots)
                let site = snapshot.flatMap { TargetFigures($0, sites: 1, names: names).sites.first }
                return Ending(
                    end.target, time: Clock.realtime(), reason: end.reason, holder: site.map { ($0.function, $0.bytes) }
                )
            }
            endings.withLock { endings in
                endings.append(ending)
                if endings.count > Self.mostEndings { endings.removeFirst() }
            }
            let holder = ending.holder.map { ", \($0.function) held most" } ?? ""
            logger.warning(
                "process \(ending.pid), \(printable(ending.program)): \(ending.reason.words)\(printable(holder))")
            if let snapshot { try await delivery?.deliver(ending, session: snapshot.session, roots: roots) }
        }
    }

    extension Target {
        fileprivate var wasKilled: Bool { if case .killed = status { true } else { false } }
        fileprivate var wasKilledForMemory: Bool { status == .killed(byOutOfMemory: true) }
    }

    extension Ending.Reason {
        fileprivate var words: String {
            switch self {
            case .oom: "killed by the out-of-memory killer"
            case .killed: "killed"
            }
        }
    }

    extension EndWatch: MetricSource {
        func families() -> [MetricFamily] {
            var end = MetricFamily(
                "silt_process_end",
                "A process that was killed in the last 15 minutes, why, and the function that held most of its memory.")
            var bytes = MetricFamily("silt_process_end_held_bytes", "What that function held.")
            let now = Clock.realtime()
            for ending in endings.withLock({ $0 }) where ending.time + Self.told > now {
                let labels: MetricLabels = [
                    ("target", ending.id), ("program", printable(ending.program)), ("pid", "\(ending.pid)"),
                    ("reason", ending.reason.rawValue), ("function", ending.holder?.function ?? ""),
                ]
                end.add(1.0, labels)
                bytes.add(ending.holder?.bytes, labels)
            }
            return [end, bytes]
        }
    }
#endif
