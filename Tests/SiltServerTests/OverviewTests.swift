// SPDX-License-Identifier: Apache-2.0
//
// The page of all processes in a real browser, with the server's answers in place of the network, and what it asks for.

#if Serve
    import SiltFile
    import SiltHost
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite(.serialized) struct OverviewTests {
        private let now = Clock.realtime() / 1_000_000_000

        /// The answers, by address; `./` is the page itself, which `list` may change. That to `slow` takes 12 seconds.
        private func browse(
            _ host: ServedHost, answers: [String: String], slow: String = "", list: String = "page => {}",
            acting script: String = ""
        ) async throws -> FlameBrowser {
            let known = answers.sorted { $0.key < $1.key }.map { "'\($0.key)': `\($0.value)`" }
            return try FlameBrowser(
                try await host.get("/").body,
                before: """
                    window.asked = [];
                    const answers = { \(known.joined(separator: ",\n")) };
                    const next = \(list);
                    window.fetch = async address => {
                      window.asked.push(address);
                      if (address === '\(slow)') await new Promise(go => setTimeout(go, 12_000));
                      if (address === './') {
                        const page = document.documentElement.cloneNode(true);
                        next(page);
                        return new Response(page.outerHTML);
                      }
                      return answers[address] === undefined ? new Response('no such thing', { status: 404 })
                        : new Response(answers[address]);
                    };
                    """,
                acting: """
                    \(script)
                    setTimeout(() => { document.getElementById('intro').textContent = asked.join(' '); }, 16000);
                    """, for: 17_000)
        }

        /// The text of each cell, row by row.
        private func rows(_ browser: FlameBrowser) -> [[String]] {
            browser.dom.matches(of: /<tr role="row" data-id[^>]*>(.*?)<\/tr>/).map { row in
                row.1.matches(of: /<td[^>]*>(.*?)<\/td>/).map { String($0.1.replacing(/<[^>]*>/, with: "")) }
            }
        }

        @Test func whatIsInUseNowIsAskedForBySmallAnswers() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let path = "/targets/Orders-\(program.pid)/level"
            let first = try await host.get(path)
            #expect(first.status == 200 && first["Content-Type"] == "application/json")
            #expect(
                first.text.contains(/^{"value":275200,"lower":275200,"upper":275200,"samples":[0-9]+}\n$/),
                "\(first.text)")
            #expect(try await host.get(path).text == first.text)
            program.signal(9)
            _ = try program.finish()
            #expect(try await host.get(path).text == first.text)
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func eachProcessHasItsFiguresItsCourseAndItsChange() async throws {
            let host = try ServedHost(history: "past")
            let (large, small) = (try host.start("Orders"), try host.start("Orders", "50", "mail"))
            let history = try History(folder: host.bench.path("past"), budget: 1 << 30)
            #expect(history.record(try await host.workshop.targets(), now: now - 7200) == [])
            let (grown, still) = ("targets/Orders-\(large.pid)/", "targets/Orders-\(small.pid)/")
            var answers = [
                "\(grown)level": #"{"value":3000000,"lower":2900000,"upper":3100000,"samples":7}"#
            ]
            for address in ["\(grown)course", "\(still)level", "\(still)course"] {
                answers[address] = try await host.get("/\(address)").text
            }
            let browser = try await browse(host, answers: answers)
            #expect(browser.console == [])
            let rows = rows(browser)
            #expect(rows.map { $0[1] } == ["\(large.pid)", "\(small.pid)"])
            #expect(rows.first?[3...5] == ["2.86MB", "±3%", "+2.60MB in 2 h"])
            #expect(rows.first?[7...8] == ["7", "running"])
            #expect(rows.last?[3...5] == ["269.03kB", "", "0 in 2 h"])
            #expect(browser.dom.contains("aria-label=\"Heap in use: +2.60MB in 2 h\""))
            #expect(browser.dom.contains("<span class=\"grew\">+2.60MB in 2 h</span>"))
            #expect(browser.text("headline").hasPrefix("2 processes run. Most growth: "))
            #expect(browser.text("headline").contains("Orders (pid \(large.pid))"))
            // Of the past it is asked once a minute, of now and of the list in each round.
            let asked = browser.text("intro").split(separator: " ")
            #expect(asked.count { $0 == "\(grown)course" } == 1 && asked.count { $0 == "\(grown)level" } == 2)
            #expect(Set(asked.map(String.init)) == Set(answers.keys).union(["./"]))
            let byName = try await self.browse(
                host, answers: answers,
                acting: "setTimeout(() => document.querySelector('[data-sort=inuse]').click(), 3000);")
            #expect(self.rows(byName).map { $0[1] } == ["\(small.pid)", "\(large.pid)"])
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func processesComeAndGoAndWhatCannotBeReadIsSaid() async throws {
            let host = try ServedHost()
            let (one, two) = (try host.start("Orders"), try host.start("Orders"))
            let browser = try await browse(
                host, answers: ["targets/Orders-\(one.pid)/course": "[]"],
                list: """
                    page => {
                      page.querySelector('[data-id="Orders-\(two.pid)"]')?.remove();
                      const row = page.querySelector('[data-id="Orders-\(one.pid)"]');
                      row.className = 'ended';
                      row.querySelector('.state').textContent = 'killed';
                    }
                    """)
            #expect(browser.console == [])
            #expect(rows(browser).map { [$0[1], $0[3], $0[8]] } == [["\(one.pid)", "?", "killed"]])
            #expect(browser.dom.contains("title=\"no such thing\""))
            #expect(browser.text("headline").hasPrefix("0 processes run, 1 ended."))
        }

        /// Adds rows `p0`, `p1`, … below those of the server.
        private static func many(_ count: Int) -> String {
            """
            const model = document.querySelector('#rows tr');
            for (let number = 0; number < \(count); number++) {
              const row = model.cloneNode(true);
              row.dataset.id = 'p' + number;
              row.querySelector('.name a').textContent = 'p' + number;
              document.getElementById('rows').append(row);
            }
            dispatchEvent(new Event('resize'));
            """
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func thoseBelowTheScreenAreReadToo() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            defer { withExtendedLifetime(program) {} }
            let level = { (bytes: Int) in "{\"value\":\(bytes),\"lower\":\(bytes),\"upper\":\(bytes),\"samples\":7}" }
            var answers: [String: String] = [:]
            for number in 0..<70 {
                answers["targets/p\(number)/level"] = level(number == 69 ? 1 << 30 : 1 << 20)
                answers["targets/p\(number)/course"] = "[]"
            }
            let early = try await browse(
                host, answers: answers,
                acting: Self.many(70)
                    + "setTimeout(() => { document.title = document.getElementById('headline').textContent; }, 1500);")
            #expect(early.console == [])
            let said = try #require(early.dom.firstMatch(of: /<title>(.*?)<\/title>/)?.1)
            let read = try #require(said.firstMatch(of: /([0-9]+) of 71 read so far/)?.1)
            #expect((20...60).contains(Int(read) ?? 0), "\(said)")
            let names = rows(early).map { $0[0] }
            #expect(names.first == "p69", "\(names)")
            #expect(!early.text("headline").contains("so far"))
            let asked = early.text("intro").split(separator: " ")
            for number in 0..<70 { #expect(asked.contains("targets/p\(number)/level")) }
            // Those that are not on the screen are not asked for in each round.
            #expect(asked.count { $0 == "targets/p60/level" } == 1)
        }

        /// A row that vanishes while it is being read is forgotten, and the others are read on.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func aRowThatVanishesWhileItIsReadStopsNothing() async throws {
            let host = try ServedHost()
            let programs = (try host.start("Orders"), try host.start("Orders", "50", "mail"))
            defer { withExtendedLifetime(programs) {} }
            let ids = try await host.get("/").text.matches(of: /data-id="([^"]*)"/).map { String($0.1) }
            var answers: [String: String] = [:]
            for id in ids {
                answers["targets/\(id)/level"] = #"{"value":5,"lower":5,"upper":5,"samples":7}"#
                answers["targets/\(id)/course"] = "[]"
            }
            let browser = try await browse(
                host, answers: answers, slow: "targets/\(ids[0])/level",
                list: "page => { page.querySelector('[data-id=\"\(ids[0])\"]')?.remove(); }")
            #expect(browser.console == [])
            #expect(rows(browser).map { [String($0[1]), $0[3]] } == [[String(ids[1].dropFirst(7)), "5B"]])
            #expect(browser.text("headline").hasPrefix("1 process runs."))
            #expect(!browser.text("headline").contains("so far"))
        }

        /// The server starts again: what was shown stays, and it is said what could not be read.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"), arguments: [true, false])
        func whatWasReadStays(isAnswering: Bool) async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let path = "targets/Orders-\(program.pid)/"
            let browser = try await browse(
                host,
                answers: [
                    "\(path)level": #"{"value":5,"lower":5,"upper":5,"samples":7}"#, "\(path)course": "[]",
                ],
                acting: """
                    const answer = window.fetch;
                    setTimeout(() => {
                      window.fetch = async address => {
                        if (!\(isAnswering)) throw new TypeError('Failed to fetch');
                        return address === './' ? answer(address) : new Response('starting', { status: 503 });
                      };
                    }, 5000);
                    """)
            #expect(browser.console == [])
            #expect(rows(browser).map { [$0[1], $0[3], $0[7]] } == [["\(program.pid)", "5B", "7"]])
            let told = browser.text("told")
            if isAnswering {
                let name = "Orders (pid \(program.pid))"
                #expect(told == "\(name) could not be read again, and what was read before is shown: starting")
            } else {
                #expect(told == "The server does not answer: this is what it said last.")
            }
        }

        /// Of a process of another pid namespace it is not known whether it runs.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func whatIsNotKnownIsNotCalledEnded() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            var entry = try #require(Catalog(directory: host.bench.directory).sessions.first)
            entry.status = .elsewhere
            let target = Target(entry, id: "Orders-\(program.pid)")
            let list = String(decoding: Overview.page([target], searched: [], host: "here"), as: UTF8.self)
            #expect(list.contains("class=\"unknown\"") && !list.contains("class=\"ended\""))
            #expect(list.contains("<td role=\"cell\" class=\"state\">unknown (other pid namespace)</td>"))
            let settings = String(decoding: LivePages.page(of: target), as: UTF8.self)
            #expect(settings.contains("{\"state\":\"unknown (other pid namespace)\",\"ended\":false,"))
            let path = "targets/Orders-\(program.pid)/"
            let browser = try await browse(
                host,
                answers: ["\(path)level": #"{"value":5,"lower":5,"upper":5,"samples":7}"#, "\(path)course": "[]"],
                list: """
                    page => {
                      page.querySelector('#rows tr').className = 'unknown';
                      page.querySelector('.state').textContent = 'unknown (other pid namespace)';
                    }
                    """)
            #expect(browser.console == [])
            let words = "of 1 it is not known whether it runs (other pid namespace)."
            #expect(browser.text("headline").hasPrefix("0 processes run, \(words)"))
            #expect(browser.text("intro").split(separator: " ").count { $0 == "\(path)level" } == 2)
        }
    }
#endif
