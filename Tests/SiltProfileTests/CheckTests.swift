// SPDX-License-Identifier: Apache-2.0
//
// Verdicts of the release gate, and the text of its baseline.

import SiltFile
import SiltProfile
import SiltSymbols
import Testing

@Suite struct CheckTests {
    /// A trend of blocks at up to three stacks with leaves at 0x1100, 0x1200, 0x1300, all called by 0x1f00; for each
    /// snapshot the number of blocks of every stack, of which those with the lowest numbers stay.
    private func trend(_ counts: [[UInt64]], size: UInt64 = 1 << 20, interval: UInt64 = 1) -> Trend {
        let points = counts.enumerated().map { index, stacks in
            [
                session(
                    header(interval: interval, dumpedAfter: 60 * UInt64(index + 1)),
                    stacks: [1: [0x1100, 0x1f00], 2: [0x1200, 0x1f00], 3: [0x1300, 0x1f00]],
                    sites: Dictionary(
                        uniqueKeysWithValues: (1...3).map { ($0, site(stack: $0, samples: 99, bytes: 99 * size)) }),
                    live: zip(1...3, stacks).flatMap { stack, count in
                        (0..<count).map { live(UInt64(stack) << 40 | $0 << 21, size: size, site: UInt32(stack)) }
                    })
            ]
        }
        return Trend(of: points, symbols: AddressNames())
    }

    private let mebibyte = Double(1 << 20)

    @Test func growthWithinTheLimitPasses() throws {
        let verdict = Check(maxGrowth: 8 * mebibyte).verdict(on: trend([[1, 5, 0], [4, 8, 0]]))
        #expect(verdict.outcome == .passed)
        #expect(verdict.findings.map(\.rule) == [.growth])
        #expect(verdict.findings[0].growth.value == 6 * mebibyte)
        #expect(verdict.elapsed == .seconds(60))
    }

    @Test func growthBeyondTheLimitFailsAndNamesTheGuilty() throws {
        let verdict = Check(maxGrowth: 8 * mebibyte).verdict(on: trend([[1, 5, 9], [4, 35, 2]]))
        #expect(verdict.outcome == .failed)
        #expect(verdict.findings.map(\.rule) == [.growth, .stack])
        #expect(verdict.findings[0].stacks.map(\.functions.first) == ["service+0x1200", "service+0x1100"])
        #expect(verdict.findings[1].stacks.map(\.functions) == [["service+0x1200", "service+0x1f00"]])
        #expect(verdict.findings[1].stacks[0].isProven)
    }

    @Test func aStackThatGrewIsGuiltyThoughTheTotalDidNot() throws {
        let verdict = Check(maxGrowth: 8 * mebibyte).verdict(on: trend([[30, 0, 0], [0, 25, 0]]))
        #expect(verdict.outcome == .failed)
        #expect(verdict.findings.map(\.isProven) == [false, true])
        #expect(verdict.findings[1].rule == .stack)
    }

    @Test func withoutLimitsAnyGrowthFails() throws {
        #expect(Check().verdict(on: trend([[1, 0, 0], [2, 0, 0]])).outcome == .failed)
        #expect(Check().verdict(on: trend([[2, 0, 0], [2, 0, 0]])).outcome == .passed)
    }

    @Test func whatDataCannotTellIsUndecided() throws {
        // Tiny blocks, a sample each for 1 MiB: 6 came, 4 went; 2 ± 7 MiB against 4.
        let sampled = trend([[0, 6, 0], [4, 2, 0]], size: 64, interval: 1 << 20)
        #expect(Check(maxGrowth: 4 * mebibyte).verdict(on: sampled).outcome == .undecided)
        #expect(Check(maxGrowth: 40 * mebibyte).verdict(on: sampled).outcome == .passed)
        let clear = trend([[0, 0, 0], [40, 0, 0]], size: 64, interval: 1 << 20)
        #expect(Check(maxGrowth: 4 * mebibyte).verdict(on: clear).outcome == .failed)
    }

