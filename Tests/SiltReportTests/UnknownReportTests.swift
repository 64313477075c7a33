// SPDX-License-Identifier: Apache-2.0
//
// Reports of sessions of which something is missing: the headline says how much, and no format passes what is damaged.

import SiltFile
import SiltProfile
import SiltReport
import Testing

@Suite struct UnknownReportTests {
    private func service(_ change: (inout Session) -> Void) -> Profile {
        let service = RecordedService()
        var session = service.snapshot(at: 60, [("main;insert", 0..<2, 1 << 20), ("main;log", 0..<1, 1 << 20)])
        change(&session)
        return Profile.heap([session], symbols: service)
    }

    private func lines(_ profile: Profile) throws -> [String] {
        let confidence = try #require(profile.confidence(in: .inuseSpace))
        let kind = try #require(profile.kind(named: "inuse_space"))
        let report = TopReport(profile, kind: kind) {
            let interval = confidence.interval(of: $0)
            return interval.lower...interval.upper
        }
        return report.text().split(separator: "\n").map(String.init)
    }

    @Test func droppedSamplesStandInTheHeadline() throws {
        let text = try lines(service { $0.losses = [Loss(reason: .nested, count: 2, bytes: 3 << 19)] })
        #expect(text[5] == "Incomplete: up to 1.50MB more; see the notes")
        #expect(text[6].hasSuffix("of 3MB total (3 samples, +50%)"))
        #expect(text[8].hasSuffix("insert") && text[8].contains(" +75% "))
    }

    @Test func aFunctionOfWhichAllIsMissingHasItsRow() throws {
        let text = try lines(
            service { session in
                session.live.removeAll { session.sites[$0.site]?.allocObjects == 1 }
                session.damage = [Damage(region: .live, bytes: 96)]
            })
        #expect(text[5] == "Incomplete: up to 1MB more; see the notes")
        let row = text.first { $0.hasSuffix(" log") }
        #expect(row?.contains("≤1MB") == true, "\(text)")
    }

    @Test func whereNobodyCanTellThereIsNoUpperLimit() throws {
        let text = try lines(service { $0.damage = [Damage(region: nil, bytes: 4096)] })
        #expect(text[5] == "Incomplete: there is no telling how much is missing; see the notes")
        #expect(text[6].hasSuffix("of 3MB total (3 samples, ≥3MB)"))
        #expect(text.contains { $0.contains("is damaged: the checksums of header (4kB) do not hold.") })
    }

    /// The page knows no limit for what was lost, and must not show the narrow interval of what was not.
    @Test func thePageHasNoIntervalsWhereRecordsWereLost() {
        func page(_ profile: Profile) -> String { String(decoding: profile.flameHTML(title: "t"), as: UTF8.self) }
        let whole = "\"name\":\"inuse_space\",\"unit\":\"bytes\",\"ofNothing\":"
        #expect(page(service { _ in }).contains(whole + "0}"))
        #expect(
            page(service { $0.losses = [Loss(reason: .nested, count: 2, bytes: 3 << 19)] }).contains(whole + "null}"))
    }

    @Test func aDamagedSnapshotPassesInNoFormat() throws {
        let service = RecordedService()
        let holding: [RecordedService.Holding] = [("main;insert", 0..<2, 1 << 20)]
        var after = service.snapshot(at: 120, holding)
        after.damage = [Damage(region: .ring, bytes: 64)]
        let trend = service.trend([service.snapshot(at: 60, holding), after])
        let verdict = Check(maxGrowth: 0x1p30).verdict(on: trend)
        #expect(verdict.outcome == .undecided)
        let report = CheckReport(verdict, on: trend, isStrict: true)
        #expect(!report.passes)
        #expect(report.text().contains("UNDECIDED: a snapshot is damaged: no growth beyond a limit is proven"))
        #expect(report.junit().contains("failures=\"1\""))
        #expect(report.rules.map(\.state) == [.undecided])
        #expect(CheckReport(verdict, on: trend).junit().contains("skipped=\"1\""))
    }

    /// A pool that is allocated by malloc and freed past the shim seems to grow without end.
    @Test func whereFreesWentPastTheShimNoGrowthIsProven() throws {
        let service = RecordedService()
        let base = service.snapshot(at: 60, [("main;insert", 0..<2, 1 << 20)])
        var after = service.snapshot(at: 120, [("main;insert", 0..<40, 1 << 20)])
        let check = Check(maxGrowth: 0x1p20)
        #expect(check.verdict(on: service.trend([base, after])).outcome == .failed)
        after.missedFrees = SampleCount(count: 3, bytes: 3 << 20)
        let trend = service.trend([base, after])
        let verdict = check.verdict(on: trend)
        #expect(verdict.outcome == .undecided)
        let report = CheckReport(verdict, on: trend, isStrict: true)
        #expect(!report.passes)
        #expect(report.text().contains("UNDECIDED: frees went past libsilt.so"))
        #expect(report.rules.allSatisfy { $0.state == .undecided })
    }

    @Test(arguments: [
        (0...Double.infinity, 0.0, "≥0"), (3...Double.infinity, 3, "≥3"), (-Double.infinity...5, 0, "≤5"),
        (-Double.infinity...Double.infinity, 3, "unknown"), (3...6, 3, "+100%"), (1...4, 4, "-75%"),
    ])
    func intervalsThatEndNowhereSaySo(interval: ClosedRange<Double>, value: Double, text: String) {
        #expect(formatInterval(interval, around: value, unit: "count") == text)
    }
}
