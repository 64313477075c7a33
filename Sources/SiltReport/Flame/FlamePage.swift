// SPDX-License-Identifier: Apache-2.0
//
// The flame graph as one HTML file: puts skeleton, style, data and script together. The file asks nobody for
// anything: its policy forbids every request.

package import SiltProfile

extension Profile {
    /// A flame graph to click through, as one self-contained HTML file.
    ///
    /// Widths are figures; in a diff they are what changed, and colour says whether it grew. The state of the page is
    /// in the address's fragment, so that a view can be shared:
    /// `#kind=inuse_space&invert=1&search=Cache&zoom=main;serve`.
    /// Intervals on the page are 1.96 standard deviations to each side, since it adds up figures by itself.
    ///
    /// - Parameters:
    ///   - kind: what is shown first; nil: the last, as pprof does.
    ///   - title: nil: the programs' names.
    package func flameHTML(kind: Kind? = nil, title: String? = nil) -> [UInt8] {
        let names = Set(processes.map(\.name)).sorted().joined(separator: ", ")
        let title = title ?? (names.isEmpty ? "Heap" : names)
        let data = FlameTree(self).json(of: self, kind: kind ?? kinds[kinds.count - 1], title: title)
        var page: [UInt8] = []
        page += FlamePage.head(title: title).utf8
        page += FlamePage.body.utf8
        page += "<script type=\"application/json\" id=\"data\">".utf8
        page += data
        page += "</script>\n<script>\n".utf8
        for part in [FlameScript.model, FlameScript.drawing, FlameScript.table, FlameScript.controls] {
            page += part.utf8
            page += "\n".utf8
        }
        page += "</script>\n</body>\n</html>\n".utf8
        return page
    }
}

/// The scripts of the page, in the order in which they stand there.
enum FlameScript {}

private enum FlamePage {
    static func head(title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>\(escapedForMarkup(title)) – flame graph</title>
        <style>
        \(flameStyle)
        </style>
        </head>

        """
    }

    static let body = """
        <body>
        <header>
        <h1 id="title"></h1>
        <p id="about"></p>
        <div id="controls">
        <label>Show <select id="kind"></select></label>
        <button id="invert" type="button" aria-pressed="false"
          title="Start from the functions that allocate and go to their callers">Callers of each function</button>
        <label>Search <input id="search" type="search" placeholder="name or pattern ( / )" spellcheck="false"></label>
        <output id="matched" for="search"></output>
        <button id="reset" type="button" title="Escape does this too">Whole graph</button>
        </div>
        <div id="legend" hidden>
        <span class="swatch shrank"></span> shrank
        <span class="swatch mixed"></span> both, or within sampling noise
        <span class="swatch grew"></span> grew
        <span>Width: how much changed.</span>
        </div>
        </header>
        <main>
        <section aria-label="Flame graph">
        <div id="scroll"><div id="space"><canvas id="graph" tabindex="0" role="img"></canvas></div></div>
        <p id="help">Click or Enter: zoom. Arrows: walk. Escape: back to all. /: search.</p>
        <ul id="notes"></ul>
        </section>
        <section aria-label="The same as a table" id="beside">
        <table>
        <caption id="caption"></caption>
        <thead><tr><th scope="col">Flat</th><th scope="col">Cum</th><th scope="col">95%</th>
        <th scope="col">Cum%</th><th scope="col">Function</th></tr></thead>
        <tbody id="rows"></tbody>
        </table>
        <p id="more"></p>
        </section>
        </main>
        <div id="tip" role="status" hidden></div>
        <noscript><p>The graph is drawn by a script within this file; without it, use the SVG form.</p></noscript>

        """
}
