// SPDX-License-Identifier: Apache-2.0
//
// Names that would steer a terminal, turn a line around or add one: in no text for people does any of it arrive, and in
// what machines read it stays a name.

import SiltHost
import SiltPprof
import SiltProfile
import SiltSymbols
import TestFixtures
import Testing

@testable import SiltReport

@Suite struct HostileNameTests {
    /// Escape sequences of 7 and 8 bits, a bell, line ends of Unicode, and every sign that changes the direction.
    private static let hostile =
        "evil\u{1b}]0:x\u{7}\u{9b}2J\r\n8 ok < main\u{85}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}"
        + "\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}\u{c}\u{b}end"

    private func profile(_ name: String) -> Profile {
        var profile = PprofFixture.small
        for index in profile.locations.indices {
            for frame in profile.locations[index].frames.indices {
                profile.locations[index].frames[frame].function = name + "\(index)"
                profile.locations[index].frames[frame].file = "/src/" + name
            }
        }
        for index in profile.mappings.indices { profile.mappings[index].path = "/lib/" + name }
        for index in profile.processes.indices { profile.processes[index].name = name }
        profile.notes = [.told(name), .asksToHide(pattern: name), .matchesNothing(option: "focus", pattern: name)]
        return profile
    }

    private func isHarmless(_ text: String, lines: Bool = true) -> Bool {
        !text.unicodeScalars.contains { $0.isHarmful && !(lines && $0 == "\n") }
    }

    /// Texts of the same profile with hostile names and with plain ones, which have as many lines.
    private func texts(_ name: String) throws -> [String] {
        let profile = profile(name)
        let service = RecordedService()
        let first = service.snapshot(at: 0, [(name + "@a.c:1", 0..<1, 1 << 20)])
        let snapshots =
            [first] + (1...4).map { service.snapshot(at: UInt64($0) * 60, [(name + "@a.c:1", 0..<40 * $0, 1 << 20)]) }
        let trend = service.trend(snapshots)
        let diff = Diff(from: snapshots[0], to: snapshots[1], symbols: service)
        let check = CheckReport(Check(maxGrowth: 0).verdict(on: trend), on: trend)
        return [
            TopReport(profile, kind: .inuseSpace).text(), TreeReport(profile, kind: .inuseSpace).text(),
            PeekReport(profile, kind: .inuseSpace, matching: try Pattern("evil")).text(),
            profile.folded(kind: .inuseSpace), profile.flameSVG(kind: .inuseSpace),
            DiffReport(DiffReport.Comparison(profile: diff.profile, relation: diff.relation), kind: .inuseSpace).text(),
            TrendReport(trend).text(), check.text(), check.github(), check.junit(),
            ThreadReport(ThreadProfile([first], symbols: service)).text(),
        ]
    }

    @Test func noTextForPeopleCarriesThem() throws {
        let (hostile, plain) = (try texts(Self.hostile), try texts("evil"))
        for (number, text) in hostile.enumerated() {
            #expect(isHarmless(text), "text \(number): \(text.debugDescription)")
            let lines = (text, plain[number])
            #expect(lines.0.count { $0.isNewline } == lines.1.count { $0.isNewline }, "text \(number): \(text)")
        }
    }

    @Test func machinesReadTheNameAsItIs() throws {
        let profile = profile(Self.hostile)
        let json = profile.json()
        #expect(isHarmless(String(decoding: json, as: UTF8.self)))
        #expect(String(decoding: json, as: UTF8.self).contains("\\u001b]0:x\\u0007\\u009b2J\\u000d\\u000a"))
        #expect(isHarmless(String(decoding: profile.speedscope(), as: UTF8.self)))
        let back = try Profile(pprof: profile.pprof())
        #expect(back.locations == profile.locations)
    }

    @Test func aBaselineReadsBackWhateverNamesAre() throws {
        let names = [
            Self.hostile, "a < b", " < ", "<", "x <", "< x", "", "  ", "# no comment", "8", "\u{fffd}", "a\n9 b",
        ]
        for first in names {
            for second in names {
                let entry = Baseline.accepting([first, second], bytes: 8)
                let text = try Baseline.text("# comment\n", putting: [entry])
                #expect(text.count { $0.isNewline } == 2, "\(text.debugDescription)")
                let read = try Baseline(parsing: text)
                #expect(read.entries == [entry], "\(text.debugDescription)")
                #expect(read.entry(for: [first, second, "main"]) == entry, "\(text.debugDescription)")
                let again = try Baseline.text(text, putting: [Baseline.accepting([first, second], bytes: 9)])
                #expect(try Baseline(parsing: again).entries.map(\.bytes) == [9])
            }
        }
    }

    @Test func textsKeepTheirLines() {
        #expect(printableText("a\tb\nc\u{1b}d") == "a\tb\nc\u{fffd}d")
        #expect(printable("a\tb\n") == "a\u{fffd}b\u{fffd}")
        #expect(printable(pathText([0x61, 0xff, 0x62])) == "a\\xffb")
        #expect(printable("naïve “ü” ☃ 👩‍👧") == "naïve “ü” ☃ 👩‍👧")
    }
}
