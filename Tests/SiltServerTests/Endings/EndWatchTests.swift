// SPDX-License-Identifier: Apache-2.0
//
// Processes that are killed: what is pushed of them, under which labels, and what the metrics say.

#if Serve
    import Glibc
    import Logging
    import SiltDriver
    import SiltHost
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltPprof
    @testable import SiltServer

    @Suite(.timeLimit(.minutes(10))) struct EndWatchTests {
        private let host: ServedHost
        private let server = FakeServer()
        private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        init() throws { host = try ServedHost() }

        /// A server's delivery and watch, as after each start of it.
        private func delivery() throws -> Delivery {
            try Delivery(
                PushOptions(
                    destinations: ["http://pyroscope:4040", "otlp+http://collector:4318"].compactMap(Destination.init),
                    interval: TimeSpan(seconds: 1000), folder: host.bench.path("push")),
                carrier: server, workshop: host.workshop, logger: logger, host: "web-1")
        }

        @Test(arguments: ["/tmp", "linked", "no/where"]) func aFolderOfOthersIsRefused(folder: String) throws {
            try host.bench.run(["ln", "-s", "/tmp", "linked"])
            let path = folder.hasPrefix("/") ? folder : host.bench.path(folder)
            #expect(throws: Failure.self) {
                _ = try Delivery(
                    PushOptions(destinations: [], folder: path), carrier: server, workshop: host.workshop,
                    logger: logger)
            }
        }

        private func watch(_ delivery: Delivery?) -> EndWatch {
            EndWatch(workshop: host.workshop, delivery: delivery, logger: logger)
        }

        private func hog(in group: MemoryGroup? = nil) throws -> Program {
            let build = absolutePath(".build")
            let command = ["\(build)/programs/Hog"]
            let program = try Program(
                group?.command(["env", "LD_PRELOAD=\(build)/shim/libsilt.so"] + command) ?? command,
                environment: [("SILT_DIR", host.bench.directory), ("SILT_INTERVAL", "1")]
                    + (group == nil ? [("LD_PRELOAD", "\(build)/shim/libsilt.so")] : []))
            _ = try program.lines(through: "ready")
            return program
        }

        /// The last profiles of processes that a server got.
        private var last: [Pushed] { server.taken.filter { $0.labels["reason"] != nil } }

        private func metrics(_ watch: EndWatch) -> String { Exposition.prometheus.text(watch.families()) }

        @Test func aProcessThatIsKilledIsToldOnce() async throws {
            let program = try hog()
            let delivery = try delivery()
            let watch = watch(delivery)
            var course = EndWatch.Course()
            try await watch.look(&course)
            #expect(metrics(watch) == "")
            program.signal(SIGKILL)
            _ = try program.finish()
            try await watch.look(&course)
            try await watch.look(&course)
            try await delivery.drain()
            #expect(server.broken == [])
            #expect(last.count == 2 && Set(last.map { $0.labels["__name__"] }) == ["memory", "goroutine"])
            let labels = try #require(last.first).labels
            #expect(labels["service_name"] == "Hog")
            #expect(labels["reason"] == "killed")
            #expect(labels["host"] == "web-1")
            #expect(labels["pid"] == "\(program.pid)")
            let text = metrics(watch)
            #expect(
                text.contains(
                    "silt_process_end{target=\"Hog-\(program.pid)\",program=\"Hog\",pid=\"\(program.pid)\","
                        + "reason=\"killed\",function=\"modest\"} 1\n"), "\(text)")
            #expect(text.contains("function=\"modest\"} 1048576\n"))
        }

        @Test func aServerThatIsStartedAgainTellsNothingTwiceAndWhatWasMissed() async throws {
            let first = try hog()
            first.signal(SIGKILL)
            _ = try first.finish()
            var course = EndWatch.Course()
            let delivery = try delivery()
            try await watch(delivery).look(&course)
            try await delivery.drain()
            #expect(last.map { $0.labels["pid"] } == ["\(first.pid)", "\(first.pid)"])
            let second = try hog()
            second.signal(SIGKILL)
            _ = try second.finish()
            let restarted = try self.delivery()
            course = EndWatch.Course()
            try await watch(restarted).look(&course)
            try await restarted.drain()
            #expect(last.count == 4)
            #expect(last.suffix(2).allSatisfy { $0.labels["pid"] == "\(second.pid)" })
        }

        @Test func whoSaysGoodbyeIsNotTold() async throws {
            let program = try hog()
            let watch = watch(nil)
            var course = EndWatch.Course()
            try await watch.look(&course)
            _ = try program.finish()
            try await watch.look(&course)
            #expect(metrics(watch) == "")
        }

        @Test(.enabled(if: MemoryGroup.isPermitted, "this user may make no control groups here"))
        func whatTheKernelKillsForMemoryIsPushedAndNamesItsHog() async throws {
            let group = try MemoryGroup(limit: 64 << 20)
            let delivery = try delivery()
            let watch = watch(delivery)
            let program = try hog(in: group)
            let services = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await watch.run() }
                    group.addTask { try await delivery.run() }
                    try await group.waitForAll()
                }
            }
            defer { services.cancel() }
            while watch.count == 0 { try await Task.sleep(for: .milliseconds(20)) }
            for _ in 0..<20 { program.send("\n") }
            #expect(try program.finish().status == 128 + SIGKILL)
            let killed = ContinuousClock.now
            while last.count < 2 { try await Task.sleep(for: .milliseconds(20)) }
            print("pushed \(ContinuousClock.now - killed) after the kill")
            #expect(last.allSatisfy { $0.labels["reason"] == "oom" })
            let pushed = try #require(last.first { $0.labels["__name__"] == "memory" })
            let heap = RawPprof(try Gzip.unpack(pushed.profile, limit: 1 << 24))
            let heaviest = try #require(heap.samples.max { $0.values[3] < $1.values[3] })
            #expect(heap.names(heaviest).contains("hog"))
            #expect(metrics(watch).contains("reason=\"oom\",function=\"hog\"} 1\n"))
        }
    }

    extension Delivery {
        /// Delivers what waits, without the time between attempts.
        func drain() async throws {
            for courier in couriers {
                var course = Courier.Course()
                while try await courier.step(&course) != .idle {}
            }
        }
    }
#endif
