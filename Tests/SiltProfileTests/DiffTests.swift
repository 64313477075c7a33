// SPDX-License-Identifier: Apache-2.0
//
// Diffs with known answers, within a process and between processes.

import SiltFile
import SiltProfile
import SiltSymbols
import Testing

@Suite struct DiffTests {
    private let law = SamplingLaw(interval: 1000)

    private func snapshot(
        pid: UInt32 = 7, after seconds: UInt64, bias: UInt64 = 0x40000, samples: UInt64, live: [LiveSample]
    ) -> Session {
        session(
            header(pid: pid, interval: 1000, dumpedAfter: seconds), bias: bias,
            stacks: [1: [0x1100], 2: [0x1200]],
            sites: [
                1: site(stack: 1, samples: samples, bytes: samples * 100), 2: site(stack: 2, samples: 1, bytes: 50),
            ],
            live: live)
    }

    @Test func whatStayedCancelsWithinAProcess() {
        let kept = live(0x100, size: 100)
        let base = snapshot(after: 10, samples: 2, live: [kept, live(0x200, size: 100)])
        let after = snapshot(
            after: 30, samples: 5, live: [kept, live(0x200, size: 100, at: 115), live(0x300, size: 100, at: 116)])
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        #expect(diff.relation == .sameProcess)
        #expect(diff.elapsed == .seconds(20))
        #expect(diff.profile.samples.count == 1)
        let one = law.bytes(samples: 1, ofSize: 100)
        let growth = diff.profile.total(.inuseSpace)
        // Two came (one at an address that had been used before), one went.
        #expect(growth.samples == 3)
        #expect(abs(growth.value - one.value) < 1e-9)
        #expect(abs(growth.variance - 3 * one.variance) < 1e-6)
        #expect(diff.profile.total(.allocSpace) == law.bytes(samples: 3, ofSize: 100))
    }

    @Test func eitherMomentIsWhatItIsByItself() {
        let base = [
            snapshot(after: 10, samples: 2, live: [live(0x100, size: 100), live(0x200, size: 100)]),
            snapshot(pid: 8, after: 10, samples: 1, live: [live(0x100, size: 300)]),
        ]
        let after = [
            snapshot(after: 30, samples: 5, live: [live(0x100, size: 100), live(0x300, size: 50, site: 2)]),
            snapshot(pid: 9, after: 30, samples: 7, live: [live(0x100, size: 20)]),
        ]
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        #expect(diff.relation == .mixed)
        for (moment, sessions) in [(diff.before, base), (diff.after, after)] {
            let alone = Profile.heap(sessions, symbols: AddressNames())
            for kind in Profile.Kind.heap {
                let (total, expected) = (moment.total(kind: kind), alone.total(kind: kind))
                #expect(total.samples == expected.samples && total.isDifference == false, "\(kind.name)")
                #expect(abs(total.value - expected.value) < 1e-6, "\(kind.name)")
                #expect(abs(total.variance - expected.variance) < 1e-6, "\(kind.name)")
                #expect(Set(moment.leaves(kind).keys) == Set(alone.leaves(kind).keys), "\(kind.name)")
            }
        }
        for kind in Profile.Kind.heap {
            let change = diff.after.total(kind: kind).value - diff.before.total(kind: kind).value
            #expect(abs(diff.profile.total(kind: kind).value - change) < 1e-6, "\(kind.name)")
        }
    }

    @Test func eachObjectIsNamedOnce() {
        let symbols = AddressNames()
        _ = Diff(
            from: snapshot(after: 10, samples: 2, live: []), to: snapshot(after: 20, samples: 3, live: []),
            symbols: symbols)
        #expect(symbols.questions == 1)
    }

    /// Its last event may have been long before its end: growth by the time until then would be too fast.
    @Test func toTheEndOfAProcessThatWasKilledThereIsNoRate() {
        let base = snapshot(after: 10, samples: 2, live: [live(0x100, size: 100)])
        var killed = snapshot(after: 20, samples: 5, live: [live(0x100, size: 100), live(0x200, size: 100, at: 111)])
        killed.header.kind = .live
        killed.header.dump = nil
        let diff = Diff(from: base, to: killed, symbols: AddressNames())
        #expect(diff.relation == .sameProcess && diff.elapsed == nil)
        killed.observed = base.moment + 20_000_000_000
        #expect(Diff(from: base, to: killed, symbols: AddressNames()).elapsed == .seconds(20))
    }

