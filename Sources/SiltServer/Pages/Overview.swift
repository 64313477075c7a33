// SPDX-License-Identifier: Apache-2.0
//
// Which processes there are, as a page for people and for scripts, and for scripts which snapshots there are of one. Only
// links and facts: it reads no session and makes no report. What stands in sessions the page asks for itself, one after
// another, those on the screen first: see view/overview.js.

#if Serve
    import SiltFile
    import SiltHost
    import SiltReport

    enum Overview {
        /// All processes: those that run, those of which it is not known, those that ended.
        ///
        /// - Parameter now: nanoseconds since 1970.
        static func page(
            _ targets: [Target], searched: [String], host: String, now: UInt64 = Clock.realtime()
        ) -> [UInt8] {
            let ordered =
                targets.filter(\.isRunning) + targets.filter(\.isUnknown)
                + targets.filter { !$0.isRunning && !$0.isUnknown }
            let rows = ordered.map { target in
                let id = escapedForMarkup(target.id)
                let pages = [
                    ("explain?format=text", "verdict"), ("top", "top"), ("rss", "resident"),
                    ("debug/pprof/", "profiles"),
                ]
                let links = pages.map { "<a href=\"targets/\(id)/\($0.0)\">\($0.1)</a>" }.joined(separator: " · ")
                let start = target.header.startRealtime
                let up = target.isRunning ? formatDuration(seconds: Double(now - min(now, start)) / 1e9) : ""
                func cell(_ style: String, _ text: String = "", title: String = "") -> String {
                    "<td role=\"cell\" class=\"\(style)\"\(title.isEmpty ? "" : " title=\"\(title)\"")>\(text)</td>"
                }
                return "<tr role=\"row\" data-id=\"\(id)\" data-start=\"\(start / 1_000_000_000)\""
                    + "\(target.isRunning ? "" : " class=\"\(target.isUnknown ? "unknown" : "ended")\"")>"
                    + cell("name", "<a href=\"targets/\(id)/\">\(escapedForMarkup(printable(target.program)))</a>")
                    + cell("figure pid", "\(target.pid)")
                    + cell("figure up", up, title: "started \(formatMoment(start))") + cell("figure inuse")
                    + cell("figure range") + cell("figure change") + cell("course") + cell("figure samples")
                    + cell("state", "\(target.status)") + cell("links", links) + "</tr>"
            }
            let intro =
                targets.isEmpty
                ? "<p>No sessions in \(escapedForMarkup(Places.text(searched))). Start a program with"
                    + " <code>silt run -- PROGRAM</code>; it appears here by itself."
                : ""
            return filledTemplate(
                PackageResources.overview_html,
                [
                    "style": FlamePage.tokens + PackageResources.page_css + PackageResources.overview_css,
                    "script": FlamePage.overviewScript, "host": Array(escapedForMarkup(host).utf8),
                    "intro": Array(intro.utf8), "rows": Array(rows.joined(separator: "\n").utf8),
                ])
        }

        /// All processes for scripts.
        static func json(_ targets: [Target]) -> [UInt8] {
            var json = JsonWriter()
            json.array(targets) { json, target in
                json.object { json in
                    json.field("id", target.id)
                    json.field("program", printable(target.program))
                    json.field("pid", Int(target.pid))
                    json.field("state", "\(target.status)")
                    json.field("running") { $0.bool(target.isRunning) }
                    json.field("started", formatMoment(target.header.startRealtime))
                    json.field("executable", printable(target.header.exe))
                    json.field("file", printable(target.path))
                    json.field("heap", "/targets/\(target.id)/debug/pprof/heap")
                }
            }
            return json.bytes + [UInt8(ascii: "\n")]
        }

        /// The snapshots of one process, the newest last.
        static func json(_ snapshots: [PastSnapshot]) -> [UInt8] {
            var json = JsonWriter()
            json.array(snapshots) { json, snapshot in
                json.object { json in
                    json.field("time", Int(snapshot.time))
                    json.field("moment", formatMoment(snapshot.time &* 1_000_000_000))
                    json.field("bytes", Int(clamping: snapshot.bytes))
                    json.field("heap", "debug/pprof/heap?at=\(snapshot.time)")
                }
            }
            return json.bytes + [UInt8(ascii: "\n")]
        }
    }
#endif