    @Test func ratesAreOverTheTimeThatPassed() throws {
        let grown = trend([[0, 0, 0], [6, 0, 0]])
        #expect(Check(maxRate: 7 * mebibyte / 60).verdict(on: grown).outcome == .passed)
        #expect(Check(maxRate: 5 * mebibyte / 60).verdict(on: grown).outcome == .failed)
    }

    @Test func aStepIsNotGuiltyOfARate() throws {
        let warmedUp = trend([[0, 0, 0], [50, 0, 0], [50, 0, 0], [50, 0, 0], [50, 0, 0]])
        #expect(Check(maxRate: mebibyte / 60).verdict(on: warmedUp).outcome == .passed)
        let leaking = trend([[0, 0, 0], [10, 0, 0], [20, 0, 0], [30, 0, 0], [40, 0, 0]])
        let verdict = Check(maxRate: mebibyte / 60).verdict(on: leaking)
        #expect(verdict.outcome == .failed)
        #expect(verdict.findings[0].rule == .rate)
        #expect(verdict.findings[0].stacks[0].shape == .steady)
    }

    @Test func eachStackIsGovernedByOneRule() throws {
        let check = Check(
            maxGrowth: 0, sites: [.init(pattern: try Pattern("0x1200$"), bytes: 20 * mebibyte)],
            ignored: [try Pattern("0x11")],
            baseline: Baseline(entries: [.init(bytes: 5 << 20, functions: ["service+0x1300"])]))
        let fine = check.verdict(on: trend([[0, 0, 0], [99, 20, 5]]))
        #expect(fine.outcome == .passed)
        #expect(fine.findings.map(\.rule) == [.growth, .site("0x1200$"), .accepted])
        let site = check.verdict(on: trend([[0, 0, 0], [99, 21, 5]]))
        #expect(site.findings.map(\.isProven) == [false, true, false])
        let accepted = check.verdict(on: trend([[0, 0, 0], [99, 20, 6]]))
        #expect(accepted.findings.map(\.isProven) == [false, false, true])
    }
}

@Suite struct BaselineTests {
    @Test func textReadsBackAsItWas() throws(Baseline.ParseError) {
        let baseline = Baseline(entries: [
            .init(bytes: 5, functions: ["b"]), .init(bytes: 900, functions: ["Cache.insert(_:)", "main"]),
            .init(bytes: 5, functions: ["a<int>", "std::less<int>::operator()(int, int)"]),
        ])
        #expect(
            baseline.text == """
                900 Cache.insert(_:) < main
                5 a<int> < std::less<int>::operator()(int, int)
                5 b

                """)
        #expect(try Baseline(parsing: baseline.text).text == baseline.text)
    }

    @Test func commentsAndSpaceAreSkipped() throws(Baseline.ParseError) {
        let baseline = try Baseline(parsing: "# why\n\n   \n  12   f < g  \r\n3 h\r\n")
        #expect(baseline.entries == [.init(bytes: 12, functions: ["f", "g"]), .init(bytes: 3, functions: ["h"])])
    }

    @Test func badLinesAreNamed() {
        #expect(throws: Baseline.ParseError(line: 2, reason: .notBytes("x"))) {
            try Baseline(parsing: "1 a\nx b")
        }
        #expect(throws: Baseline.ParseError(line: 1, reason: .noFunction)) {
            try Baseline(parsing: "12")
        }
    }

    @Test func aStackThatBeginsWithAnEntryIsMeant() {
        let baseline = Baseline(entries: [.init(bytes: 1, functions: ["f", "g"])])
        #expect(baseline.entry(for: ["f", "g", "main"]) != nil)
        #expect(baseline.entry(for: ["f", "h"]) == nil)
        #expect(baseline.entry(for: ["f"]) == nil)
    }
}
