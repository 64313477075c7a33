// SPDX-License-Identifier: Apache-2.0
//
// The flame graph: the file itself, and the page as a person uses it in a real browser.

import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltReport

@Suite struct FlameTests {
    private static let hostile = "</script><script>alert(1)</script><!-- \" ' & \u{1}"

    private static var hostileProfile: Profile {
        var profile = PprofFixture.small
        profile.locations[2].frames[0].function = hostile
        profile.processes[0].name = hostile
        profile.notes = [.told(hostile)]
        return profile
    }

    @Test func pageAsksNobodyForAnything() {
        let page = String(decoding: PprofFixture.small.flameHTML(), as: UTF8.self)
        #expect(page.contains("default-src 'none'"))
        for source in ["http://", "https://", "src=", "@import", "url(", "fetch(", "import("] {
            #expect(!page.contains(source), "the page has \(source)")
        }
    }

    @Test func hostileNamesCannotLeaveTheirPlace() {
        let page = String(decoding: Self.hostileProfile.flameHTML(), as: UTF8.self)
        #expect(page.ranges(of: "</script>").count == 2)
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("<!-- "))
    }

    @Test func pagesAreDeterministic() {
        let profile = PprofFixture.large(seed: 2, samples: 200, depth: 9, functions: 40)
        #expect(profile.flameHTML() == profile.flameHTML())
        #expect(profile.flameSVG() == profile.flameSVG())
    }

    @Test func svgHasAFrameForEachFunctionWithItsFigures() {
        let svg = PprofFixture.small.flameSVG(title: "demo")
        #expect(svg.contains("<title>grow\n64MB, 98.46%\n/src/cache.cpp:99</title>"), "\(svg)")
        #expect(svg.contains("demo: inuse_space, 65.00MB</text>") || svg.contains("demo: inuse_space, 65MB</text>"))
        #expect(svg.contains("<title>all\n"))
        #expect(svg.contains("3 samples (1.5 MiB) were not recorded: stacks full.</text>"))
        #expect(svg.contains("2 frames are too narrow to be drawn."))
    }

    @Test func svgOfADiffHasColoursForGrowthAndShrinkage() {
        let svg = PprofFixture.diff.flameSVG()
        #expect(svg.contains("class=\"grew\"") && svg.contains("class=\"shrank\""))
        #expect(svg.contains("<title>grow\n+16MB, 96.97%"), "\(svg)")
        #expect(svg.contains("Red grew, blue shrank"))
    }

    @Test func svgGreysWhatIsWithinNoise() {
        var profile = PprofFixture.diff
        profile.interval = 524_288
        profile.samples[1].values[3] =
            Estimate.noDifference - SamplingLaw(interval: 524_288).bytes(samples: 1, ofSize: 524_288)
        let svg = profile.flameSVG()
        #expect(svg.contains("class=\"grew\"") && !svg.contains("class=\"shrank\""))
    }

    @Test func scriptOfThePageHasEveryModuleOnce() throws {
        // Each module opens with its licence; a file of the folder that no page takes would be missing here.
        var modules: Set<Substring> = []
        for script in [FlamePage.fileScript, FlamePage.liveScript, FlamePage.overviewScript] {
            let text = String(decoding: script, as: UTF8.self)
            #expect(!text.contains("\nimport ") && !text.contains("\nexport "))
            let parts = text.split(separator: "// SPDX-License-Identifier: Apache-2.0\n").dropFirst()
            #expect(Set(parts).count == parts.count)
            modules.formUnion(parts.map { $0.prefix(200) })
        }
        #expect(modules.count == (try PageScripts.count()))
    }

    @Test func titleThatLooksLikeAPlaceholderStaysATitle() {
        let page = String(decoding: PprofFixture.small.flameHTML(title: "{{data}} {{x}} }}"), as: UTF8.self)
        #expect(page.contains("<title>{{data}} {{x}} }} – flame graph</title>"))
    }

    @Test func svgIsXMLAlsoWithHostileNames() throws {
        let svg = Self.hostileProfile.flameSVG()
        #expect(!svg.contains("<script") && !svg.contains("\u{1}"))
        let open = svg.ranges(of: "<g>").count
        #expect(open > 3 && open == svg.ranges(of: "</g>").count)
    }

    @Test func emptyProfileIsDrawn() {
        let empty = Profile(kinds: Profile.Kind.heap)
        #expect(empty.flameSVG().contains("</svg>"))
        #expect(String(decoding: empty.flameHTML(), as: UTF8.self).hasSuffix("</html>\n"))
    }

    @Test func deepStackIsDrawn() {
        var profile = stackProfile([("a", 1, 1)])
        profile.samples[0].locations = Array(repeating: 0, count: 20_000)
        #expect(profile.flameSVG().contains("</svg>"))
    }
}