    @Test func nothingChangedIsAnEmptyDiff() {
        let base = snapshot(after: 10, samples: 2, live: [live(0x100, size: 100)])
        let after = snapshot(after: 20, samples: 2, live: [live(0x100, size: 100)])
        #expect(Diff(from: base, to: after, symbols: AddressNames()).profile.samples.isEmpty)
    }

    @Test func variancesAddBetweenProcesses() {
        let base = snapshot(pid: 7, after: 10, samples: 2, live: [live(0x100, size: 100)])
        let after = snapshot(
            pid: 8, after: 30, bias: 0x90000, samples: 5, live: [live(0x100, size: 100), live(0x200, size: 100)])
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        #expect(diff.relation == .independent)
        // So nothing has a rate.
        #expect(diff.elapsed == nil)
        let one = law.bytes(samples: 1, ofSize: 100)
        let growth = diff.profile.total(.inuseSpace)
        #expect(abs(growth.value - one.value) < 1e-9)
        #expect(abs(growth.variance - 3 * one.variance) < 1e-6)
        #expect(diff.profile.total(.allocObjects).samples == 2 + 5 + 2)
        #expect(diff.profile.locations.count == 2)
    }

    @Test func aGroupMatchesTheProcessesItCan() {
        let base = [
            snapshot(pid: 7, after: 10, samples: 1, live: [live(0x100, size: 100)]),
            snapshot(pid: 8, after: 10, samples: 1, live: [live(0x100, size: 100)]),
        ]
        let after = [
            snapshot(pid: 7, after: 20, samples: 1, live: [live(0x100, size: 100)]),
            snapshot(pid: 9, after: 20, samples: 1, live: [live(0x100, size: 100), live(0x200, size: 100)]),
        ]
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        #expect(diff.relation == .mixed)
        #expect(diff.profile.total(.inuseSpace).added.samples == 2)
        #expect(diff.profile.total(.inuseSpace).removed?.samples == 1)
    }

    @Test func wrongOrderIsTold() {
        let base = snapshot(after: 20, samples: 5, live: [])
        let after = snapshot(after: 10, samples: 2, live: [])
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        #expect(diff.elapsed == nil)
        #expect(diff.profile.total(.allocObjects).value < 0)
        #expect(diff.profile.notes.contains(.wrongOrder(path: "service.7.silt")))
    }

    @Test func profilesOfOthersSubtractByPlace() {
        func profile(_ values: [Double], at base: UInt64) -> Profile {
            Profile(
                kinds: [.inuseSpace],
                mappings: [.init(addresses: base..<base + 0x1000, fileOffset: 0, path: "/bin/x", buildID: "aa")],
                locations: [
                    .init(address: base + 1, mapping: 0, frames: [Frame(function: "f")]),
                    .init(address: base + 2, mapping: 0, frames: [Frame(function: "g")]),
                ],
                samples: values.enumerated().map {
                    Profile.Sample(locations: [$0], values: [Estimate(value: $1, variance: 1, samples: 1)])
                }, time: base * second)
        }
        let diff = Diff(from: profile([5, 3], at: 0x1000), to: profile([9, 2], at: 0x1010))
        #expect(diff.profile.leaves(.inuseSpace) == ["f": 4, "g": -1])
        #expect(diff.elapsed == .seconds(16))
        #expect(diff.relation == .independent)
    }

    @Test func mergedProfilesAddUpByPlace() {
        let profiles = [UInt32(7), 8].map { pid in
            Profile.heap(
                [snapshot(pid: pid, after: 10, bias: UInt64(pid) << 20, samples: 1, live: [live(1, size: 100)])],
                symbols: AddressNames())
        }
        let merged = Profile.merged(profiles)
        #expect(merged.samples.count == profiles[0].samples.count)
        #expect(merged.total(.inuseObjects).samples == 2)
        #expect(merged.processes.map(\.pid) == [nil])
    }
}
