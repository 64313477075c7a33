// SPDX-License-Identifier: Apache-2.0
//
// Takes the parcels of one server there, one after the other. It waits after a failure, and longer after the next; only what
// a killed process has left may go at once.

#if Serve
    import Logging
    import SiltHost
    import Synchronization

    /// Delivers to one server.
    final class Courier: Sendable {
        /// What has become of parcels.
        struct Tally: Sendable {
            var delivered = 0
            /// By reason, in a word.
            var dropped: [String: Int] = [:]
            var failures = 0
            /// In nanoseconds since 1970; nil: nothing was delivered yet.
            var lastDelivery: UInt64?
        }

        /// What is to be done after a step.
        enum Next: Hashable, Sendable {
            /// Another parcel may wait.
            case goOn
            case idle
            /// Nothing is sent for so long, but what a killed process has left and was not tried yet.
            case rest(Duration)
        }

        /// What the next step needs to know of those before; only ``step(_:)`` uses it.
        struct Course: Sendable {
            var backoff = Backoff()
            var random = SystemRandomNumberGenerator()
            /// What was written to the log last: the same is not written again.
            var told = ""
            /// Urgent ones that failed since the last success.
            var tried: Set<ParcelID> = []
        }

        let destination: Destination
        let outbox: Outbox
        private let carrier: any Carrier
        private let workshop: Workshop
        private let logger: Logger
        private let kept = Mutex(Tally())

        private static let pause = Duration.milliseconds(200)

        init(
            destination: Destination, outbox: Outbox, carrier: any Carrier, workshop: Workshop, logger: Logger
        ) {
            self.destination = destination
            self.outbox = outbox
            self.carrier = carrier
            self.workshop = workshop
            self.logger = logger
        }

        var tally: Tally { kept.withLock { $0 } }

        /// Takes a parcel in.
        func accept(_ parcel: Parcel) async throws {
            let dropped = try await workshop.run { self.outbox.put(parcel) }
            count(dropped: dropped.count, reason: "no_room")
        }

        /// Delivers until it is cancelled; an attempt that is under way then is finished.
        func run() async throws {
            var course = Course()
            while true {
                switch try await step(&course) {
                case .goOn: continue
                case .idle: try await Task.sleep(for: Self.pause)
                case .rest(let time): try await rest(time, course)
                }
            }
        }

        /// Sends the next parcel, if there is one.
        func step(_ course: inout Course) async throws -> Next {
            guard let parcel = try await workshop.run({ self.outbox.next() }) else { return .idle }
            switch try await Grace.finish({ try await self.attempt(parcel) }) {
            case .delivered:
                kept.withLock { tally in
                    tally.delivered += 1
                    tally.lastDelivery = Clock.realtime()
                }
                if !course.told.isEmpty { logger.notice("push: \(destination) takes profiles again") }
                (course.told, course.tried) = ("", [])
                course.backoff.reset()
                return .goOn
            case .refused(let reason):
                count(dropped: 1, reason: "refused")
                tell("refused a profile: \(reason)", &course)
                return .goOn
            case .later(let reason, let rest):
                kept.withLock { $0.failures += 1 }
                tell("\(reason); it is tried again", &course)
                if parcel.isLast { course.tried.insert(parcel.id) }
                return .rest(max(course.backoff.next(using: &course.random), rest ?? .zero))
            }
        }

        private func tell(_ words: String, _ course: inout Course) {
            if course.told != words { logger.warning("push: \(destination): \(printable(words))") }
            course.told = words
        }

        /// Sends a parcel, and forgets one that its server has or never will have.
        private func attempt(_ parcel: Parcel) async throws -> PushVerdict {
            let verdict = try await verdict(on: parcel)
            if case .later = verdict { return verdict }
            try await workshop.run { self.outbox.remove(parcel.id) }
            return verdict
        }

        /// - Throws: only if this task is cancelled: then nobody knows whether the parcel has arrived.
        private func verdict(on parcel: Parcel) async throws(CancellationError) -> PushVerdict {
            guard let message = PushMessage(parcel, to: destination, now: Clock.realtime()) else {
                return .refused(reason: "it waited for longer than servers allow")
            }
            do {
                return PushVerdict(try await carrier.send(message), of: destination.form)
            } catch {
                if Task.isCancelled { throw CancellationError() }
                return .later(reason: "\(error)", rest: nil)
            }
        }

        /// Ends early for the last profile of a process that has not been tried yet.
        private func rest(_ time: Duration, _ course: Course) async throws {
            let end = ContinuousClock.now + time
            while ContinuousClock.now < end {
                if let urgent = outbox.urgent(besides: course.tried) { return outbox.prefer(urgent) }
                try await Task.sleep(for: min(Self.pause, end - ContinuousClock.now))
            }
        }

        private func count(dropped: Int, reason: String) {
            if dropped > 0 { kept.withLock { $0.dropped[reason, default: 0] += dropped } }
        }
    }
#endif
