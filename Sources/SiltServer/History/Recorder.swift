// SPDX-License-Identifier: Apache-2.0
//
// Takes a snapshot of all processes each minute, and says from those of the last hour when each will reach its memory limit.
// It works on one thread, and rests as long as it has worked.

#if Serve
    import Logging
    import ServiceLifecycle
    import SiltFile
    import SiltHost
    import SiltProfile
    import Synchronization

    /// Keeps the history; a service of its own.
    final class Recorder: Service {
        private let history: History
        private let workshop: Workshop
        private let logger: Logger
        private let forecasts = Mutex<[Target.ID: CourseJudge.Forecast]>([:])

        /// How many snapshots a course is judged by.
        private static let points = 8

        init(history: History, workshop: Workshop, logger: Logger) {
            self.history = history
            self.workshop = workshop
            self.logger = logger
        }

        /// When a process reaches its limit, as of the last snapshot; nil: the data do not tell.
        func forecast(of target: Target.ID) -> CourseJudge.Forecast? { forecasts.withLock { $0[target] } }

        func run() async throws {
            try? await cancelWhenGracefulShutdown {
                var isWell = true
                while true {
                    // Whole minutes, so that processes can be compared with each other.
                    let rest = 60 - Clock.realtime() / 1_000_000_000 % 60
                    try await Task.sleep(for: .seconds(rest))
                    let targets = try await self.workshop.targets()
                    let problems = try await self.workshop.run { self.history.record(targets) }
                    // A full disk stays full: once is enough.
                    if isWell, let problem = problems.first {
                        let others = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
                        self.logger.warning("history: \(printable(problem))\(others)")
                    }
                    isWell = problems.isEmpty
                    try await self.foresee(targets)
                }
            }
        }

        private func foresee(_ targets: [Target]) async throws {
            var found: [Target.ID: CourseJudge.Forecast] = [:]
            let clock = ContinuousClock()
            for target in targets where target.isRunning {
                let start = clock.now
                found[target.id] = try await workshop.run { self.forecast(for: target) }
                try await Task.sleep(for: min(clock.now - start, .seconds(1)))
            }
            forecasts.withLock { [found] in $0 = found }
        }

        /// Nil: there is no limit, or too little is known.
        private func forecast(for target: Target) -> CourseJudge.Forecast? {
            let facts = ProcessTable().process(of: target.header, file: target.path).facts
            guard let use = facts.flatMap({ MemoryUse($0) }) else { return nil }
            let now = Clock.realtime() / 1_000_000_000
            let recent = history.snapshots(of: target).filter { $0.time + Thinning.denseSpan >= now }
            guard recent.count >= 3 else { return nil }
            let count = min(Self.points, recent.count)
            let chosen = (0..<count).map { recent[$0 * (recent.count - 1) / (count - 1)] }
            let sessions = chosen.compactMap { try? Workshop.session(contentsOf: $0.path) }
            guard sessions.count >= 3 else { return nil }
            let trend = Trend(of: sessions.map { [$0] }, symbols: NoNames())
            return TimeToLimit(use, course: trend.course, judge: trend.courseJudge).forecast
        }
    }
#endif
