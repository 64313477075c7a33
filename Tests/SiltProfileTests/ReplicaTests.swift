// SPDX-License-Identifier: Apache-2.0
//
// Processes against processes: known answers (Welch's test of SciPy 1.17), and what is not said.

import SiltFile
import SiltSymbols
import Testing

@testable import SiltProfile

@Suite struct ReplicaTests {
    /// Processes that hold so many blocks of 1 MiB at stacks of their own.
    private func processes(_ blocks: [[UInt64]], from pid: UInt32 = 1) -> [Profile] {
        blocks.enumerated().map { number, counts in
            let numbered = zip(UInt32(1)..., counts)
            return Profile.heap(
                [
                    session(
                        header(pid: pid + UInt32(number)),
                        stacks: Dictionary(
                            uniqueKeysWithValues: numbered.map { ($0.0, [0x1000 + 0x100 * UInt64($0.0)]) }),
                        sites: Dictionary(
                            uniqueKeysWithValues: numbered.map { ($0.0, site(stack: $0.0, samples: $0.1)) }),
                        live: numbered.flatMap { id, count in
                            (0..<count).map { live(UInt64(id) << 40 | $0 << 21, size: 1 << 20, site: id) }
                        })
                ], symbols: AddressNames())
        }
    }

    @Test func aFunctionThatDoubledIsTold() throws {
        let replicas = Replicas(
            base: processes([[10, 5], [12, 6], [9, 5], [11, 4]]),
            after: processes([[21, 5], [24, 4], [19, 6], [22, 5]]))
        #expect(replicas.outcome == .failed)
        let row = try #require(replicas.rows.first)
        #expect(row.function == "service+0x1100")
        #expect(row.isProven)
        #expect(abs(row.growth.value - 2.052095576) < 1e-6)
        #expect(abs(row.growth.interval.lower - 1.687967712) < 1e-5)
        #expect(abs(row.growth.interval.upper - 2.494772988) < 1e-5)
        #expect(abs(row.growth.evidence / 6.610065213e-05 - 1) < 1e-3)
        #expect(row.growthAtEqualLoad == nil)
        #expect(row.base == 10.5 * Double(1 << 20) && row.after == 21.5 * Double(1 << 20))
        #expect(!replicas.rows[1].isProven)
    }

    /// Sampling alone would be sure of it: every allocation is recorded.
    @Test func whatProcessesDifferByIsNoGrowth() {
        let replicas = Replicas(base: processes([[10], [30], [20], [15]]), after: processes([[25], [12], [35], [22]]))
        #expect(replicas.outcome == .passed)
        #expect(replicas.rows.map(\.isProven) == [false])
    }

    @Test func twoProcessesTellNothing() {
        let replicas = Replicas(base: processes([[10], [10]]), after: processes([[11], [12]]))
        #expect(replicas.isPowerless)
        #expect(replicas.outcome == .undecided)
    }

    @Test func growthThatTheLimitAllowsPassesOrIsOpen() {
        let (base, after) = (processes([[10], [12], [9], [11]]), processes([[21], [24], [19], [22]], from: 9))
        let mebibyte = Double(1 << 20)
        #expect(Replicas(base: base, after: after, check: Check(maxGrowth: 5 * mebibyte)).outcome == .failed)
        #expect(Replicas(base: base, after: after, check: Check(maxGrowth: 13 * mebibyte)).outcome == .undecided)
        #expect(Replicas(base: base, after: after, check: Check(maxGrowth: 20 * mebibyte)).outcome == .passed)
    }

    /// Six functions of processes that are under twice the load: what differs at equal load is the seventh alone.
    @Test func loadIsTakenOutByTheMedianOfAllFunctions() throws {
        let loads: [UInt64] = [10, 20, 15, 12, 18, 14]
        func fleet(_ factor: UInt64, from pid: UInt32) -> [Profile] {
            processes(loads.map { load in (1...6).map { load * $0 } + [load * factor] }, from: pid)
        }
        let replicas = Replicas(base: fleet(2, from: 1), after: fleet(3, from: 9))
        let row = try #require(replicas.rows.first)
        #expect(row.function == "service+0x1700" && row.isProven)
        #expect(abs((row.growthAtEqualLoad?.value ?? 0) - 1.5) < 0.01)
        #expect(replicas.rows.dropFirst().allSatisfy { !$0.isProven })
        // Without it the loads of the processes hide the growth.
        #expect(row.growth.interval.lower < 1.1)
    }

    @Test func ignoredFunctionsDoNotCount() throws {
        let check = Check(ignored: [try Pattern("0x1100")])
        let replicas = Replicas(
            base: processes([[10, 5], [12, 6], [9, 5]]), after: processes([[90, 5], [91, 6], [92, 5]]), check: check)
        #expect(replicas.rows.map(\.function) == ["service+0x1200"])
        #expect(replicas.outcome == .passed)
    }

    @Test func aProcessThatLostSamplesLeavesItUndecided() {
        var base = processes([[10], [11], [12]])
        base[1].unknown[.inuseSpace] = Unknown(above: 5000)
        #expect(Replicas(base: base, after: processes([[10], [11], [12]])).outcome == .undecided)
    }
}
