// SPDX-License-Identifier: Apache-2.0
//
// A page in headless Chromium: what it shows after some script has used it as a person would, and what it complained
// about.

package struct FlameBrowser {
    /// Without it the tests that need a browser are skipped; `.ci/run` installs it.
    package static let isInstalled = Workbench.find(browser) != nil
    /// Chromium without the parts that a window needs: up in a third of a second, not in two.
    private static let browser = "chromium-headless-shell"

    /// The document's elements after the page has settled.
    package var dom: String
    /// What the page wrote to the console, errors of the page and refused requests among it.
    package var console: [String]

    /// - Parameters:
    ///   - fragment: the part of the address behind `#`.
    ///   - before: JavaScript that runs before the page starts, in place of a server for example.
    ///   - acting: JavaScript that runs when the page has started.
    ///   - milliseconds: how long the page goes on by its own clock, which waits for nothing; 0: it is looked at when it has
    ///     started.
    package init(
        _ page: [UInt8], fragment: String = "", before: String = "", acting script: String = "",
        for milliseconds: Int = 0
    ) throws {
        let bench = try Workbench()
        let text = String(decoding: page, as: UTF8.self)
        try bench.write(
            text.replacing("</body>", with: "<script>\n\(script)\n</script></body>")
                .replacing("<body>", with: before.isEmpty ? "<body>" : "<body><script>\n\(before)\n</script>"),
            to: "page.html")
        let lasting = milliseconds == 0 ? [] : ["--virtual-time-budget=\(milliseconds)"]
        let address = "file://\(bench.path("page.html"))\(fragment.isEmpty ? "" : "#" + fragment)"
        let outcome = try Program(
            [
                "env", "HOME=\(bench.directory)", "timeout", "600", Self.browser, "--no-sandbox", "--disable-gpu",
                "--user-data-dir=\(bench.path("profile"))", "--window-size=1400,900",
                "--enable-logging=stderr", "--dump-dom",
            ] + lasting + [address]
        ).finish()
        dom = outcome.output
        console = outcome.errors.split(separator: "\n").map(String.init).filter { $0.contains("CONSOLE") }
        if outcome.status != 0 { console.append("chromium ended with status \(outcome.status): \(outcome.errors)") }
    }

    /// The text of the element with an id, markup taken out.
    package func text(_ id: String) -> String {
        guard let start = dom.firstRange(of: "id=\"\(id)\"") else { return "no element \(id)" }
        let rest = dom[start.upperBound...]
        guard let open = rest.firstIndex(of: ">") else { return "" }
        let tag = dom[..<start.lowerBound].split(separator: "<").last?.prefix { $0.isLetter || $0.isNumber } ?? ""
        let inside = rest[rest.index(after: open)...]
        let end = inside.firstRange(of: "</\(tag)>")?.lowerBound ?? inside.endIndex
        return String(inside[..<end].replacing(/<[^>]*>/, with: " "))
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }

    /// An attribute of the element with an id.
    package func attribute(_ name: String, of id: String) -> String? {
        guard let start = dom.firstRange(of: "id=\"\(id)\"") else { return nil }
        guard let from = dom[..<start.lowerBound].lastIndex(of: "<"),
            let to = dom[start.upperBound...].firstIndex(of: ">")
        else { return nil }
        let tag = dom[from..<to]
        guard let value = tag.firstRange(of: " \(name)=\"") else { return nil }
        return String(tag[value.upperBound...].prefix { $0 != "\"" })
    }
}
