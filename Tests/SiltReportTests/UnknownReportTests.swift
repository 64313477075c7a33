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
        #expect(text[5] == "Incomplete: how much is missing is not known; see the notes")
        #expect(text[6].hasSuffix("of 3MB total (3 samples, ≥3MB)"))
        #expect(text.contains { $0.contains("is damaged: the checksums of header (4kB) do not hold.") })
    }

    /// The page knows no limit for what was lost, and must not show the narrow interval of what was not.
    @Test func thePageHasNoIntervalsWhereRecordsWereLost() {
        func page(_ profile: Profile) -> String { String(decoding: profile.flameHTML(title: "t"), as: UTF8.self) }
        let whole = "\"name\":\"inuse_space\",\"unit\":\"bytes\",\"ofNothing\":"
        #expect(page(service { _ in }).contains(whole + "0,"))
        #expect(
            page(service { $0.losses = [Loss(reason: .nested, count: 2, bytes: 3 << 19)] }).contains(whole + "null,"))
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

    /// Where they may matter no figure stands without it, and none has a lower limit.
    @Test func missedFreesStandInTheFirstLines() throws {
        let missed = service { $0.missedFrees = SampleCount(count: 3, bytes: 3 << 20) }
        let text = try lines(missed)
        #expect(
            text[5]
                == "Missed: 3 frees or more went past libsilt.so; what shows as in use may have been freed; see the notes"
        )
        #expect(text[6].hasSuffix("of 3MB total (3 samples, ≤3MB)"))
        #expect(text[8].hasSuffix("insert") && text[8].contains(" ≤2MB "))
        let confidence = try #require(missed.confidence(in: .inuseSpace))
        let report = TopReport(missed, kind: .inuseSpace) {
            let interval = confidence.interval(of: $0)
            return interval.lower...interval.upper
        }
        let json = String(decoding: report.json(), as: UTF8.self)
        #expect(json.contains(#""missed_frees":{"count":3,"may_matter":true}"#))
        #expect(json.contains(#""total":{"value":3145728,"lower":null,"upper":3145728,"samples":3}"#))
        #expect(missed.unknown[.allocSpace] == Unknown.none)
    }

    @Test func aFewMissedFreesAreANote() throws {
        let few = service { session in
            session.missedFrees = SampleCount(count: 1, bytes: 1 << 20)
            for id in session.sites.keys { session.sites[id]?.freeObjects = 500 }
        }
        let text = try lines(few)
        #expect(!text.contains { $0.hasPrefix("Missed") })
        let note = text.last { $0.hasPrefix("Note: 1 free did not pass through libsilt.so") }
        #expect(note?.contains("other memory") == true)
        #expect(text.contains { $0.hasSuffix("of 3MB total (3 samples)") })
    }

    /// Neither of two snapshots nor of several is anything said to have grown, and the headline says why.
    @Test func whatMayHaveBeenFreedDidNotGrowForSure() throws {
        let service = RecordedService()
        func snapshot(_ minute: Int, missed: UInt64) -> Session {
            var session = service.snapshot(at: UInt64(minute) * 60, [("main;insert", 0..<2 + 10 * minute, 1 << 20)])
            session.missedFrees = SampleCount(count: missed, bytes: missed << 20)
            return session
        }
        let (base, after) = (snapshot(1, missed: 0), snapshot(2, missed: 2))
        let diff = Diff(from: base, to: after, symbols: service)
        let confidence = try #require(diff.profile.confidence(in: .inuseSpace))
        // It is at most what was seen to come, and as much more as was noticed to have been free before.
        #expect(
            confidence.interval(of: diff.profile.total(kind: .inuseSpace))
                == Interval(lower: -.infinity, upper: 0xcp20))
        let report = DiffReport(
            DiffReport.Comparison(profile: diff.profile, relation: diff.relation, seconds: 60), kind: .inuseSpace,
            interval: {
                let interval = confidence.interval(of: $0)
                return interval.lower...interval.upper
            }, judge: { confidence.judge($0).map(DiffReport.Verdict.init) })
        let text = report.text().split(separator: "\n").map(String.init)
        #expect(text[4].hasPrefix("Missed: 2 frees or more went past libsilt.so"))
        #expect(text[5] == "inuse_space: grew by 10MB ≤12MB in 1m00s, 170.67kB/s (or freed unseen)", "\(text)")
        #expect(text.contains("Not proven: 1 function, 10MB"))
        #expect(report.rows.allSatisfy { $0.group == .noise && $0.hint == nil })
        let json = String(decoding: report.json(), as: UTF8.self)
        #expect(json.contains(#""missed_frees":{"count":2,"may_matter":true}"#))

        let trend = TrendReport(service.trend((1...5).map { snapshot($0, missed: $0 < 3 ? 0 : 1) }))
        #expect(trend.rows.allSatisfy { $0.group == .noise })
        #expect(trend.rate.interval?.lowerBound == -.infinity)
        #expect(trend.text().contains("\nMissed: 1 free or more went past libsilt.so"))
        #expect(trend.text().contains(" (steady growth) (or freed unseen)\n"), "\(trend.text())")
        // An earlier snapshot says it, though later frees make it a small part.
        var last = snapshot(3, missed: 2)
        for id in last.sites.keys { last.sites[id]?.freeObjects = 1000 }
        #expect(TrendReport(service.trend([base, after, last])).text().contains("\nMissed: 2 frees or more"))
    }

    @Test(arguments: [
        (0...Double.infinity, 0.0, "≥0"), (3...Double.infinity, 3, "≥3"), (-Double.infinity...5, 0, "≤5"),
        (-Double.infinity...Double.infinity, 3, "unknown"), (3...6, 3, "+100%"), (1...4, 4, "-75%"),
    ])
    func intervalsThatEndNowhereSaySo(interval: ClosedRange<Double>, value: Double, text: String) {
        #expect(formatInterval(interval, around: value, unit: "count") == text)
    }
}
