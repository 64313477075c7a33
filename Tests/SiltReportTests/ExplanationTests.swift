// SPDX-License-Identifier: Apache-2.0
//
// The explanation of courses that can be worked out in one's head: the verdict, who is named, and how long it may be.

import SiltFile
import SiltProfile
import SiltReport
import TestFixtures
import Testing

struct ExplanationTests {
    private static let block: UInt64 = 1 << 20

    private static func trend(_ levels: [Int], function: String = "insert@cache.c:42") -> Trend {
        let service = RecordedService()
        return service.trend(
            levels.enumerated().map { minute, level in
                service.snapshot(
                    at: UInt64(minute) * 60,
                    [
                        ("main@m.c:3;serve@s.c:20;\(function)", 0..<level, block),
                        ("main@m.c:3;settings@m.c:4", 0..<9, block),
                    ])
            })
    }

    @Test(arguments: [
        ([4, 6, 8, 10, 12, 14, 16, 18], Explanation.Verdict.grows), ([4, 4, 4, 4, 4, 4, 4, 4], .flat),
        ([4, 4, 4, 20, 20, 20, 20, 20], .step),
    ])
    func courses(levels: [Int], verdict: Explanation.Verdict) {
        let explanation = Explanation(TrendReport(Self.trend(levels)))
        #expect(explanation.verdict == verdict)
        let text = explanation.text()
        if verdict == .grows {
            #expect(
                text.hasPrefix("Verdict: the heap grows\nFile: service (pid 812)\n"), "\(text)")
            #expect(text.contains("\ninuse_space: 13MB → 27MB in 7m00s, grows by "), "\(text)")
            #expect(explanation.findings.map(\.place.function) == ["insert"])
            #expect(explanation.findings[0].callers.map(\.function) == ["serve", "main"])
        }
        #expect(explanation.json().count <= Explanation.longest)
    }

    /// A third snapshot must not make the answer weaker: it grew by much, whatever comes.
    @Test func whatGrewByMuchIsSaidToHaveGrown() throws {
        let explanations = [[10, 12, 31], [10, 15, 31], [10, 26, 31], [10, 29, 31]].map {
            Explanation(TrendReport(Self.trend($0)))
        }
        #expect(!explanations.contains { $0.verdict == .undecided })
        let grown = try #require(explanations.first { $0.verdict == .grew })
        #expect(grown.likeliest != nil && grown.findings.map(\.place.function) == ["insert"])
        #expect(grown.words == "the heap grew from the first snapshot to the last; undecided whether that goes on")
    }

    /// Growth that slows down may go on, may have come to its end, or has.
    @Test(arguments: [
        ([4, 20, 36, 36, 36, 36, 36, 36], "the heap grew, and has levelled off: at most 0/s still"),
        ([4, 20, 30, 35, 33, 37, 36, 38], "the heap grew, more and more slowly; it may have levelled off"),
        ([4, 23, 32, 41, 48, 55, 62, 68, 74, 79, 84, 89, 94], "the heap grows, and more and more slowly"),
    ])
    func whatSlowsDownIsToldByItsEnd(levels: [Int], words: String) {
        let explanation = Explanation(TrendReport(Self.trend(levels)))
        #expect(explanation.verdict == .slowing && explanation.words == words, "\(explanation)")
        #expect(explanation.grown == ["heap"])
    }

    /// Nobody knows whether it grows, but by how much it can have grown.
    @Test func whatIsUndecidedHasABound() {
        let explanation = Explanation(TrendReport(Self.trend([10, 11, 10, 11])))
        #expect(explanation.verdict == .undecided)
        #expect(explanation.words == "undecided whether the heap grows; by at most 1MB in 3m00s")
        #expect(explanation.grown.isEmpty)
    }

    /// Where samples show nothing, as much as they cannot show may have come.
    @Test(arguments: [(100_000, Explanation.Verdict.unchanged), (4, .undecided)])
    func nothingSeenIsNotNothing(blocks: Int, verdict: Explanation.Verdict) throws {
        let service = RecordedService(interval: 1 << 19)
        let moments = (0..<2).map { service.snapshot(at: $0 * 60, [("main@m.c:3;cache@c.c:4", 0..<blocks, 1 << 12)]) }
        let diff = Diff(from: moments[0], to: moments[1], symbols: service)
        let comparison = DiffReport.Comparison(
            profile: diff.profile, relation: diff.relation, seconds: 60,
            before: diff.before.total(kind: .inuseSpace), after: diff.after.total(kind: .inuseSpace))
        let confidence = try #require(diff.profile.confidence(in: .inuseSpace))
        let report = DiffReport(comparison, kind: .inuseSpace) {
            let interval = confidence.interval(of: $0)
            return interval.lower...interval.upper
        }
        let explanation = Explanation(report)
        #expect(explanation.verdict == verdict)
        #expect(explanation.words == "no growth to be seen in the heap; by at most 1.50MB", "\(explanation.words)")
    }

    /// C++ has names of thousands of characters, and each `<` takes six in JSON.
    @Test func longNamesDoNotMakeItLonger() {
        let name = String(repeating: "Map<K,", count: 300)
        let explanation = Explanation(TrendReport(Self.trend([4, 6, 8, 10, 12, 14, 16, 18], function: name)))
        let json = String(decoding: explanation.json(), as: UTF8.self)
        #expect(json.utf8.count <= Explanation.longest)
        #expect(json.contains(#""verdict":"grows""#) && json.contains(#""function":"Map\u003cK"#), "\(json)")
    }
}
