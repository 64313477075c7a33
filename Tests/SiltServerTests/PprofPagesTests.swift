// SPDX-License-Identifier: Apache-2.0
//
// What pprof's users and scrapers get of a program whose whole profile is known.

#if Serve
    import SiltDriver
    import SiltHost
    import SiltProfile
    import SiltSymbols
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltPprof
    @testable import SiltServer

    @Suite struct PprofPagesTests {
        private let host: ServedHost
        private let program: Program

        init() throws {
            host = try ServedHost()
            program = try host.start("Orders", "50", "mail")
        }

        private func profile(_ path: String) async throws -> Profile {
            let answer = try await host.get("/debug/pprof/\(path)")
            #expect(answer.status == 200)
            return try Profile(pprof: answer.body)
        }

        private func totals(_ profile: Profile) -> [String: Double] {
            Dictionary(uniqueKeysWithValues: profile.kinds.map { ($0.name, profile.total(kind: $0).value) })
        }

        private static let all = [
            "alloc_objects": 350.0, "alloc_space": 281_600, "inuse_objects": 250, "inuse_space": 275_200,
        ]

        @Test(arguments: ["heap", "allocs", "heap?gc=1", "heap?debug=0"])
        func theHeapIsThatOfTheProgram(path: String) async throws {
            let heap = try await profile(path)
            #expect(heap.kinds == Profile.Kind.heap)
            // The mailer's thread has blocks of libc's besides.
            let holders = Set(heap.samples.compactMap { heap.locations[$0.locations[0]].frames.first?.function })
            #expect(holders.isSuperset(of: ["load_catalogue", "remember_order", "parse_order"]))
            for (kind, least) in Self.all { #expect(totals(heap)[kind] ?? 0 >= least) }
            // Parca takes what has a duration for a difference.
            #expect(heap.duration == 0)
            #expect(heap.time > 0)
        }

        @Test func aHeapThatHasNotChangedIsTheSameAtAnotherTime() async throws {
            let first = try await host.get("/debug/pprof/heap").body
            let second = try await host.get("/debug/pprof/heap").body
            let rules = ServerRules(now: Clock.realtime())
            #expect(rules.broken(by: try Gzip.unpack(second, limit: 1 << 24), meaning: .heap) == [])
            let (before, after) = (try Profile(pprof: first), try Profile(pprof: second))
            #expect(after.time > before.time)
            #expect(totals(after) == totals(before))
        }

        @Test(.timeLimit(.minutes(10))) func aHeapThatHasChangedIsReadAgain() async throws {
            let hog = try host.start("Hog")
            let path = "/targets/\(hog.pid)/debug/pprof/heap"
            func inUse() async throws -> Double? {
                totals(try Profile(pprof: try await host.get(path).body))["inuse_space"]
            }
            let before = try await inUse() ?? 0
            for _ in 0..<2 { #expect(try await inUse() == before) }
            hog.send("\n")
            while try await inUse() != before + 8 * 1_048_576 { try await Task.sleep(for: .milliseconds(10)) }
            let metrics = try await host.get("/metrics").text.split(separator: "\n")
            let figure = metrics.first { $0.hasPrefix("silt_heap_inuse_bytes{target=\"Hog-\(hog.pid)\"") }
            #expect(figure?.split(separator: " ").last.flatMap { Double($0) } == before + 8 * 1_048_576)
        }

        @Test(arguments: [
            ("heap", "application/octet-stream", "attachment; filename=\"heap\""),
            ("allocs", "application/octet-stream", "attachment; filename=\"allocs\""),
            ("goroutine", "application/octet-stream", "attachment; filename=\"goroutine\""),
            ("threadcreate", "application/octet-stream", "attachment; filename=\"threadcreate\""),
            ("block", "application/octet-stream", "attachment; filename=\"block\""),
            ("mutex", "application/octet-stream", "attachment; filename=\"mutex\""),
            ("profile", "application/octet-stream", "attachment; filename=\"profile\""),
            ("profile?seconds=14", "application/octet-stream", "attachment; filename=\"profile\""),
            ("delta_heap", "application/octet-stream", "attachment; filename=\"delta_heap\""),
            ("heap?debug=1", "text/plain; charset=utf-8", nil), ("goroutine?debug=1", "text/plain; charset=utf-8", nil),
            ("goroutine?debug=2", "text/plain; charset=utf-8", nil),
            ("block?debug=1", "text/plain; charset=utf-8", nil),
            ("cmdline", "text/plain; charset=utf-8", nil), ("symbol", "text/plain; charset=utf-8", nil),
            ("", "text/html; charset=utf-8", nil),
        ])
        func everyAnswerHasItsType(path: String, type: String, disposition: String?) async throws {
            let answer = try await host.get("/debug/pprof/\(path)")
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == type)
            #expect(answer["Content-Disposition"] == disposition)
            #expect(answer["X-Content-Type-Options"] == "nosniff")
            #expect(answer["Content-Encoding"] == nil)
            #expect(answer["Access-Control-Allow-Origin"] == nil)
            #expect(!answer.body.isEmpty)
        }

        @Test(arguments: [
            ("nothing", 404, "Unknown profile\n"), ("trace", 404, "Unknown profile\n"),
            ("heap/more", 404, "Unknown profile\n"),
            ("heap?seconds=0", 400, "invalid value for \"seconds\" - must be a positive integer\n"),
            ("heap?seconds=5&debug=1", 400, "seconds and debug params are incompatible\n"),
            ("goroutine?seconds=301", 400, "\"seconds\" is at most 300\n"),
            ("goroutine?base=-3h", 400, "at and base are for heap and allocs\n"),
            ("heap?base=-3h", 404, "no snapshots are taken: silt serve --history-dir FOLDER takes them\n"),
        ])
        func wrongQuestionsAreAnsweredAsGoDoes(path: String, status: Int, words: String) async throws {
            let answer = try await host.get("/debug/pprof/\(path)")
            #expect(answer.status == status)
            #expect(answer.text == words)
            #expect(answer["X-Go-Pprof"] == "1")
        }

        /// Of the program nothing is left out, of its thread's start libc and the loader.
        @Test func onlyAllocatorsAreLeftOut() async throws {
            let session = try host.workshop.read(try #require(try await host.workshop.targets().first)).session
            let heap = Profile.heap([session], symbols: NameBook(options: Symbolizer.Options()).names())
            let names = (AllocatorPatterns().pattern(of: heap, "a") ?? "").split(separator: "|")
            for name in ["load_catalogue", "remember_order", "parse_order", "main", "start_mailer"] {
                #expect(!names.contains(Substring(name)))
            }
        }

        @Test func emptyProfilesAreValid() async throws {
            for name in ["block", "mutex"] {
                let empty = try await profile(name)
                #expect(empty.kinds.map(\.name) == ["contentions", "delay"])
                #expect(empty.samples.isEmpty)
            }
            #expect(try await profile("profile").kinds.map(\.name) == ["samples", "cpu"])
        }

        @Test func threadsAreCountedAllTogether() async throws {
            for name in ["goroutine", "threadcreate"] {
                let threads = try await profile(name)
                #expect(totals(threads) == [name: 2])
                let functions = threads.locations.flatMap(\.frames).compactMap(\.function)
                #expect(functions.contains("start_mailer"))
                #expect(functions.contains("[first thread]"))
            }
            let text = try await host.get("/debug/pprof/goroutine?debug=1").text
            #expect(text.hasPrefix("goroutine profile: total 2\n"))
            #expect(text.contains("start_mailer+0x0"))
            let each = try await host.get("/debug/pprof/goroutine?debug=2").text
            #expect(each.contains("\"mailer\""))
        }

        /// The text has raw figures; who reads it makes them unbiased.
        @Test func theTextOfAHeapIsTheSameHeap() async throws {
            let text = try await host.get("/debug/pprof/heap?debug=1")
            #expect(text.text.hasPrefix("heap profile: "))
            #expect(text.text.split(separator: "\n").first?.hasSuffix("@ heap/2") == true)
            let read = try Profile(legacyHeap: text.body, symbols: NoNames())
            let heap = try await profile("heap")
            #expect(totals(read) == totals(heap))
        }

        @Test func whatIsAllocatedAnewIsToldOnce() async throws {
            let first = totals(try await profile("delta_heap"))
            #expect(first["alloc_space"] == 0)
            #expect(first["inuse_space"] ?? 0 >= 275_200)
            let second = totals(try await profile("delta_heap"))
            #expect(second["alloc_objects"] == 0)
        }

        @Test func aSecondOfNothingIsADifferenceOfNothing() async throws {
            let answer = try await host.get("/debug/pprof/heap?seconds=1")
            #expect(answer["Content-Disposition"] == "attachment; filename=\"heap-delta\"")
            let change = try Profile(pprof: answer.body)
            #expect(totals(change).values.allSatisfy { $0 == 0 })
            #expect(change.duration >= 1_000_000_000)
        }

        @Test func theCommandLineIsItsOwn() async throws {
            let line = try await host.get("/debug/pprof/cmdline").text
            #expect(line.hasSuffix("/programs/Orders\0" + "50\0mail"))
        }

        @Test func anAddressHasItsName() async throws {
            let heap = try await profile("heap")
            let location = try #require(heap.locations.first { $0.frames.first?.function == "load_catalogue" })
            let address = "0x\(String(location.address, radix: 16))"
            #expect(
                try await host.get("/debug/pprof/symbol?\(address)+0x1").text
                    == "num_symbols: 1\n\(address) load_catalogue\n")
        }

        @Test func namesComeInTheOrderOfTheQuestion() async throws {
            let heap = try await profile("heap")
            var addresses: [String] = []
            var lines: [String] = []
            for name in ["remember_order", "load_catalogue", "remember_order"] {
                let location = try #require(heap.locations.first { $0.frames.last?.function == name })
                addresses.append("0x\(String(location.address, radix: 16))")
                lines.append("\(addresses[addresses.count - 1]) \(name)\n")
            }
            let answer = try await host.get("/debug/pprof/symbol?\(addresses.joined(separator: "+0x1+"))")
            #expect(answer.text == "num_symbols: 1\n" + lines.joined())
        }

        @Test func aProcessThatWasKilledStillTells() async throws {
            _ = try await profile("heap")
            program.signal(9)
            _ = try program.finish()
            let heap = try await profile("heap")
            #expect(totals(heap)["inuse_space"] ?? 0 >= 275_200)
            let line = try await host.get("/debug/pprof/cmdline").text
            #expect(line.hasSuffix("/programs/Orders"))
        }
    }
#endif
