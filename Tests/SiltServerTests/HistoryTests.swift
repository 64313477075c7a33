// SPDX-License-Identifier: Apache-2.0
//
// Now against then, with snapshots that an earlier server has taken.

#if Serve
    import SiltDriver
    import SiltHost
    import SiltPprof
    import SiltProfile
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct HistoryTests {
        private let now = Clock.realtime() / 1_000_000_000

        private func total(_ answer: Answer) throws -> Double {
            try Profile(pprof: answer.body).total(kind: .inuseSpace).value
        }

        @Test func nowAgainstThen() async throws {
            let host = try ServedHost(history: "past")
            let program = try host.start("Orders")
            let history = try History(folder: host.bench.path("past"), budget: 1 << 30)
            let targets = try await host.workshop.targets()
            #expect(history.record(targets, now: now - 7200) == [])
            #expect(history.record(targets, now: now - 60) == [])
            #expect(history.snapshots(of: targets[0]).map(\.time) == [now - 7200, now - 60])
            #expect(try total(await host.get("/debug/pprof/heap?at=-1h")) == 275_200)
            #expect(try total(await host.get("/debug/pprof/heap?at=\(now - 60)")) == 275_200)
            let change = try await host.get("/debug/pprof/heap?base=-1h")
            #expect(change["Content-Disposition"] == "attachment; filename=\"heap-delta\"")
            #expect(try total(change) == 0)
            #expect(try await host.get("/debug/pprof/heap?base=-1h&at=-1m").status == 200)
            #expect(try await host.get("/flame?base=-1h").status == 200)
            let verdict = try await host.get("/explain").text
            // Only several moments come to that.
            #expect(verdict.contains("\"verdict\":\"flat\""), "\(verdict)")
            let tooFar = try await host.get("/debug/pprof/heap?base=-3h")
            #expect(tooFar.status == 404)
            #expect(tooFar.text.contains("the oldest snapshot"))
            let list = try await host.get("/history").text
            #expect(list.contains("\"time\":\(now - 7200)"))
            // The last server is gone, the process too.
            program.signal(9)
            _ = try program.finish()
            let next = try await host.get("/debug/pprof/heap?at=-1h")
            #expect(try total(next) == 275_200)
        }

        @Test func theFolderMustBeItsOwn() throws {
            let bench = try Workbench()
            try bench.run(["/bin/mkdir", "-m", "755", "open"])
            #expect(throws: Failure.self) { try History(folder: bench.path("open"), budget: 1) }
            try bench.run(["/bin/mkdir", "-m", "700", "own"])
            try bench.run(["/bin/ln", "-s", "own", "link"])
            #expect(throws: Failure.self) { try History(folder: bench.path("link"), budget: 1) }
            #expect(throws: Never.self) { try History(folder: bench.path("own"), budget: 1) }
            #expect(throws: Never.self) { try History(folder: bench.path("new"), budget: 1) }
        }

        @Test(.enabled(if: SmallDisk.isPermitted, "this user may not mount a disk to fill"))
        func onAFullDiskTheOldestGiveWay() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let disk = try SmallDisk(in: try TemporaryDirectory(), size: 512)
            let history = try History(folder: "\(disk.path)/past", budget: 1 << 30)
            let targets = try await host.workshop.targets()
            let start = now - 3600
            var hasFailed = false
            for minute in 0..<50 {
                let problems = history.record(targets, now: start + UInt64(minute) * 60)
                hasFailed = hasFailed || !problems.isEmpty
                #expect(problems.allSatisfy { $0.hasSuffix("cannot be written: No space left on device") })
            }
            #expect(hasFailed)
            let times = history.snapshots(of: targets[0]).map(\.time)
            #expect(times.last ?? 0 >= start + 48 * 60 && times.first ?? 0 > start)
            #expect(!program.hasEnded)
        }

        @Test func whatAServerLeftHalfWrittenIsRemoved() throws {
            let bench = try Workbench()
            try bench.run(["/bin/mkdir", "-m", "700", "-p", "past", "past/Orders-1.2"])
            try bench.write("half", to: "past/Orders-1.2/60.silt.77.tmp")
            _ = try History(folder: bench.path("past"), budget: 1)
            #expect(try namesInDirectory(bench.path("past/Orders-1.2")) == [])
        }

        @Test func nothingIsKeptBeyondTheBudget() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let history = try History(folder: host.bench.path("past"), budget: 100)
            let targets = try await host.workshop.targets()
            #expect(history.record(targets, now: now) == [])
            #expect(history.snapshots(of: targets[0]) == [])
            #expect(try namesInDirectory(host.bench.path("past")) == [])
            #expect(!program.hasEnded)
        }
    }
#endif
