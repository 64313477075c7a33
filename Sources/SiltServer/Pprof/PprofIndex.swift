// SPDX-License-Identifier: Apache-2.0
//
// The page at `/debug/pprof/`: which profiles there are of a process, with links.

#if Serve
    import SiltReport

    enum PprofIndex {
        static func page(of target: Target) -> [UInt8] {
            let rows = PprofName.allCases.map { name in
                let text =
                    name.isHeap || name.isOfThreads || name == .block || name == .mutex
                    ? " <a href=\"\(name.rawValue)?debug=1\">as text</a>" : ""
                return "<tr><td><a href=\"\(name.rawValue)\">\(name.rawValue)</a>\(text)<td>\(name.words)"
            }
            return filledTemplate(
                PackageResources.pprof_html,
                [
                    "style": FlamePage.tokens + PackageResources.page_css,
                    "title": Array(escapedForMarkup("\(target.program) (pid \(target.pid))").utf8),
                    "rows": Array(rows.joined(separator: "\n").utf8),
                ])
        }
    }
#endif