@Suite(.enabled(if: FlameBrowser.isInstalled, "chromium is not installed"), .serialized)
struct FlamePageTests {
    /// The middle of a row, counted from the graph's top, at a part of its width.
    private static func click(row: Int, at part: Double) -> String {
        """
        (() => {
          const area = document.getElementById('graph').getBoundingClientRect();
          const [clientX, clientY] = [area.left + area.width * \(part), area.top + \(row) * 20 + 10];
          document.getElementById('graph').dispatchEvent(new MouseEvent('click', { clientX, clientY, bubbles: true }));
        })();
        """
    }

    private static func press(_ keys: String...) -> String {
        keys.map {
            """
            document.getElementById('graph').dispatchEvent(
              new KeyboardEvent('keydown', { key: '\($0)', bubbles: true }));
            """
        }.joined(separator: "\n")
    }

    /// The cells of each row: name, flat, interval, share of a heap, cum, verdict of a diff.
    private static func rows(_ browser: FlameBrowser) -> [[String]] {
        browser.dom.matches(of: /<tr role="row" tabindex[^>]*>(.*?)<\/tr>/).map { row in
            row.1.matches(of: /<td[^>]*>(.*?)<\/td>/).map { cell in
                String(cell.1.replacing(/<[^>]*>/, with: "")).replacing("&lt;", with: "<")
                    .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
            }
        }
    }

    private static func names(_ browser: FlameBrowser) -> [String] { rows(browser).compactMap(\.first) }

    @Test func startShowsTheTableInPprofsWords() throws {
        let browser = try FlameBrowser(PprofFixture.small.flameHTML())
        #expect(browser.console == [])
        #expect(browser.text("title") == "server")
        #expect(browser.text("caption") == "inuse_space: 65MB")
        #expect(Self.rows(browser).first == ["grow", "64MB", "", "98.46%", "64MB"])
        #expect(browser.text("headline").contains("grow"))
        #expect(browser.text("headline").contains("holds 64MB, 98.46% of 65MB"))
        #expect(browser.text("headline").contains("from Cache.insert(_:)"))
        #expect(browser.text("notes").contains("3 samples (1.5 MiB) were not recorded"))
        #expect(browser.attribute("aria-label", of: "graph")?.contains("65MB in 8 frames") == true)
        for absent in ["legend", "pictures", "runtimes", "details", "manual"] {
            #expect(browser.attribute("hidden", of: absent) != nil, "\(absent)")
        }
    }

    @Test func clickZoomsAndEscapeGoesBack() throws {
        let page = PprofFixture.small.flameHTML()
        let zoomed = try FlameBrowser(page, acting: Self.click(row: 3, at: 0.4))
        #expect(zoomed.console == [])
        #expect(zoomed.text("caption") == "inuse_space in Cache.insert(_:): 64MB")
        let back = try FlameBrowser(page, acting: Self.click(row: 3, at: 0.4) + Self.press("Escape"))
        #expect(back.text("caption") == "inuse_space: 65MB")
    }

