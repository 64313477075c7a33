// SPDX-License-Identifier: Apache-2.0
//
// The page of one process: its data as the server answers them, and the page in a real browser, with these answers in
// place of the network.

#if Serve
    import SiltFile
    import SiltHost
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite(.serialized) struct LivePageTests {
        private let now = Clock.realtime() / 1_000_000_000

        /// A process that has allocated more since a snapshot an hour ago, with two snapshots.
        private func served() async throws -> (host: ServedHost, program: Program) {
            let host = try ServedHost(history: "past")
            let program = try host.start("Orders", "50", "mail")
            let history = try History(folder: host.bench.path("past"), budget: 1 << 30)
            let targets = try await host.workshop.targets()
            for age: UInt64 in [3600, 60] { #expect(history.record(targets, now: now - age) == []) }
            return (host, program)
        }

        @Test func dataOfNowAndOfTwoMoments() async throws {
            let (host, program) = try await served()
            let path = "/targets/Orders-\(program.pid)"
            let heap = try await host.get("\(path)/flame?format=json")
            #expect(heap.status == 200 && heap["Content-Type"] == "application/json")
            #expect(heap.text.contains("\"pictures\":[{\"name\":\"heap\"") && heap.text.contains("remember_order"))
            for question in ["base=-30m", "base=\(now - 3600)&at=\(now - 60)"] {
                let change = try await host.get("\(path)/flame?format=json&\(question)")
                #expect(change.status == 200)
                for name in ["change", "before", "after"] { #expect(change.text.contains("{\"name\":\"\(name)\"")) }
            }
            // A program names its sources: the server must not read what it names.
            #expect(heap.text.contains("\"sources\":{}"))
            #expect(try await host.get("\(path)/flame?format=json&base=-3h").status == 404)
            #expect(try await host.get("\(path)/flame?format=json&base=soon").status == 400)
        }

        /// Who gets the file sees what its sender saw.
        @Test func theFileHasAllThatThePageShows() async throws {
            let host = try ServedHost(history: "past")
            let program = try host.start("ThreadLives", "8")
            let history = try History(folder: host.bench.path("past"), budget: 1 << 30)
            #expect(history.record(try await host.workshop.targets(), now: now - 3600) == [])
            // First its child waits, then the program itself, with the threads of its second step.
            for _ in 1...2 {
                program.send("\n")
                _ = try program.lines(through: "ready")
            }
            #expect(history.record(try await host.workshop.targets(), now: now - 60) == [])
            let path = "/targets/ThreadLives-\(program.pid)/flame"
            let moments = "base=\(now - 3600)&at=\(now - 60)"
            let seen = try await host.get("\(path)?format=json&\(moments)").text
            for name in ["change", "before", "after", "threads"] { #expect(seen.contains("{\"name\":\"\(name)\"")) }
            #expect(seen.contains("\"remarks\":[\"Resident memory: "), "\(seen.prefix(300))")
            #expect(seen.contains(",\"threads: 2 → 18, +8 created by crowd_creates"), "\(seen.prefix(300))")
            #expect(try await host.get("\(path)?\(moments)").text.contains(seen))
            let now = try await host.get(path).text
            #expect(now.contains("{\"name\":\"heap\"") && now.contains("{\"name\":\"threads\""))
        }

        @Test func theCourseHasAnIntervalAtEachMoment() async throws {
            let (host, program) = try await served()
            let course = try await host.get("/targets/Orders-\(program.pid)/course")
            #expect(course.status == 200 && course["Content-Type"] == "application/json")
            // Every allocation is recorded: nothing is uncertain.
            let point = "\"value\":275488,\"lower\":275488,\"upper\":275488}"
            #expect(course.text == "[{\"time\":\(now - 3600),\(point),{\"time\":\(now - 60),\(point)]\n")
        }

        @Test func aBaselineIsRememberedWithoutAHistory() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let path = "/targets/Orders-\(program.pid)"
            #expect(try await host.get("\(path)/course").text == "[]\n")
            #expect(try await host.get("\(path)/flame?format=json&base=-1m").status == 404)
            // What changes something is no question.
            #expect(try await host.get("\(path)/baseline").status == 404)
            let asked = try #require(Question(method: "POST", target: "\(path)/baseline", host: "localhost:6060"))
            let taken = await host.site.answer(asked)
            let time = try #require(taken.text.firstMatch(of: /^{"time":([0-9]+)}\n$/)?.1)
            #expect(try await host.get("\(path)/flame?format=json&base=\(time)").text.contains("{\"name\":\"before\""))
            #expect(try await host.get("\(path)/course").text.hasPrefix("[{\"time\":\(time),\"value\":275200,"))
            var foreign = asked
            foreign.origin = "http://evil.example"
            #expect(await host.site.answer(foreign).status == 403)
            foreign.origin = "http://localhost:6060"
            #expect(await host.site.answer(foreign).status == 200)
        }

        @Test func baselinesAreBounded() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let target = try #require(try await host.workshop.targets().first { $0.pid == UInt32(program.pid) })
            let session = try Session(contentsOf: target.path)
            let baselines = Baselines()
            for time: UInt64 in 1...40 { baselines.keep(session, of: "a", at: time) }
            baselines.keep(session, of: "b", at: 41)
            #expect(baselines.moments(of: "a").map(\.time) == Array(10...40))
            #expect(baselines.moments(of: "b").map(\.time) == [41])
        }

        @Test func onlyThePageOfAProcessMayAskTheServer() async throws {
            let host = try ServedHost()
            let program = try host.start("Orders")
            let policy = try await host.get("/targets/Orders-\(program.pid)/")["Content-Security-Policy"] ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"))
            let file = try await host.get("/targets/Orders-\(program.pid)/flame")
            #expect(file["Content-Security-Policy"]?.contains("connect-src") == false)
            #expect(!file.text.contains("connect-src") && !file.text.contains("fetch("))
        }

        // MARK: In a browser

        /// The page with the server's answers in place of the network; what it asks besides is an error.
        private func browse(
            _ host: ServedHost, _ program: Program, fragment: String = "", acting script: String = "",
            answers more: [String] = [], headers: String = "{}"
        ) async throws -> FlameBrowser {
            let path = "/targets/Orders-\(program.pid)/"
            var answers: [String] = []
            let base = "{\"time\":\(now - 60)}"
            answers.append("'baseline': [200, '\(base)']")
            for address in ["flame?format=json", "course"] + more {
                let answer = try await host.get(path + address)
                answers.append("'\(address)': [\(answer.status), `\(answer.text.replacing("\\", with: "\\\\"))`]")
            }
            return try FlameBrowser(
                try await host.get(path).body, fragment: fragment,
                before: """
                    window.asked = [];
                    const answers = { \(answers.joined(separator: ",\n")) };
                    window.fetch = async address => {
                      window.asked.push(address);
                      const [status, text] = answers[address] ?? [404, 'no such moment'];
                      return new Response(text, { status, headers: \(headers) });
                    };
                    """,
                acting: "setTimeout(() => {\n\(script)\n}, 1000);", for: 8000)
        }

        private static let tell =
            "setTimeout(() => { document.getElementById('notes').textContent = asked.join(' '); }, 6000);"

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func itShowsNowAndReadsAgain() async throws {
            let (host, program) = try await served()
            let browser = try await browse(host, program, acting: Self.tell)
            #expect(browser.console == [])
            #expect(browser.text("headline").contains("remember_order"))
            #expect(browser.attribute("aria-label", of: "course")?.contains("269.03kB at first") == true)
            // Once at the start, once after five seconds.
            #expect(browser.text("notes") == "flame?format=json course flame?format=json")
            let still = try await browse(
                host, program, acting: "document.getElementById('refresh').click();" + Self.tell)
            #expect(still.text("notes") == "flame?format=json course")
            #expect(still.attribute("aria-pressed", of: "refresh") == "false")
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func aBaselineAndAnyTwoMomentsAreCompared() async throws {
            let (host, program) = try await served()
            let newest = "flame?format=json&base=\(now - 60)"
            let taken = try await browse(
                host, program, acting: "document.getElementById('baseline').click();" + Self.tell, answers: [newest])
            #expect(taken.console == [])
            #expect(taken.text("headline").contains("No function grew by more than sampling noise"))
            #expect(taken.attribute("hidden", of: "pictures") == nil)
            #expect(taken.text("notes").hasPrefix("flame?format=json course baseline course \(newest)"))
            let both = "flame?format=json&base=\(now - 3600)&at=\(now - 60)"
            let moments = try await browse(
                host, program, fragment: "base=\(now - 3600)&at=\(now - 60)", acting: Self.tell, answers: [both])
            #expect(moments.console == [])
            // What is of the past does not change: it is not asked for again.
            #expect(moments.text("notes") == "course \(both)")
            let key = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'b', bubbles: true }));"
            let pressed = try await browse(host, program, acting: key + Self.tell, answers: [newest])
            #expect(pressed.text("notes").contains(newest))
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func whatTheServerRefusesIsTold() async throws {
            let (host, program) = try await served()
            let browser = try await browse(
                host, program,
                acting: """
                    const base = document.getElementById('base');
                    base.value = base.options[1].value;
                    base.dispatchEvent(new Event('change'));
                    """)
            #expect(browser.text("told").hasPrefix("Nothing is known of"))
            #expect(browser.text("told").hasSuffix("compared with nothing. (The server: no such moment)"))
            #expect(browser.text("headline").contains("remember_order"))
            #expect(browser.console == [])
        }

        @Test(
            .enabled(if: FlameBrowser.isInstalled, "chromium is not installed"),
            arguments: ["base=5", "base=soon&at=7", "at=5"])
        func ofMomentsThatAreNotKnownTheNewestIsShown(fragment: String) async throws {
            let (host, program) = try await served()
            let tell = Self.tell.replacing("asked.join(' ')", with: "[location.hash, ...asked].join(' ')")
            for (fragment, acting) in [(fragment, ""), ("", "location.hash = '#\(fragment)';")] {
                let browser = try await browse(host, program, fragment: fragment, acting: acting + tell)
                #expect(browser.console == [])
                #expect(browser.text("told").hasPrefix("Nothing is known of"))
                #expect(browser.text("headline").contains("remember_order"))
                #expect(!browser.text("notes").contains(/base=|#at=|&at=/))
                #expect(browser.text("notes").contains("flame?format=json"))
            }
        }

        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func momentsInTheWrongOrderArePutInOrder() async throws {
            let (host, program) = try await served()
            let both = "flame?format=json&base=\(now - 3600)&at=\(now - 60)"
            let browser = try await browse(
                host, program, fragment: "base=\(now - 60)&at=\(now - 3600)", acting: Self.tell, answers: [both])
            #expect(browser.console == [])
            #expect(browser.text("notes") == "course \(both)")
            #expect(browser.text("told").hasPrefix("The two moments were put in order: from"))
        }

        @Test(
            .enabled(if: FlameBrowser.isInstalled, "chromium is not installed"),
            arguments: ["sort=zzz", "sort=constructor", "kind=__proto__", "function=nope", "zoom=nope", "picture=zzz"])
        func whatAnAddressNamesAndIsNotHereIsIgnored(fragment: String) async throws {
            let (host, program) = try await served()
            let tell = Self.tell.replacing("asked.join(' ')", with: "'address ' + location.hash")
            let word = fragment.split(separator: "=")[1]
            for (fragment, acting) in [(fragment, ""), ("", "location.hash = '#\(fragment)';")] {
                let browser = try await browse(host, program, fragment: fragment, acting: acting + tell)
                #expect(browser.console == [])
                #expect(browser.text("headline").contains("remember_order"))
                #expect(browser.text("rows").contains("remember_order"))
                #expect(browser.text("ignored").contains("“\(word)”"))
                #expect(browser.text("told") == "")
                #expect(browser.text("notes") == "address ")
            }
        }

        /// What is named beside a moment may stand in its data only.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func anAddressThatChangesTheMomentKeepsItsPicture() async throws {
            let (host, program) = try await served()
            let query = "base=\(now - 3600)&at=\(now - 60)"
            let browser = try await browse(
                host, program, acting: "location.hash = '#picture=before&\(query)';",
                answers: ["flame?format=json&\(query)"])
            #expect(browser.console == [])
            #expect(browser.text("ignored") == "")
            #expect(browser.dom.contains("data-picture=\"before\" aria-pressed=\"true\""))
        }

        /// Of a process of another pid namespace it is not known whether it runs: it is read on.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func aProcessThatIsNotKnownToRunIsReadOn() async throws {
            let (host, program) = try await served()
            for (status, asked) in [("unknown (other pid namespace)", 2), ("killed", 1)] {
                let browser = try await browse(
                    host, program, acting: Self.tell, headers: "{ 'Silt-Process': '\(status)' }")
                #expect(browser.console == [])
                let questions = browser.text("notes").split(separator: " ")
                #expect(questions.count { $0 == "flame?format=json" } == asked)
                #expect(browser.text("told").contains("ended") == (status == "killed"))
                #expect(browser.text("told").contains(status == "killed" ? "killed" : "other pid namespace"))
            }
        }

        /// Every moment of the page has one form, and the same clock as the reports.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func momentsAreInUTC() async throws {
            let (host, program) = try await served()
            let browser = try await browse(host, program)
            let moment = formatMoment((now - 3600) * 1_000_000_000)
            #expect(browser.text("range").hasPrefix("\(moment) to 2"))
            #expect(browser.text("base").contains("\(moment), 60 min ago"))
            #expect(browser.attribute("aria-label", of: "course")?.contains("from \(moment) to ") == true)
            let missing = try await browse(host, program, fragment: "base=86400")
            #expect(missing.text("told").contains("1970-01-02 00:00:00 UTC"))
        }

        /// Its first answer may come late: nothing that a person does until then is an error.
        @Test(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"))
        func beforeTheFirstAnswerNothingGoesWrong() async throws {
            let (host, program) = try await served()
            let path = "/targets/Orders-\(program.pid)/"
            let browser = try FlameBrowser(
                try await host.get(path).body,
                before: "window.fetch = async () => new Response('busy', { status: 503 });",
                acting: """
                    for (const button of document.querySelectorAll('button')) button.click();
                    for (const key of 'ficrpbl?/') {
                      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
                    }
                    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
                    location.hash = '#base=5&zoom=main';
                    """, for: 3000)
            #expect(browser.console == [])
            #expect(browser.text("told").contains("busy"))
        }
    }
#endif
