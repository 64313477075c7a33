// SPDX-License-Identifier: Apache-2.0
//
// Resident memory as a dump keeps it, as text and as a picture: the same figures, names escaped, and no request.

import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@testable import SiltReport

@Suite struct ResidentPageTests {
    private static let figures: [MemoryFigure: UInt64] = [
        .resident: 100 << 20, .inUse: 6 << 20, .returnable: 50 << 20, .pinned: 40 << 20, .overhead: 1 << 20,
        .stacks: 1 << 20, .files: 1 << 20, .unknown: 1 << 20, .untouched: 3 << 20, .swapped: 0, .pageTables: 200 << 10,
        .proportional: 98 << 20, .arenas: 9, .cached: 0, .kept: 1 << 20, .untrusted: 0, .largeBlocks: 2,
    ]

    private func session(_ figures: [MemoryFigure: UInt64] = figures) -> Session {
        let service = RecordedService()
        var session = service.snapshot(at: 10, [("main@m.c:1;keep@a.c:2", 0..<100, 1000)])
        session.figures = figures
        return session
    }

    private func report(pinnedBy name: String, _ figures: [MemoryFigure: UInt64] = figures) throws -> ResidentReport {
        var report = ResidentReport(
            title: "\(name) (pid 7)", memory: try #require(ResidentMemory(figuresOf: session(figures))))
        report.pinners = [
            ResidentReport.Pinner(name: name, pinned: Estimate(value: 30e6, variance: 1e12, samples: 9), alone: nil)
        ]
        return report
    }

    @Test func whatADumpKeepsIsWhatWasFound() throws {
        let memory = try #require(ResidentMemory(figuresOf: session()))
        #expect(memory.figures == Self.figures)
        #expect(memory.parts.values.reduce(0, +) == memory.total && memory.heaps?.arenas == 9)
    }

    @Test func figuresThatDoNotAddUpAreNotBelieved() {
        for (kind, value) in [(MemoryFigure.pinned, UInt64(1)), (.unknown, .max), (.resident, .max), (.inUse, 0)] {
            var figures = Self.figures
            figures[kind] = value
            #expect(ResidentMemory(figuresOf: session(figures)) == nil, "\(kind)")
        }
        var live = session()
        live.header.dump = nil
        #expect(ResidentMemory(figuresOf: live) == nil)
    }

    @Test func heapsThatWereNotWalkedAreSaid() throws {
        let bare: [MemoryFigure: UInt64] = [.resident: 100, .inUse: 60, .overhead: 30, .unknown: 10]
        let memory = try #require(ResidentMemory(figuresOf: session(bare)))
        #expect(memory.notes == [.dumpHasNoHeaps] && memory.heaps == nil)
        #expect(memory.parts == [.heapInUse: 60, .allocator: 30, .unknown: 10])
    }

    @Test func adviceHasTheFiguresThatSpeakForIt() throws {
        let advice = try report(pinnedBy: "keep").advice
        #expect(advice.count == 4)
        #expect(advice[0].hasPrefix("malloc_trim(0) would give back 50MB"))
        #expect(advice[1].hasPrefix("9 arenas have holes that the others cannot fill: try MALLOC_ARENA_MAX=2"))
        #expect(advice[2].hasPrefix("2 sampled blocks of 128kB and more came from the heap"))
        #expect(advice[3].hasPrefix("40MB is free but pinned: blocks that stay, such as those of keep, lie between"))
    }

    @Test func thePageHasTheFiguresOfTheText() throws {
        let report = try report(pinnedBy: "keep")
        let page = String(decoding: report.page(), as: UTF8.self)
        for words in ["40MB", "50MB", "6MB", "pinned by blocks on the same pages", "keep", "30 arenas"] {
            #expect(page.contains(words) == (words != "30 arenas"), "\(words)")
        }
        for sentence in report.advice { #expect(page.contains("<li>\(escapedForMarkup(sentence)).")) }
        // Widths of the heap and of what is pinned in it.
        #expect(page.contains("style=\"width:97.0%\"><span>heap 97MB"))
        #expect(page.contains("<i class=\"pinned\" style=\"width:41.24%\">"))
    }

    @Test func noNameBecomesMarkup() throws {
        let name = "f<script>alert(1)</script>\"'&\u{202e}\u{1b}[2J"
        let page = String(decoding: try report(pinnedBy: name).page(), as: UTF8.self)
        #expect(!page.contains("<script") && !page.contains("\u{202e}") && !page.contains("\u{1b}"))
        #expect(page.contains("f&lt;script&gt;"))
        #expect(
            !page.contains("http:") && !page.contains("https:") && !page.contains("src=") && !page.contains("@import"))
    }

    @Test(.enabled(if: FlameBrowser.isInstalled)) func aBrowserHasNoComplaint() throws {
        let page = try FlameBrowser(try report(pinnedBy: "keep").page())
        // The policy forbids the script that the test itself adds.
        #expect(page.console.allSatisfy { $0.contains("Content Security Policy") || $0.contains("script") })
        #expect(page.dom.contains("Whose blocks pin free memory"))
    }

    @Test func growthByPartAddsUp() throws {
        var figures = Self.figures
        figures[.pinned] = 140 << 20
        figures[.files] = 0
        figures[.unknown] = (2 << 20) + 4096
        figures[.resident] = (200 << 20) + 4096
        let (before, after) = try (
            #require(ResidentMemory(figuresOf: session())), #require(ResidentMemory(figuresOf: session(figures)))
        )
        var parts = PartGrowth.Parts(from: [before], to: [after])
        #expect(parts.total == Double((100 << 20) + 4096))
        parts.pinner = PartGrowth.Pinner(name: "Session::remember", growth: 80e6)
        let levels = [before, after].map { ResidentGrowth.Level(total: $0.total) }
        var growth = try #require(
            ResidentGrowth(levels, heap: .zero, confidence: Confidence(law: SamplingLaw(interval: 1), unit: .bytes)))
        growth.parts = .known(parts)
        #expect(
            growth.lines.last
                == "By part: free but pinned +100MB (most by Session::remember), files -1MB, unknown +1MB")
        for (rivals, words) in [(["Cache::put"], "Cache::put"), (["Cache::put", "f"], "one of 2 others")] {
            parts.pinner?.rivals = rivals
            growth.parts = .known(parts)
            #expect(growth.lines.last?.contains("(most by Session::remember or \(words)), ") == true)
        }
        growth.parts = .unknown(path: "a.silt")
        #expect(growth.lines.last?.hasPrefix("Where in the process: a.silt does not say; what silt dump makes") == true)
    }

    /// What only one look tells apart is added to what it was told apart from.
    @Test func aLookWithoutAWalkIsComparedWithoutOne() throws {
        let bare: [MemoryFigure: UInt64] = [.resident: 100 << 20, .inUse: 6 << 20, .overhead: 94 << 20]
        let (before, after) = try (
            #require(ResidentMemory(figuresOf: session(bare))), #require(ResidentMemory(figuresOf: session()))
        )
        let parts = PartGrowth.Parts(from: [before], to: [after])
        #expect(parts.growth[.pinned] == nil && parts.growth[.allocator] == Double(-3 << 20) && parts.total == 0)
    }
}
