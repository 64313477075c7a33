// SPDX-License-Identifier: Apache-2.0
//
// Figures that no program has: counters near 2^63 and 2^64 in every field of a session, and what reports make of them.
// Nothing traps, and no interval is upside down.

import SiltFile
import SiltHost
import SiltPprof
import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltReport

@Suite struct HostileFigureTests {
    static let figures: [UInt64] = [0, 1, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 1, .max]

    /// A session of which all figures are hostile.
    private func session(_ random: inout SplitMix, at second: UInt64) -> Session {
        func figure() -> UInt64 { Self.figures[Int.random(in: Self.figures.indices, using: &random)] }
        let start = RecordedService(pid: 9).snapshot(at: second, [("main;serve", 0..<2, 8), ("main", 2..<3, 8)])
        var session = start
        session.header.interval = max(1, figure())
        session.header.startRealtime = figure()
        session.header.startMonotonic = figure()
        session.header.dump = Header.Dump(
            reason: .signal, sequence: 1, realtime: figure(), monotonic: figure(), rss: figure(), memoryLimit: figure(),
            memoryCurrent: figure(), rssShared: figure(), threads: figure())
        for place in session.live.indices {
            session.live[place].size = figure()
            session.live[place].time = figure()
        }
        session.sites = session.sites.mapValues { site in
            var site = site
            (site.allocObjects, site.allocBytes) = (figure(), figure())
            (site.freeObjects, site.freeBytes) = (figure(), figure())
            return site
        }
        session.losses = Loss.Reason.allCases.map { Loss(reason: $0, count: figure(), bytes: figure()) }
        session.threads = (0..<3).map { number in
            ThreadRecord(
                stack: 1, thread: number, creator: 9, time: figure(), stackSize: figure(),
                handle: figure())
        }
        session.events = session.live.map {
            Event(
                operation: .alloc, time: figure(), address: $0.address, size: figure(), born: figure(), site: $0.site,
                thread: 9)
        }
        session.eventsOverwritten = figure()
        return session
    }

    @Test func noReportTraps() throws {
        var random = SplitMix(seed: 1 << 63)
        for round in 0..<20 {
            let symbols = RecordedService(pid: 9)
            _ = symbols.snapshot(at: 1, [("main;serve", 0..<2, 8), ("main", 2..<3, 8)])
            let sessions = (1...3).map { session(&random, at: $0) }
            let heap = Profile.heap([sessions[0]], symbols: symbols)
            for kind in heap.kinds { report(heap, kind: kind, round: round) }
            report(
                Profile.recent(sessions[0], within: .seconds(1 << 40), symbols: symbols), kind: .allocSpace,
                round: round)
            let diff = Diff(from: sessions[0], to: sessions[1], symbols: symbols)
            report(diff.profile, kind: .inuseSpace, round: round)
            let judge = try #require(diff.profile.confidence(in: .inuseSpace))
            let growth = DiffReport(
                DiffReport.Comparison(
                    profile: diff.profile, relation: diff.relation, seconds: diff.elapsed.map { $0 / .seconds(1) },
                    before: diff.before.total(kind: .inuseSpace), after: diff.after.total(kind: .inuseSpace)),
                kind: .inuseSpace,
                judge: { judge.judge($0, elapsed: diff.elapsed).map(DiffReport.Verdict.init) })
            #expect(!growth.text().isEmpty && !growth.json().isEmpty)
            let trend = Trend(of: sessions.map { [$0] }, symbols: symbols)
            let check = CheckReport(Check(maxGrowth: 0).verdict(on: trend), on: trend)
            _ = Check(maxGrowth: 0).accepting(trend)
            #expect(!check.text().isEmpty && !check.json().isEmpty && !check.junit().isEmpty && !check.github().isEmpty)
            #expect(!TrendReport(trend).text().isEmpty)
            let threads = ThreadProfile(sessions, symbols: symbols)
            #expect(!ThreadReport(threads).text().isEmpty)
            let mapping = MemoryMapping(
                addresses: 0..<(1 << 63), path: "", isShared: false, isWritable: true, resident: .max)
            let resident = ResidentMemory(sessions[0], mappings: [mapping, mapping])
            #expect(!ResidentReport(title: "service", memory: resident).text().isEmpty)
            if let dump = ResidentMemory(dump: sessions[0]) {
                #expect(!ResidentReport(title: "service", memory: dump).text().isEmpty)
            }
        }
    }

    private func report(_ profile: Profile, kind: Profile.Kind, round: Int) {
        let confidence = profile.confidence(in: kind)
        if let interval = confidence?.interval(of: profile.total(kind: kind)) {
            #expect(!(interval.lower > interval.upper), "round \(round): \(interval)")
        }
        let rule = { (estimate: Estimate) in
            let interval = confidence?.interval(of: estimate) ?? Interval(lower: 0, upper: 0)
            return interval.lower...max(interval.lower, interval.upper)
        }
        #expect(!TopReport(profile, kind: kind, interval: rule).text(showsAges: true).isEmpty)
        #expect(!TreeReport(profile, kind: kind, interval: rule).text().isEmpty)
        #expect(!profile.flameSVG(kind: kind).isEmpty && !profile.flameHTML(kind: kind).isEmpty)
        #expect(!profile.json().isEmpty && !profile.speedscope().isEmpty && !profile.pprof().isEmpty)
        _ = profile.folded(kind: kind)
    }

    @Test func figuresOfAnotherToolsFileTrapNowhere() throws {
        var random = SplitMix(seed: 1 << 62)
        let figures: [Double] = [0, 1, -1, 0x1p62, 0x1p63, -0x1p63, 0x1p63 - 1024]
        for round in 0..<20 {
            var profile = PprofFixture.small
            profile.interval = Self.figures[Int.random(in: Self.figures.indices, using: &random)]
            for sample in profile.samples.indices {
                for column in profile.kinds.indices {
                    let figure = figures[Int.random(in: figures.indices, using: &random)]
                    profile.samples[sample].values[column] = Estimate(value: figure, variance: 0, samples: 0)
                }
            }
            let read = try Profile(pprof: profile.pprof())
            for kind in read.kinds { report(read, kind: kind, round: round) }
        }
    }

    @Test func notANumberIsWritten() {
        #expect(formatDuration(seconds: .nan) == "?")
        #expect(formatBytes(.nan) == "nanB")
        #expect(formatDuration(seconds: .infinity).hasSuffix(" d"))
        #expect(Int(saturating: .nan) == 0)
        #expect(Int(saturating: .infinity) == .max)
        #expect(Int(saturating: -0x1p63) == .min)
        #expect(UInt64(saturating: -0.5) == 0)
        #expect(UInt64(saturating: 0x1p64) == .max)
        #expect(UInt64(saturating: 2.9) == 2)
    }
}