    @Test func searchShowsTheShareOfMatchedBytes() throws {
        let browser = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            acting: """
                const field = document.getElementById('search');
                field.value = 'VECTOR|plain';
                field.dispatchEvent(new Event('input'));
                """)
        #expect(browser.console == [])
        #expect(browser.text("matched") == "1.54% matched: 1MB")
        #expect(Self.names(browser).contains("libplain.so+0x1040"))
        #expect(!Self.names(browser).contains("grow"))
    }

    @Test func kindAndDirectionAreSwitched() throws {
        let browser = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            acting: """
                document.getElementById('invert').click();
                const kinds = document.getElementById('kind');
                kinds.value = 'inuse_objects';
                kinds.dispatchEvent(new Event('change'));
                \(Self.click(row: 1, at: 0.1))
                """)
        #expect(browser.console == [])
        // The widest function that allocates: 1024 of 1045 objects.
        #expect(browser.text("caption").hasPrefix("inuse_objects in std::vector<int>::push_back(int&&): 1024"))
        #expect(browser.attribute("aria-pressed", of: "invert") == "true")
    }

    @Test func addressHoldsTheState() throws {
        let browser = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            fragment: "kind=alloc_space&search=grow&zoom=main;serve(Request%20const%26)")
        #expect(browser.console == [])
        #expect(browser.text("caption") == "alloc_space in serve(Request const&): 82MB")
        #expect(browser.text("matched") == "97.56% matched: 80MB")
        let written = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            acting: Self.click(row: 2, at: 0.4) + "document.getElementById('notes').textContent = location.hash;")
        #expect(written.text("notes") == "#function=serve(Request%20const%26)&zoom=main;serve(Request%20const%26)")
    }

    @Test func brokenAddressShowsTheWholeGraph() throws {
        let browser = try FlameBrowser(PprofFixture.small.flameHTML(), fragment: "kind=none&zoom=%ff;a&search=(&&=")
        #expect(browser.console == [])
        #expect(browser.text("matched").hasSuffix("matched: 65MB"))
    }

    @Test func keyboardWalksAndTellsWhatItStandsOn() throws {
        let browser = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            acting: Self.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
                + Self.press("ArrowRight", "ArrowLeft", "ArrowDown"))
        #expect(browser.console == [])
        let tip = browser.text("tip")
        for part in ["grow", "inuse_space: 64MB", "inuse_objects: 16", "/src/cache.cpp:99", "server", "98.46%"] {
            #expect(tip.contains(part), "\(tip)")
        }
        let entered = try FlameBrowser(
            PprofFixture.small.flameHTML(), acting: Self.press("ArrowDown", "ArrowDown", "ArrowDown", "Enter"))
        #expect(entered.text("caption") == "inuse_space in serve(Request const&): 65MB")
    }

    @Test func slashGoesToTheSearchField() throws {
        let browser = try FlameBrowser(
            PprofFixture.small.flameHTML(),
            acting: Self.press("/") + "document.getElementById('notes').textContent = document.activeElement.id;")
        #expect(browser.text("notes") == "search")
    }

    @Test func diffHasALegendAndSigns() throws {
        let browser = try FlameBrowser(PprofFixture.diff.flameHTML())
        #expect(browser.console == [])
        #expect(browser.attribute("hidden", of: "legend") == nil)
        #expect(Self.rows(browser).first == ["grow", "+16MB", "", "+16MB", "grew"])
        #expect(Self.rows(browser).contains { $0[1] == "-512kB" && $0.last == "shrank" })
        #expect(browser.text("headline").contains("grew by 16MB"))
    }

    @Test func intervalsAreShownWhereTheyAreKnown() throws {
        var profile = PprofFixture.small
        profile.interval = 524_288
        // One sample of 512 kB.
        let law = SamplingLaw(interval: 524_288)
        profile.samples = [profile.samples[0]]
        profile.samples[0].values = [.zero, .zero, .zero, law.bytes(samples: 1, ofSize: 524_288)]
        let interval = try #require(profile.confidence(in: .inuseSpace)).interval(of: profile.samples[0].values[3])
        let terminal = formatInterval(
            interval.lower...interval.upper, around: profile.samples[0].values[3].value, unit: "bytes")
        let browser = try FlameBrowser(profile.flameHTML(), acting: Self.press("ArrowDown", "ArrowDown"))
        #expect(browser.console == [])
        #expect(terminal.hasPrefix("-") && browser.text("caption").hasSuffix(" " + terminal), "\(terminal)")
        #expect(browser.text("tip").contains(terminal))
        #expect(Self.rows(browser).first?[2] == terminal, "\(Self.rows(browser))")
    }

    @Test func hostileNamesAreShownAsText() throws {
        var profile = PprofFixture.small
        profile.locations[2].frames[0].function = "<img src=x onerror=alert(1)></script>"
        let browser = try FlameBrowser(profile.flameHTML())
        #expect(browser.console == [])
        #expect(Self.names(browser).contains("<img src=x onerror=alert(1)></script>"))
        #expect(!browser.dom.contains("<img"))
    }

    /// A service whose C++ code allocates through operator new, as a profile and as `top` folds it.
    private static func page() -> FlamePage {
        let profile = stackProfile([
            ("main;Cache::open;operator new;malloc", 5, 5 << 20), ("main;parse;malloc", 2, 1 << 20),
        ])
        let folded = Folding { frame, _ in
            ["operator new", "malloc"].contains(frame.function ?? "") ? .allocator : .application
        }(profile)
        return FlamePage([.init(.heap, profile, folded: folded)], title: "service")
    }

    @Test func allocatorsAreFoldedUntilOneSwitchUnfoldsThem() throws {
        let page = Self.page().html()
        let folded = try FlameBrowser(page)
        #expect(folded.console == [])
        #expect(Self.names(folded) == ["Cache::open", "parse", "main"])
        #expect(folded.text("headline").contains("Cache::open"))
        for acting in ["document.getElementById('runtimes').click();", Self.press("r")] {
            let whole = try FlameBrowser(page, acting: acting)
            #expect(whole.console == [])
            #expect(Self.names(whole).prefix(2) == ["malloc", "main"])
            #expect(whole.attribute("aria-pressed", of: "runtimes") == "true")
            // What holds it stays where a reader looks first.
            #expect(whole.text("headline").contains("Cache::open"))
        }
    }

    @Test func aRowShowsCallersAndCalleesOfItsFunction() throws {
        let page = PprofFixture.small.flameHTML()
        let row = "document.querySelector('#rows tr')"
        for acting in [
            "\(row).click();", "\(row).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));",
            "document.querySelector('#headline button').click();", Self.press("c"),
            "document.getElementById('around').click();",
        ] {
            let browser = try FlameBrowser(page, acting: acting)
            #expect(browser.console == [])
            let label = browser.attribute("aria-label", of: "graph") ?? ""
            #expect(label.hasPrefix("Callers and callees of grow, inuse_space"), "\(label)")
            #expect(browser.text("known").contains("/src/cache.cpp:99"))
            #expect(browser.attribute("hidden", of: "details") == nil)
        }
        let next = try FlameBrowser(
            page, acting: "\(row).click();" + Self.press("ArrowDown", "ArrowUp", "Enter"))
        #expect(next.console == [])
        #expect(next.attribute("aria-label", of: "graph")?.contains("of Cache.insert(_:)") == true)
    }

    @Test func columnsSortEitherWay() throws {
        func click(_ column: String, _ times: Int) -> String {
            String(repeating: "document.querySelector('[data-sort=\(column)]').click();", count: times)
        }
        let page = Self.page().html()
        #expect(Self.names(try FlameBrowser(page, acting: click("name", 1))) == ["Cache::open", "main", "parse"])
        #expect(Self.names(try FlameBrowser(page, acting: click("name", 2))) == ["parse", "main", "Cache::open"])
        let browser = try FlameBrowser(page, acting: click("cum", 1))
        #expect(Self.names(browser).first == "main")
        #expect(browser.dom.contains("aria-sort=\"descending\"><button type=\"button\" data-sort=\"cum\""))
    }

    @Test func picturesAreSwitchedByClickAndKey() throws {
        let page = FlamePage([
            .init(.change, PprofFixture.diff), .init(.before, PprofFixture.small), .init(.after, PprofFixture.small),
        ]).html()
        let start = try FlameBrowser(page)
        #expect(start.console == [])
        #expect(start.text("headline").contains("grew by 16MB"))
        for acting in ["document.querySelector('[data-picture=after]').click();", Self.press("p", "p")] {
            let told = "document.getElementById('notes').textContent = location.hash;"
            let after = try FlameBrowser(page, acting: acting + told)
            #expect(after.console == [])
            #expect(after.text("headline").contains("holds 64MB"))
            #expect(after.attribute("hidden", of: "legend") != nil)
            #expect(after.text("notes") == "#picture=after")
        }
    }

    @Test func sourceLinesAreQuotedWhereTheyAreAtHand() throws {
        var page = FlamePage([.init(.heap, PprofFixture.small)])
        page.quoteSources { path in
            guard path == "/src/cache.cpp" else { throw Workbench.ToolFailure(description: "no such file") }
            return String(repeating: "\n", count: 98) + "    return new Entry<\"x\">();\n"
        }
        let browser = try FlameBrowser(page.html(), fragment: "function=grow")
        #expect(browser.console == [])
        #expect(browser.text("known").contains("return new Entry<\"x\">();"), "\(browser.text("known"))")
    }

    @Test func keysAreExplained() throws {
        let browser = try FlameBrowser(PprofFixture.small.flameHTML(), acting: Self.press("?"))
        #expect(browser.attribute("hidden", of: "manual") == nil)
        #expect(browser.attribute("aria-expanded", of: "help") == "true")
    }

    /// From the table to a function, its callers and back, without a mouse.
    @Test func theKeyboardAloneIsEnough() throws {
        let page = Self.page().html()
        let browser = try FlameBrowser(
            page,
            acting: """
                const press = key => document.activeElement.dispatchEvent(
                  new KeyboardEvent('keydown', { key, bubbles: true }));
                document.querySelector('#rows tr[tabindex="0"]').focus();
                press('ArrowDown');
                press('Enter');
                const told = [document.getElementById('graph').getAttribute('aria-label'), document.activeElement.tagName];
                press('r');
                told.push(document.getElementById('runtimes').getAttribute('aria-pressed'));
                press('Escape');
                told.push(location.hash, document.activeElement.id);
                document.getElementById('notes').textContent = told.join('|');
                """)
        #expect(browser.console == [])
        let told = browser.text("notes").split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        // Who reached a row is still there when the rows were made anew.
        #expect(told == ["Callers and callees of parse, inuse_space: 2 drawn", "TR", "true", "#runtimes=1", "graph"])
    }

    /// What can be told apart by colour alone is told in words as well.
    @Test func everyControlHasANameAndEveryRowAVerdict() throws {
        let browser = try FlameBrowser(
            PprofFixture.diff.flameHTML(),
            acting: """
                const nameless = [...document.querySelectorAll('button, input, select, canvas')].filter(control =>
                  !control.hidden && !control.textContent.trim() && !control.getAttribute('aria-label') && !control.closest('label'));
                document.getElementById('notes').textContent = nameless.map(control => control.id).join();
                """)
        #expect(browser.console == [])
        #expect(browser.text("notes") == "")
        #expect(Self.rows(browser).allSatisfy { $0.count == 5 })
        #expect(Self.rows(browser).filter { $0[1] != "0" }.allSatisfy { !$0[4].isEmpty })
    }

    @Test func whatMayHaveBeenFreedIsNotProven() throws {
        var profile = PprofFixture.diff
        profile.interval = 524_288
        profile.notes = [.missedFrees(MissedFrees(count: 1000, mayMatter: true))]
        profile.unknown[.inuseSpace] = Unknown(above: 0, below: .infinity)
        let browser = try FlameBrowser(profile.flameHTML(kind: .inuseSpace))
        #expect(browser.console == [])
        #expect(browser.text("headline").contains("Nothing is proven to have grown"))
        #expect(Self.rows(browser).first?[0] == "grow" && Self.rows(browser).first?[4] == "not proven")
    }

    /// 50,000 frames, with the heap before and after: a file to send to somebody, in which every allocation counts by its
    /// own probability.
    @Test func fiftyThousandFramesAreDrawnAndTakeLessThanAMegabyte() throws {
        let (before, after, change) = Self.large
        let page = FlamePage([.init(.change, change), .init(.before, before), .init(.after, after)]).html()
        #expect(page.count < 1_000_000)
        let browser = try FlameBrowser(page, fragment: "invert=1")
        #expect(browser.console == [])
        let label = try #require(browser.attribute("aria-label", of: "graph"))
        let frames = try #require(label.split(separator: " ").compactMap { Int($0) }.first)
        #expect(frames > 50_000, "\(label)")
    }

    private static var large: (before: Profile, after: Profile, change: Profile) {
        var random = SplitMix(seed: 3)
        let law = SamplingLaw(interval: 524_288)
        var after = PprofFixture.large(seed: 6, samples: 5000, depth: 20, functions: 2000)
        after.interval = law.interval
        var (before, change) = (after, after)
        change.isChange = true
        for index in after.samples.indices {
            let size = Double(16 << Int.random(in: 0...14, using: &random))
            let (came, went, stayed) = (
                UInt64.random(in: 0...9, using: &random), UInt64.random(in: 0...9, using: &random),
                UInt64.random(in: 0...9, using: &random)
            )
            func figures(_ allocated: UInt64, _ living: UInt64) -> [Estimate] {
                [
                    law.objects(samples: allocated, ofSize: size), law.bytes(samples: allocated, ofSize: size),
                    law.objects(samples: living, ofSize: size), law.bytes(samples: living, ofSize: size),
                ]
            }
            before.samples[index].values = figures(stayed + went, stayed + went)
            after.samples[index].values = figures(stayed + went + came, stayed + came)
            let gone = figures(0, went)
            change.samples[index].values = zip(figures(came, came), gone).enumerated().map { column, pair in
                column < 2 ? pair.0 : pair.0 - pair.1
            }
        }
        return (before, after, change)
    }
}
