// SPDX-License-Identifier: Apache-2.0
//
// The page's scripts outside a page: Node runs them on the data of a page, for tests that compare them with this
// module.

import TestSupport

enum PageScripts {
    /// Without it the tests that need it are skipped; `make setup-test` installs it.
    static let isInstalled = Workbench.find("node") != nil

    private static let folder =
        #filePath.replacing(/Tests\/SiltReportTests\/[^\/]*$/, with: "") + "Sources/SiltReport/Flame/page"

    /// How many scripts the folder has.
    static func count() throws -> Int {
        try Program(["ls", "\(folder)/model", "\(folder)/view"]).finish().output.split(separator: "\n")
            .count { $0.hasSuffix(".js") }
    }

    /// What the page holds true of one frame.
    struct Frame {
        var lower: Double
        var upper: Double
        /// 1: grew, -1: shrank, 0: neither may be said.
        var direction: Int
    }

    /// By kind, and then by the names from the root to the frame, each behind a `/`.
    static func frames(of page: [UInt8], kinds: Int) throws -> [[String: Frame]] {
        let bench = try Workbench()
        let text = String(decoding: page, as: UTF8.self)
        guard let start = text.firstRange(of: "id=\"data\">"),
            let end = text[start.upperBound...].firstRange(of: "</script>")
        else { throw Workbench.ToolFailure(description: "the page has no data") }
        try bench.write(String(text[start.upperBound..<end.lowerBound]), to: "data.json")
        try bench.write(
            """
            import { readFileSync } from 'node:fs';
            import { treesOf } from '\(folder)/model/tree.js';
            const [tree] = treesOf(JSON.parse(readFileSync('\(bench.path("data.json"))', 'utf8')));
            const view = tree.view();
            tree.data.kinds.forEach((_, kind) => view.parent.forEach((_, node) => {
              const { held } = view.sums(kind);
              const { lower, upper } = held.interval(node);
              const path = view.pathTo(node).map(step => '/' + view.nameOf(step)).join('');
              console.log([kind, path, lower, upper, held.direction(node)].join('\\t'));
            }));
            """, to: "frames.mjs")
        let outcome = try Program(["node", bench.path("frames.mjs")]).finish()
        guard outcome.status == 0 else { throw Workbench.ToolFailure(description: outcome.errors) }
        var frames = Array(repeating: [String: Frame](), count: kinds)
        for line in outcome.output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 5, let kind = Int(fields[0]), let lower = Double(fields[2]),
                let upper = Double(fields[3]), let direction = Int(fields[4])
            else { throw Workbench.ToolFailure(description: "not a frame: \(line)") }
            frames[kind][fields[1]] = Frame(lower: lower, upper: upper, direction: direction)
        }
        return frames
    }
}
