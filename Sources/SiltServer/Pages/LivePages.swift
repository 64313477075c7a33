// SPDX-License-Identifier: Apache-2.0
//
// The page of one process, which shows it as it is now and reads it again by itself, and the data that this page asks for:
// the heap, what changed in it between two moments, and its course. The same page is there as a file. Which pictures it has
// is SiltDriver's, what they look like is SiltReport's.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltProfile
    import SiltReport
    import Synchronization

    struct LivePages: Sendable {
        let workshop: Workshop
        let history: History?
        let driver: Driver
        private let known = KnownTotals()

        init(workshop: Workshop, history: History?, driver: Driver) {
            self.workshop = workshop
            self.history = history
            self.driver = driver
        }

        /// How often a page asks again, in seconds. What is costly to make is made less often: see ``Rounds``.
        private static let seconds = 5
        /// Of what is kept of the past, so many moments at most are in a course.
        private static let mostMoments = 240

        static func page(of target: Target) -> [UInt8] {
            var json = JsonWriter()
            json.object { json in
                json.field("state", "\(target.status)")
                json.field("ended") { $0.bool(!target.isRunning && !target.isUnknown) }
                json.field("seconds", seconds)
            }
            return FlamePage.live(title: "\(printable(target.program)) (pid \(target.pid))", settings: json.bytes)
        }

        /// The data of the page: of now, of a moment `at`, and of what changed since a moment `base`.
        func flame(of target: Target, _ parameters: Parameters) async throws -> Answer {
            let data = try await flame(of: target, parameters, as: "page", renew: { $0 }) { $0.json() }
            var answer = Answer.json(data)
            // A page that was opened while it ran must not go on as if it did.
            answer.headers.append(("Silt-Process", "\(target.status)"))
            return answer
        }

        /// The same as a file, for others; with `threads`, only those.
        func file(of target: Target, _ parameters: Parameters) async throws -> Answer {
            guard parameters["threads"] == nil else {
                return .page(
                    try await workshop.product("thread flame", of: target) { snapshot, names in
                        let threads = ThreadProfile([snapshot.session], symbols: names).profile
                        return FlamePage([.init(.threads, threads)], kind: .threads).html()
                    })
            }
            return .page(try await flame(of: target, parameters, as: "flame") { $0.html() })
        }

        /// Sources are not quoted: a program says where they are, and could name any file that this server may read.
        ///
        /// - Parameters:
        ///   - form: what `write` makes of a page, as ``Workshop/product(_:of:renew:_:)`` takes it.
        ///   - renew: likewise, of now.
        private func flame(
            of target: Target, _ parameters: Parameters, as form: String,
            renew: (@Sendable ([UInt8]) -> [UInt8])? = nil, _ write: @escaping @Sendable (FlamePage) -> [UInt8]
        ) async throws -> [UInt8] {
            let (at, base) = try PprofQuestion.moments(parameters)
            guard at != nil || base != nil else {
                return try await workshop.product(form, of: target, renew: renew) { snapshot, names in
                    write(try driver.flamePage(of: .sessions([snapshot.session]), symbols: names))
                }
            }
            let past = Past(workshop: workshop, history: history)
            let name = "\(form) at \(at?.description ?? "now") since \(base?.description ?? "nothing")"
            return try await workshop.product("\(target.id) \(name)") {
                try await workshop.run {
                    let after = try past.session(of: target, at: at)
                    let before = try base.map { Input.sessions([try past.session(of: target, at: $0)]) }
                    let names = workshop.names(for: target)
                    return write(try driver.flamePage(of: .sessions([after]), since: before, symbols: names))
                }
            }
        }

        /// Remembers the process as it is now, in memory: `{"time"}`, the moment to compare with.
        func takeBaseline(of target: Target) async throws -> Answer {
            let past = Past(workshop: workshop, history: history)
            return .json(
                try await workshop.product("\(target.id) baseline") {
                    try await workshop.run {
                        let session = try past.session(of: target, at: nil)
                        let time = Clock.realtime() / 1_000_000_000
                        workshop.baselines.keep(session, of: target.id, at: time)
                        return Array("{\"time\":\(time)}\n".utf8)
                    }
                })
        }

        /// What was in use at each moment that is kept, oldest first: `[{"time", "value", "lower", "upper"}]`, seconds since
        /// 1970 and bytes; ends of the 95 % interval that are not known are null.
        func course(of target: Target) async throws -> Answer {
            .json(
                try await workshop.product("\(target.id) course") {
                    try await workshop.run { courseData(of: target) }
                })
        }

        /// What is in use now, for the page of all processes: `{"value", "lower", "upper", "samples"}`, as ``course(of:)`` has
        /// them. As long as nothing is recorded, the session is not read again.
        func level(of target: Target) async throws -> Answer {
            .json(
                try await workshop.product("level", of: target, renew: { $0 }) { snapshot, _ in
                    let total = KnownTotals.Total(of: snapshot.session)
                    var json = JsonWriter()
                    json.object { json in
                        json.field(total)
                        json.field("samples", snapshot.session.live.count)
                    }
                    return json.bytes + [UInt8(ascii: "\n")]
                })
        }

        private func courseData(of target: Target) -> [UInt8] {
            let snapshots = TargetReports.spread(history?.snapshots(of: target) ?? [], over: Self.mostMoments)
            let kept = snapshots.compactMap { snapshot in
                known.total(of: snapshot.path) { try Workshop.session(contentsOf: snapshot.path) }
                    .map { (snapshot.time, $0) }
            }
            let taken = workshop.baselines.moments(of: target.id).compactMap { moment in
                known.total(of: "\(target.id) \(moment.time)") { moment.session }.map { (moment.time, $0) }
            }
            var json = JsonWriter()
            json.array((kept + taken).sorted { $0.0 < $1.0 }) { json, total in
                json.object { json in
                    json.field("time", Int(clamping: total.0))
                    json.field(total.1)
                }
            }
            return json.bytes + [UInt8(ascii: "\n")]
        }
    }

    /// What was in use in all at moments of the past, which never change; used by several threads.
    private final class KnownTotals: Sendable {
        struct Total: Sendable {
            var value: Double
            /// Nil: not known.
            var lower: Double?
            var upper: Double?

            init(of session: Session) {
                let heap = Profile.heap([session], symbols: NoNames())
                let total = heap.total(kind: .inuseSpace)
                let interval = heap.confidence(in: .inuseSpace)?.interval(of: total)
                (value, lower, upper) = (total.value, interval?.lower, interval?.upper)
            }
        }

        /// Some hundred bytes each. When there are so many, those of before go together.
        private static let most = 20_000
        private let totals = Mutex<[String: Total]>([:])

        /// Nil if it cannot be read. Reads it the first time.
        func total(of name: String, read: () throws -> Session) -> Total? {
            if let known = totals.withLock({ $0[name] }) { return known }
            guard let session = try? read() else { return nil }
            let found = Total(of: session)
            totals.withLock { totals in
                if totals.count >= Self.most { totals = [:] }
                totals[name] = found
            }
            return found
        }
    }

    extension JsonWriter {
        /// Its three fields; what is not known is null.
        fileprivate mutating func field(_ total: KnownTotals.Total) {
            field("value") { $0.number(total.value) }
            field("lower") { $0.number(total.lower ?? .nan) }
            field("upper") { $0.number(total.upper ?? .nan) }
        }
    }
#endif
