// SPDX-License-Identifier: Apache-2.0
//
// The flame graph as one HTML file: puts skeleton, style, data and scripts together. What they do is in the files of
// `page`, which are embedded in the program. The file asks nobody for anything: its policy forbids every request.

import SiltHost
package import SiltProfile

/// Pictures of one program that a reader goes to and fro between, as one self-contained HTML file.
///
/// Widths are figures; in a diff they are what changed, and colour says whether it grew: of what `diff` calls noise it
/// says nothing. The state of the page is in the address's fragment, so that a view can be shared:
/// `#kind=inuse_space&invert=1&search=Cache&zoom=main;serve`.
package struct FlamePage: Sendable {
    /// One profile of the page.
    package struct Picture: Sendable {
        package enum Name: String, Sendable { case heap, change, before, after, threads }

        var name: Name
        package var profile: Profile
        var folded: Profile

        /// - Parameter folded: the same samples as `top` and `diff` show them, their runtime frames folded; nil: as they
        ///   are.
        package init(_ name: Name, _ profile: Profile, folded: Profile? = nil) {
            self.name = name
            self.profile = profile
            self.folded = folded ?? profile
        }
    }

    /// The first is shown first; never empty.
    let pictures: [Picture]
    let kind: Profile.Kind
    let title: String
    /// Sentences that stand in the page's head.
    package var remarks: [String] = []
    private(set) var sources = FlameSources()

    /// - Parameters:
    ///   - kind: what is shown first; nil: the last, as pprof does.
    ///   - title: nil: the programs' names.
    package init(_ pictures: [Picture], kind: Profile.Kind? = nil, title: String? = nil) {
        precondition(!pictures.isEmpty, "a page of nothing")
        let profile = pictures[0].profile
        self.pictures = pictures
        self.kind = kind ?? profile.kinds[profile.kinds.count - 1]
        self.title = title ?? profile.flameTitle
    }

    /// Has the page quote the source lines that matter in its first picture.
    ///
    /// - Parameter read: the text of a source file by its recorded path; what throws is left out.
    package mutating func quoteSources(read: (_ path: String) throws -> String) {
        sources = FlameSources(of: pictures[0].folded, kind: kind, read: read)
    }

    package func html() -> [UInt8] {
        filledTemplate(
            PackageResources.page_html,
            Self.parts(title: title, data: json(), script: Self.fileScript).merging(
                ["requests": [], "links": [], "timeline": []]) { $1 })
    }

    /// The page of a server, which asks for the data of ``json()`` beside its own address, and for those of the past.
    ///
    /// It may ask only where it came from. See `page/view/live.js` for the addresses.
    ///
    /// - Parameter settings: JSON, as `live.js` reads it.
    package static func live(title: String, settings: [UInt8]) -> [UInt8] {
        filledTemplate(
            PackageResources.page_html,
            parts(title: title, data: settings, script: liveScript).merging([
                "requests": Array("; connect-src 'self'".utf8), "links": PackageResources.links_html,
                "timeline": PackageResources.timeline_html,
            ]) { $1 })
    }

    /// Colour, space and type that all pages have in common.
    package static var tokens: [UInt8] { PackageResources.tokens_css }

    private static func parts(title: String, data: [UInt8], script: [UInt8]) -> [String: [UInt8]] {
        [
            "title": Array(escapedForMarkup(title).utf8),
            "style": PackageResources.tokens_css + PackageResources.page_css, "data": data, "script": script,
        ]
    }
}

extension Profile {
    /// The names of the programs.
    var flameTitle: String {
        let names = Set(processes.map { printable($0.name) }).sorted().joined(separator: ", ")
        return names.isEmpty ? "Heap" : names
    }
}

extension FlamePage {
    /// In the order in which they stand in the page: each after those it imports.
    private static let modules = [
        PackageResources.figures_js, PackageResources.gamma_js, PackageResources.unseen_js,
        PackageResources.confidence_js, PackageResources.estimates_js, PackageResources.packed_js,
        PackageResources.tree_js, PackageResources.pattern_js, PackageResources.search_js,
        PackageResources.functions_js, PackageResources.names_js,
        PackageResources.address_js, PackageResources.layout_js, PackageResources.words_js,
        PackageResources.colours_js, PackageResources.drawing_js, PackageResources.rows_js,
        PackageResources.details_js, PackageResources.controls_js,
    ]

    /// All that a page without a server needs.
    static let fileScript = script(modules + [PackageResources.file_js])
    /// And with one.
    static let liveScript = script(modules + [PackageResources.timeline_js, PackageResources.live_js])

    /// The page of all processes of a server, which has no picture.
    package static let overviewScript = script([
        PackageResources.figures_js, PackageResources.timeline_js, PackageResources.overview_js,
    ])

    /// The modules as one classic script, since a module in a file of its own cannot be imported without a request.
    ///
    /// All share one scope: imports go, and a name that two modules declare is a syntax error in strict mode. An import
    /// must stand on one line, and an export before what it declares.
    private static func script(_ modules: [[UInt8]]) -> [UInt8] {
        var script = "'use strict';\n{\n"
        for module in modules {
            for line in String(decoding: module, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            where !line.hasPrefix("import ") {
                script += line.hasPrefix("export ") ? line.dropFirst("export ".count) : line
                script += "\n"
            }
        }
        return Array((script + "}").utf8)
    }
}
