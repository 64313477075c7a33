// SPDX-License-Identifier: Apache-2.0
//
// Which process an address means, and the pages besides the profiles.

#if Serve
    import SiltHost
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct SiteTests {
        @Test func withoutAProcessItSaysSo() async throws {
            let host = try ServedHost()
            let page = try await host.get("/")
            #expect(page.status == 200)
            #expect(page.text.contains("silt run -- PROGRAM"))
            #expect(try await host.get("/debug/pprof/heap").status == 404)
            #expect(try await host.get("/targets").text == "[]\n")
            #expect(try await host.get("/healthz").text == "ok\n")
        }

        @Test func processesAppearAndStay() async throws {
            let host = try ServedHost()
            let first = try host.start("Orders")
            let id = "Orders-\(first.pid)"
            #expect(try await host.get("/debug/pprof/heap").status == 200)
            let second = try host.start("Orders", "10")
            // Two run now: which one is meant?
            let answer = try await host.get("/debug/pprof/heap")
            #expect(answer.status == 404)
            #expect(answer.text.contains("/targets/\(id)/"))
            for name in [id, "\(first.pid)"] {
                #expect(try await host.get("/targets/\(name)/debug/pprof/heap").status == 200)
            }
            #expect(try await host.get("/targets/Orders/debug/pprof/heap").status == 404)
            first.signal(9)
            _ = try first.finish()
            // One runs, one is left.
            #expect(try await host.get("/debug/pprof/heap").status == 200)
            #expect(try await host.get("/targets/\(id)/debug/pprof/heap").status == 200)
            let list = try await host.get("/targets").text
            #expect(list.contains("\"id\":\"\(id)\",\"program\":\"Orders\",\"pid\":\(first.pid),\"state\":\"killed\""))
            #expect(list.contains("\"id\":\"Orders-\(second.pid)\""))
        }

        @Test func aTargetCanBeChosenOnceForAll() async throws {
            let host = try ServedHost(target: "Threads")
            let orders = try host.start("Orders")
            #expect(try await host.get("/debug/pprof/heap").text == "Threads: no such process\n")
            #expect(!orders.hasEnded)
        }

        @Test(arguments: [
            "/targets/..", "/targets/%2e%2e/%2e%2e/etc/passwd", "/targets/../../etc/passwd", "/etc/passwd", "/debug",
            "/debug/pprof/../../etc/passwd", "/targets/x/debug/pprof/heap", "/%2fetc%2fpasswd",
        ])
        func addressesNeverLeadToFiles(path: String) async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let answer = try await host.get(path)
            #expect(answer.status == 404)
            #expect(!answer.text.contains("root:"))
            #expect(!program.hasEnded)
        }

        @Test func pagesForPeople() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders", "50", "mail")
            let id = "Orders-\(program.pid)"
            for path in [
                "/", "/targets/\(id)/", "/debug/pprof/", "/targets/\(id)/flame", "/flame", "/flame?threads=1",
                "/targets/\(id)/rss", "/rss",
            ] {
                let page = try await host.get(path)
                #expect(page.status == 200, "\(path)")
                #expect(page["Content-Type"] == "text/html; charset=utf-8")
                #expect(page["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
                #expect(page.text.contains("Orders"))
            }
            #expect(try await host.get("/targets/\(id)")["Location"] == "\(id)/")
            #expect(try await host.get("/debug/pprof")["Location"] == "pprof/")
            let top = try await host.get("/top").text
            #expect(top.contains("remember_order"))
        }

        /// For agents, and for people in a hurry.
        @Test func theVerdictOfNow() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders", "50", "mail")
            for path in ["/explain", "/targets/Orders-\(program.pid)/explain"] {
                let answer = try await host.get(path)
                #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
                #expect(answer.text.hasPrefix("{\"format\":\"silt-explain\",\"version\":1,"), "\(answer.text)")
                #expect(answer.text.contains("remember_order") && answer.text.utf8.count <= 4096)
            }
            let text = try await host.get("/explain?format=text").text
            #expect(text.hasPrefix("Verdict: ") && text.contains("remember_order"), "\(text)")
        }

        @Test func ofALongPastSomeMomentsAreEnough() {
            let paths = (0..<100).map { "\($0)" }
            let few = TargetReports.spread(paths, over: 11)
            #expect(few.count == 11 && few.first == "0" && few.last == "99")
            #expect(TargetReports.spread(few, over: 11) == few)
        }

        @Test func whoIsTurnedAwayLearnsNothing() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let answer = try await host.get("/", host: "evil.example")
            #expect(answer.status == 421)
            #expect(!answer.text.contains("Orders"))
            #expect(!program.hasEnded)
        }

        @Test func figuresBecomeMetrics() async throws {
            let host = try ServedHost(metricSites: 3)
            let program = try host.start("Orders", "50", "mail")
            let labels = "target=\"Orders-\(program.pid)\",program=\"Orders\",pid=\"\(program.pid)\""
            let lines = try await host.get("/metrics").text.split(separator: "\n").map(String.init)
            func value(_ name: String, _ more: String = "") -> Double? {
                lines.first { $0.hasPrefix("\(name){\(labels)\(more)} ") }?.split(separator: " ").last.flatMap {
                    Double($0)
                }
            }
            let inUse = try #require(value("silt_heap_inuse_bytes"))
            #expect(inUse >= 275_200)
            // Every allocation is recorded: the interval has no width.
            #expect(value("silt_heap_inuse_lower_bytes") == inUse)
            #expect(value("silt_heap_inuse_upper_bytes") == inUse)
            let allocated = try #require(value("silt_heap_allocated_bytes_total"))
            let freed = try #require(value("silt_heap_freed_bytes_total"))
            #expect(allocated - freed == inUse)
            #expect(value("silt_threads") == 2)
            #expect(value("silt_target_up") == 1)
            #expect(value("silt_resident_memory_bytes") ?? 0 > 275_200)
            #expect(value("silt_site_inuse_bytes", ",function=\"remember_order\"") == 204_800)
            #expect(value("silt_site_inuse_bytes", ",function=\"load_catalogue\"") == 64_000)
            let open = try await host.get("/metrics", accept: "application/openmetrics-text; version=1.0.0")
            #expect(open["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(open.text.hasSuffix("# EOF\n"))
            program.signal(9)
            _ = try program.finish()
            let after = try await host.get("/metrics").text
            #expect(after.contains("silt_target_up{\(labels)} 0"))
            #expect(!after.contains("silt_heap_inuse_bytes{"))
        }

        @Test func aHostileFileStopsNothing() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            try host.bench.write("not a session", to: "evil.1.live.silt")
            // A header that is one, and regions that cannot be.
            var bytes = try Workbench.read(host.bench.path("Orders.\(program.pid).live.silt"))
            for index in 300..<4096 { bytes[index] = 0xff }
            try host.bench.write(bytes, to: "evil.2.live.silt")
            try host.bench.run(["/bin/ln", "-s", "/etc", "evil.3.live.silt"])
            try host.bench.run(["/bin/mkdir", "evil.4.live.silt"])
            try host.bench.run(["/usr/bin/mkfifo", "evil.5.live.silt"])
            #expect(try await host.get("/targets/\(program.pid)/debug/pprof/heap").status == 200)
            #expect(try await host.get("/metrics").status == 200)
            #expect(try await host.get("/").status == 200)
        }

        @Test func aNameIsNeverMarkup() async throws {
            let host = try ServedHost()
            let script = "<script>x"
            try host.bench.run(["/bin/cp", "\(absolutePath(".build"))/programs/Orders", script])
            let program = try Program(
                [host.bench.path(script)],
                environment: [
                    ("LD_PRELOAD", absolutePath(".build/shim/libsilt.so")), ("SILT_DIR", host.bench.directory),
                    ("SILT_INTERVAL", "1"),
                ])
            _ = try program.lines(through: "ready")
            let page = try await host.get("/").text
            #expect(page.contains("&lt;script&gt;x"))
            #expect(!page.contains(script))
            #expect(try await host.get("/targets/_script_x-\(program.pid)/").status == 200)
        }
    }
#endif
