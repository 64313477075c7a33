// SPDX-License-Identifier: Apache-2.0
//
// A process that is killed at any moment leaves a session that reads, and that holds what the process had done.

import Glibc
import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct KillTests {
    /// What the victim allocates between two lines.
    private static let batch: ClosedRange<Int64> = 0...64

    @Test func twoHundredKillsLeaveTwoHundredSessionsThatTell() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(seed: seed)
        let symbolizer = Symbolizer()
        for round in 0..<200 {
            let lines = Int.random(in: 0..<40, using: &random)
            let moment = UInt64.random(in: 0..<2_000_000, using: &random)
            try killOnce(after: lines, nanoseconds: moment, symbolizer: symbolizer, "round \(round) of seed \(seed)")
        }
    }

    private func killOnce(after lines: Int, nanoseconds: UInt64, symbolizer: Symbolizer, _ round: Comment) throws {
        let bench = try Workbench()
        let victim = try Program(
            [Victims.program("Victim")],
            environment: Victims.environment(directory: bench.directory, [("SILT_CAPACITY", "32M")]))
        let early = (0..<lines).compactMap { _ in victim.nextLine() }
        // The program goes on allocating; a sleep would be far longer than the time between two of its lines.
        let due = ContinuousClock.now + .nanoseconds(nanoseconds)
        while ContinuousClock.now < due {}
        victim.signal(SIGKILL)
        let outcome = try victim.finish()
        #expect(outcome.status == 128 + SIGKILL, round)

        let files = try Victims.files(in: bench.directory, suffix: ".silt")
        guard let printed = outcome.output.split(separator: "\n").last.map(String.init) ?? early.last else {
            // Killed before its first line: there may be no session yet, or one that is not begun.
            if lines == 0 { return expectUnbegun(files, round) }
            Issue.record("it printed nothing")
            return
        }
        try #require(files == [bench.path("Victim.\(victim.pid).live.silt")], round)
        let session = try Session(contentsOf: files[0])
        #expect(session.losses.isEmpty, "\(session.losses), \(round)")
        // One element that was just being written, at most, in each region.
        #expect(session.torn.total <= 2, "\(session.torn), \(round)")
        let recorded = Victims.recorded(in: session, for: ["victim_keeps", "victim_drops"], by: symbolizer)
        let truth = printed.split(separator: " ").compactMap { Int64($0) }
        let keeps = recorded["victim_keeps"] ?? Tally(), drops = recorded["victim_drops"] ?? Tally()
        // Half of all allocations are kept, and the truth is between the last line and one batch more.
        #expect(Self.batch.contains(Int64(keeps.allocObjects) - truth[2] / 2), round)
        #expect(Self.batch.contains(Int64(drops.allocObjects) - truth[2] / 2), round)
        #expect(Self.batch.contains(Int64(keeps.liveObjects) - truth[0]), round)
        #expect((0...1).contains(drops.liveObjects), round)
        let largest = Int64(64 + 1930)
        #expect((0...64 * largest).contains(Int64(keeps.liveBytes) - truth[1]), round)
        #expect((0...64 * (largest + 256)).contains(Int64(keeps.allocBytes + drops.allocBytes) - truth[3]), round)
    }

    private func expectUnbegun(_ files: [String], _ round: Comment) {
        for file in files {
            do {
                _ = try Session(contentsOf: file)
            } catch {
                switch error {
                case .empty, .notSilt(_, found: [0, 0, 0, 0, 0, 0, 0, 0]): continue
                default: Issue.record("\(error), \(round)")
                }
            }
        }
    }
}
