// SPDX-License-Identifier: Apache-2.0
//
// The flame graph as one HTML file: puts skeleton, style, data and scripts together. What they do is in the files of
// `page`, which are embedded in the program. The file asks nobody for anything: its policy forbids every request.

import SiltHost
package import SiltProfile

extension Profile {
    /// A flame graph to click through, as one self-contained HTML file.
    ///
    /// Widths are figures; in a diff they are what changed, and colour says whether it grew: of what `diff` calls noise
    /// it says nothing. The state of the page is in the address's fragment, so that a view can be shared:
    /// `#kind=inuse_space&invert=1&search=Cache&zoom=main;serve`.
    ///
    /// - Parameters:
    ///   - kind: what is shown first; nil: the last, as pprof does.
    ///   - title: nil: the programs' names.
    ///   - folded: the same samples as `diff` shows them, their runtime frames folded; nil: as they are.
    package func flameHTML(kind: Kind? = nil, title: String? = nil, judgedAs folded: Profile? = nil) -> [UInt8] {
        let title = title ?? flameTitle
        let changes = kinds.map { (folded ?? self).changeOfSamples(kind: $0) }
        let data = FlameTree(self).json(of: self, kind: kind ?? kinds[kinds.count - 1], title: title, changes: changes)
        return filledTemplate(
            PackageResources.page_html,
            [
                "title": Array(escapedForMarkup(title).utf8), "style": PackageResources.page_css, "data": data,
                "script": FlamePage.script,
            ])
    }

    /// The names of the programs.
    var flameTitle: String {
        let names = Set(processes.map { printable($0.name) }).sorted().joined(separator: ", ")
        return names.isEmpty ? "Heap" : names
    }
}

enum FlamePage {
    /// In the order in which they stand in the page: each after those it imports.
    private static let modules = [
        PackageResources.figures_js, PackageResources.gamma_js, PackageResources.unseen_js,
        PackageResources.confidence_js,
        PackageResources.estimates_js, PackageResources.tree_js, PackageResources.search_js,
        PackageResources.address_js, PackageResources.layout_js, PackageResources.words_js,
        PackageResources.drawing_js, PackageResources.table_js, PackageResources.controls_js,
    ]

    /// The modules as one classic script, since a module in a file of its own cannot be imported without a request.
    ///
    /// All share one scope: imports go, and a name that two modules declare is a syntax error in strict mode. An import
    /// must stand on one line, and an export before what it declares.
    static let script: [UInt8] = {
        var script = "'use strict';\n{\n"
        for module in modules {
            for line in String(decoding: module, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            where !line.hasPrefix("import ") {
                script += line.hasPrefix("export ") ? line.dropFirst("export ".count) : line
                script += "\n"
            }
        }
        return Array((script + "}").utf8)
    }()
}
