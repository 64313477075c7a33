// SPDX-License-Identifier: Apache-2.0
//
// One heap of few samples in all forms: tables, JSON, export, picture and page show the same interval of the same figure.

import SiltFile
import SiltProfile
import TestSupport
import Testing

@testable import SiltReport

@Suite struct FewSamplesTests {
    /// Functions with one, two and five samples, of one size and of several, small and large, and what became of them.
    private let service = RecordedService(interval: 524_288)
    private var before: Session {
        service.snapshot(
            at: 60,
            [
                ("main;one", 0..<1, 64), ("main;two", 0..<2, 4096), ("main;five", 0..<5, 100),
                ("main;large", 0..<2, 3 << 20),
                ("main;mixed;a", 0..<3, 16), ("main;mixed;b", 0..<2, 100_000), ("main;many;c", 0..<9, 48),
                ("main;many;d", 0..<7, 20_000), ("main;gone", 0..<5, 64),
            ])
    }
    private var after: Session {
        service.snapshot(
            at: 120,
            [
                ("main;one", 0..<2, 64), ("main;two", 1..<4, 4096), ("main;five", 0..<10, 100),
                ("main;large", 0..<3, 3 << 20),
                ("main;mixed;a", 2..<5, 16), ("main;mixed;b", 0..<4, 100_000), ("main;many;c", 0..<19, 48),
                ("main;many;d", 5..<9, 20_000), ("main;new", 0..<1, 1 << 20),
            ])
    }

    private func rule(_ profile: Profile, _ kind: Profile.Kind) throws -> IntervalRule {
        let confidence = try #require(profile.confidence(in: kind))
        return {
            let interval = confidence.interval(of: $0)
            return interval.lower...interval.upper
        }
    }

    @Test(arguments: [false, true], [Profile.Kind.inuseSpace, .inuseObjects])
    func everyFormShowsTheSameInterval(isDifference: Bool, kind: Profile.Kind) throws {
        let profile =
            isDifference
            ? Diff(from: before, to: after, symbols: service).profile
            : Profile.heap([before], symbols: service)
        let rule = try rule(profile, kind)
        let all = ReportOptions(nodeFraction: 0)
        let top = TopReport(profile, kind: kind, options: all, interval: rule)
        #expect(top.rows.count > 9)
        let tree = TreeReport(profile, kind: kind, options: all, interval: rule)
        let json = String(decoding: top.json(), as: UTF8.self)
        let text = top.text()
        let picture = profile.flameSVG(kind: kind)
        let page = PageScripts.isInstalled ? try PageScripts.frames(of: profile.flameHTML(kind: kind), kinds: 4) : []
        let column = try #require(profile.kinds.firstIndex(of: kind))
        for row in top.rows where !row.flat.isNothing && row.name != "main" {
            let limits = try #require(row.flatInterval)
            // The same figure stands in the tree, whose leaves these functions are.
            let nodes = tree.rows.filter { $0.name == row.name }
            #expect(nodes.count == 1 && nodes[0].cumInterval == limits, "\(row.name)")
            var writer = JsonWriter()
            writer.figure(row.flat, in: limits)
            #expect(json.contains(String(decoding: writer.bytes, as: UTF8.self)), "\(row.name)")
            let words = formatInterval(limits, of: row.flat, unit: kind.unit)
            // Five or ten samples, all of 100 bytes: what the interval of a count is about is marked in each row.
            if row.name == "five" { #expect(words.hasSuffix("*") == (kind == .inuseObjects)) }
            #expect(
                text.split(separator: "\n").contains { $0.hasSuffix(" \(row.name)") && $0.contains(" \(words) ") },
                "\(row.name) \(words): \(text)")
            // Narrow frames are not drawn.
            if let title = picture.firstRange(of: "<title>\(row.name)\n") {
                let line = picture[title.upperBound...].prefix { $0 != "\n" && $0 != "<" }
                #expect(words.isEmpty || line.contains(" \(words)"), "\(row.name) \(words): \(line)")
            }
            if !page.isEmpty {
                let frame = try #require(page[column].first { $0.key.hasSuffix("/\(row.name)") }).value
                let shown = formatInterval(frame.lower...frame.upper, of: row.flat, unit: kind.unit)
                #expect(shown == words, "\(row.name): \(frame) on the page, \(limits)")
            }
        }
        let export = String(decoding: profile.json(), as: UTF8.self)
        var total = JsonWriter()
        total.figure(profile.total(kind: kind), in: rule(profile.total(kind: kind)), showsVariance: true)
        #expect(export.contains(#""total":"# + String(decoding: total.bytes, as: UTF8.self)))
        #expect(json.contains(#""total":"#))
        // What a diff says of a function is what the others show of it.
        if isDifference {
            let diff = DiffReport(
                DiffReport.Comparison(profile: profile, relation: .sameProcess), kind: kind,
                options: DiffReport.Options(count: nil), interval: rule)
            for row in diff.rows {
                let same = top.rows.first { $0.name == row.place.function }
                #expect(same?.flatInterval == row.interval, "\(row.name)")
            }
        }
    }
}
