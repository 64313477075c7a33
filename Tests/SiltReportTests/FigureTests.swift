// SPDX-License-Identifier: Apache-2.0
//
// How single figures are written.

import SiltReport
import TestFixtures
import Testing

struct FigureTests {
    @Test(
        arguments: [
            (0, "0"), (1, "1B"), (1023, "1023B"), (1024, "1kB"), (1536, "1.50kB"), (1_048_575, "1024kB"),
            (412 * 1_048_576, "412MB"), (-1536, "-1.50kB"), (3 * 1_099_511_627_776, "3TB"), (0x1p60, "1024PB"),
        ] as [(Double, String)])
    func bytesAreScaledByPowersOf1024(bytes: Double, text: String) {
        // 1,048,575 bytes are 1023.999 kB: like pprof, the unit is chosen before rounding.
        #expect(formatBytes(bytes) == text)
    }

    @Test func figuresBeyondIntegersDoNotTrap() {
        #expect(formatFigure(1e25, unit: "count") == "1e+25")
        #expect(formatFigure(-.infinity, unit: "count") == "-inf")
        #expect(formatDuration(seconds: 1e300).hasSuffix(" d"))
    }

    @Test(
        arguments: [
            (1, 1, "100%"), (9_996, 10_000, "100%"), (9_994, 10_000, "99.94%"), (-1, 4, "25.00%"), (1, 100, "1.00%"),
            (1, 200, "0.5%"), (1, 1_800, "0.056%"), (1, 1_000_000, "0.0001%"), (1, 1_000_000_000, "0%"), (0, 5, "0%"),
            (5, 0, "0%"), (3, 2, "150.00%"),
        ] as [(Double, Double, String)])
    func sharesHaveAtLeastTwoDigits(part: Double, whole: Double, text: String) {
        #expect(formatShare(part, of: whole) == text)
    }

    @Test(
        arguments: [
            (0, "0s"), (0.34, "340ms"), (1, "1s"), (12.52, "12.5s"), (59.96, "1m00s"), (125, "2m05s"),
            (3599.6, "1h00m"),
            (7_500, "2h05m"), (86_400, "1 d"), (86_399, "1 d"), (273_600, "3 d 4 h"), (-125, "-2m05s"),
        ] as [(Double, String)])
    func durationsShowTheirTwoLargestUnits(seconds: Double, text: String) {
        #expect(formatDuration(seconds: seconds) == text)
    }

    @Test func ratesChooseTheirUnitOfTime() {
        #expect(formatRate(1.5 * mebi, unit: "bytes") == "1.50MB/s")
        #expect(formatRate(-512, unit: "bytes") == "-30kB/min")
        #expect(formatRate(2, unit: "bytes") == "7.03kB/h")
        #expect(formatRate(0.2, unit: "count") == "12/min")
        #expect(formatRate(0, unit: "bytes") == "0/s")
    }

    @Test func intervalsAreShort() {
        #expect(formatInterval(97...103, around: 100, unit: "bytes") == "±3%")
        #expect(formatInterval(90...112, around: 100, unit: "bytes") == "-10+12%")
        #expect(formatInterval(99.6...100.4, around: 100, unit: "bytes") == "±0.4%")
        #expect(formatInterval(-60...(-40), around: -50, unit: "bytes") == "±20%")
        #expect(formatInterval(0...1_572_864, around: 0, unit: "bytes") == "≤1.50MB")
        #expect(formatInterval(-1024...1024, around: 0, unit: "bytes") == "±1kB")
        #expect(formatInterval(nil, around: 1, unit: "bytes") == "")
    }
}
