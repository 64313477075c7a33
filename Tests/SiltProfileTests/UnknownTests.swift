// SPDX-License-Identifier: Apache-2.0
//
// What was lost widens what it may touch: known losses, known limits. And a check that cannot know says so.

import SiltFile
import SiltProfile
import SiltSymbols
import Testing

@Suite struct UnknownTests {
    private let mebibyte = Double(1 << 20)

    /// Two stacks with leaves at 0x1100 and 0x1200, each with blocks of 1 MiB that are alive, all of which are sampled.
    private func service(
        _ counts: [UInt64], after seconds: UInt64 = 10, interval: UInt64 = 1, version: UInt32 = 4
    ) -> Session {
        var header = header(interval: interval, dumpedAfter: seconds)
        header.version = version
        return session(
            header, stacks: [1: [0x1100], 2: [0x1200]],
            sites: [
                1: site(stack: 1, samples: counts[0], bytes: counts[0] << 20),
                2: site(stack: 2, samples: counts[1], bytes: counts[1] << 20),
            ],
            live: zip(1...2, counts).flatMap { stack, count in
                (0..<count).map { live(UInt64(stack) << 40 | $0 << 21, size: 1 << 20, site: UInt32(stack)) }
            })
    }

    private func heap(_ session: Session) -> Profile { Profile.heap([session], symbols: AddressNames()) }

    /// Of the sum and of the row with the leaf at this address.
    private func limits(_ profile: Profile, _ kind: Profile.Kind, leaf: String? = nil) throws -> Interval {
        let confidence = try #require(profile.confidence(in: kind))
        let column = try #require(profile.kinds.firstIndex(of: kind))
        let sum = profile.samples.filter { sample in
            let name = sample.locations.first.flatMap { profile.locations[$0].frames.first?.function }
            return leaf == nil || name == leaf
        }.reduce(.zero) { $0 + $1.values[column] }
        return confidence.interval(of: sum)
    }

    private func without(_ session: Session, living count: Int) -> Session {
        var result = session
        result.live.removeFirst(count)
        return result
    }

    // MARK: Losses

    @Test func livingSamplesAreForgottenOnlyWhereNothingElseIsToldByThem() {
        let whole = service([3, 4])
        var lossy = whole
        lossy.losses = [Loss(reason: .liveFull, count: 1, bytes: 1)]
        var torn = whole
        torn.torn.sites = 1
        var damaged = whole
        damaged.damage = [Damage(region: .live, bytes: 32)]
        var withoutSites = whole
        withoutSites.sites = [:]
        // Of a dump without checksums nobody knows whether its living samples are all there.
        for one in [lossy, torn, damaged, withoutSites, service([3, 4], version: 3)] {
            var forgetful = one
            forgetful.forgetLiving()
            #expect(forgetful == one)
        }
        var forgetful = whole
        forgetful.forgetLiving()
        #expect(forgetful.live.isEmpty && !whole.live.isEmpty)
        forgetful.live = whole.live
        #expect(forgetful == whole)
    }

    @Test func aCompleteSessionIsExact() throws {
        let profile = heap(service([3, 4]))
        #expect(try limits(profile, .inuseSpace) == Interval(lower: 7 * mebibyte, upper: 7 * mebibyte))
        #expect(profile.unknown.values.allSatisfy { $0 == .none })
    }

    @Test(arguments: [Loss.Reason.nested, .noSession, .stacksFull, .sitesFull])
    func droppedSamplesMayBeAnybodys(reason: Loss.Reason) throws {
        var one = service([3, 4])
        one.losses = [Loss(reason: reason, count: 2, bytes: 5000)]
        let profile = heap(one)
        for kind in [Profile.Kind.inuseSpace, .allocSpace] {
            #expect(try limits(profile, kind) == Interval(lower: 7 * mebibyte, upper: 7 * mebibyte + 5000))
            let row = try limits(profile, kind, leaf: "service+0x1100")
            #expect(row == Interval(lower: 3 * mebibyte, upper: 3 * mebibyte + 5000))
        }
        #expect(try limits(profile, .inuseObjects) == Interval(lower: 7, upper: 9))
        #expect(try limits(profile, .inuseSpace, leaf: "nobody") == Interval(lower: 0, upper: 5000))
    }

    @Test func whatSampledLossesStandForHasItsOwnError() throws {
        var one = service([0, 0], interval: 1 << 20)
        let nothing = try limits(heap(one), .inuseSpace).upper
        one.losses = [Loss(reason: .nested, count: 40, bytes: 40 << 20)]
        // 40 samples of a MiB each stand for 40 / (1 - 1/e) MiB, 63.3; at 95 % for 77.
        let unknown = try limits(heap(one), .inuseSpace).upper - nothing
        #expect(unknown > 70 * mebibyte && unknown < 85 * mebibyte)
    }

    @Test(arguments: [Loss.Reason.depth, .unwind, .bounds, .dump, .threads, .modulesFull, .framesFull])
    func shortenedStacksChangeNoFigure(reason: Loss.Reason) throws {
        var one = service([3, 4])
        one.losses = [Loss(reason: reason, count: 2, bytes: 5000)]
        #expect(try limits(heap(one), .inuseSpace).isExact)
    }

    @Test func whatHadNoRoomAmongTheLivingIsOfItsSite() throws {
        var one = without(service([5, 4]), living: 2)
        one.losses = [Loss(reason: .liveFull, count: 2, bytes: 2 << 20)]
        let profile = heap(one)
        #expect(try limits(profile, .inuseSpace) == Interval(lower: 7 * mebibyte, upper: 9 * mebibyte))
        let row = try limits(profile, .inuseSpace, leaf: "service+0x1100")
        #expect(row == Interval(lower: 3 * mebibyte, upper: 5 * mebibyte))
        #expect(try limits(profile, .inuseSpace, leaf: "service+0x1200").isExact)
        #expect(try limits(profile, .allocSpace) == Interval(lower: 9 * mebibyte, upper: 9 * mebibyte))
        #expect(try limits(profile, .inuseObjects) == Interval(lower: 7, upper: 9))
    }

    @Test func aRaceWithTheShimIsNoLoss() throws {
        // A site is counted before its sample is among the living.
        #expect(try limits(heap(without(service([5, 4]), living: 1)), .inuseSpace).isExact)
    }

    // MARK: Damage

    @Test func livingSamplesThatAreDamagedAreToldByTheirSites() throws {
        var one = without(service([5, 4]), living: 5)
        one.damage = [Damage(region: .live, bytes: 288)]
        let profile = heap(one)
        #expect(try limits(profile, .inuseSpace) == Interval(lower: 4 * mebibyte, upper: 9 * mebibyte))
        // It has no living sample, and still a row.
        #expect(profile.leaves(.inuseSpace)["service+0x1100"] == 0)
        let young = Profile.heap([one], symbols: AddressNames(), olderThan: .seconds(1))
        #expect(young.leaves(.inuseSpace)["service+0x1100"] == 0)
        #expect(try limits(young, .inuseSpace, leaf: "service+0x1100").upper == 5 * mebibyte)
    }

    @Test func aDumpWithoutChecksumsIsComparedWithItsSites() throws {
        #expect(try limits(heap(service([5, 4], version: 3)), .inuseSpace).isExact)
        let zeroed = heap(without(service([5, 4], version: 3), living: 3))
        #expect(try limits(zeroed, .inuseSpace) == Interval(lower: 6 * mebibyte, upper: 9 * mebibyte))
    }

    @Test func whereSitesAndLivingAreDamagedThereIsNoLimit() throws {
        var one = service([5, 4])
        one.damage = [Damage(region: .live, bytes: 288)]
        one.sites[1] = nil
        one.torn.sites = 1
        let profile = heap(one)
        #expect(try limits(profile, .inuseSpace).upper == .infinity)
        #expect(try limits(profile, .allocSpace).upper == .infinity)
        one.damage = []
        // The living are whole, and one of the sites is not: whose they are is unknown, not how many.
        let homeless = heap(one)
        #expect(homeless.total(.inuseSpace).value == 9 * mebibyte)
        #expect(try limits(homeless, .allocSpace).upper == .infinity)
        #expect(try limits(homeless, .inuseSpace, leaf: "service+0x1200").upper == 9 * mebibyte)
        one.damage = [Damage(region: nil, bytes: 4096)]
        #expect(try limits(heap(one), .inuseSpace).upper == .infinity)
    }

    @Test func memoryWhoseStackIsDamagedMayBeAnybodys() throws {
        var one = service([5, 4])
        one.stacks[1] = nil
        one.damage = [Damage(region: .stacks, bytes: 800)]
        let profile = heap(one)
        #expect(profile.total(.inuseSpace).value == 9 * mebibyte)
        let row = try limits(profile, .inuseSpace, leaf: "service+0x1200")
        #expect(row == Interval(lower: 4 * mebibyte, upper: 9 * mebibyte))
    }

    @Test func damageIsToldWithItsRegions() throws {
        var one = service([1, 1])
        one.damage = [Damage(region: nil, bytes: 4096), Damage(region: .live, bytes: 3 << 20)]
        one.torn.live = 126
        #expect(
            heap(one).notes[0]
                == .damagedFile(
                    path: "service.7.silt",
                    parts: [DamagedPart(region: nil, bytes: 4096), DamagedPart(region: "live", bytes: 3 << 20)],
                    recordsLeftOut: 126))
    }

    // MARK: Differences

    private func change(_ base: Session, _ after: Session) throws -> Interval {
        let diff = Diff(from: base, to: after, symbols: AddressNames())
        let confidence = try #require(diff.profile.confidence(in: .inuseSpace))
        return confidence.interval(of: diff.profile.total(.inuseSpace))
    }

    @Test func whatWasDroppedBeforeMayBeGoneAndWhatWasDroppedSinceMayBeThere() throws {
        var (base, after) = (service([3, 4]), service([5, 4], after: 20))
        base.losses = [Loss(reason: .nested, count: 1, bytes: 1000)]
        after.losses = [Loss(reason: .nested, count: 4, bytes: 7000)]
        #expect(try change(base, after) == Interval(lower: 2 * mebibyte - 1000, upper: 2 * mebibyte + 6000))
        var other = after
        other.header.pidStartTicks += 1
        #expect(try change(base, other) == Interval(lower: 2 * mebibyte - 1000, upper: 2 * mebibyte + 7000))
    }

    @Test func whatIsMissingOfTheBaseIsNoGrowth() throws {
        var base = without(service([5, 4]), living: 5)
        base.damage = [Damage(region: .live, bytes: 288)]
        #expect(try change(base, service([5, 4], after: 20)) == Interval(lower: 0, upper: 5 * mebibyte))
        #expect(try change(service([5, 4]), base) == Interval(lower: -5 * mebibyte, upper: 0))
    }

    // MARK: The gate

    private func verdict(_ base: Session, _ after: Session, limit: Double) -> Verdict.Outcome {
        Check(maxGrowth: limit).verdict(on: Trend(of: [[base], [after]], symbols: AddressNames())).outcome
    }

    @Test func aDamagedDumpPassesNoGate() throws {
        let (base, after) = (service([3, 4]), service([3, 4], after: 20))
        #expect(verdict(base, after, limit: mebibyte) == .passed)
        for region in [nil, RegionKind.live, .sites, .stacks, .frames, .modules, .strings, .threads, .ring] {
            var damaged = after
            damaged.damage = [Damage(region: region, bytes: 1)]
            #expect(verdict(base, damaged, limit: mebibyte) == .undecided, "\(String(describing: region))")
            #expect(verdict(damaged, service([3, 4], after: 30), limit: mebibyte) == .undecided)
        }
        var torn = service([3, 4], after: 20, version: 3)
        torn.torn.events = 1
        #expect(verdict(base, torn, limit: mebibyte) == .undecided)
        // With checksums it is known that it was half written, not damaged.
        var racing = after
        racing.torn.events = 1
        #expect(verdict(base, racing, limit: mebibyte) == .passed)
    }

    @Test func unknownMemoryBeyondTheLimitIsUndecided() throws {
        let base = service([3, 4])
        var after = service([3, 4], after: 20)
        after.losses = [Loss(reason: .nested, count: 100, bytes: 3 << 20)]
        #expect(verdict(base, after, limit: 2 * mebibyte) == .undecided)
        #expect(verdict(base, after, limit: 4 * mebibyte) == .passed)
        var full = without(service([9, 4], after: 20), living: 6)
        full.losses = [Loss(reason: .liveFull, count: 6, bytes: 6 << 20)]
        #expect(verdict(base, full, limit: 5 * mebibyte) == .undecided)
        #expect(verdict(base, full, limit: 7 * mebibyte) == .passed)
    }

    @Test func growthIsProvenOnlyBeyondWhatWasUnknownBefore() throws {
        var base = service([3, 4])
        let after = service([13, 4], after: 20)
        #expect(verdict(base, after, limit: 5 * mebibyte) == .failed)
        base.losses = [Loss(reason: .nested, count: 1, bytes: 6 << 20)]
        #expect(verdict(base, after, limit: 5 * mebibyte) == .undecided)
        base.losses[0].bytes = 4 << 20
        #expect(verdict(base, after, limit: 5 * mebibyte) == .failed)
    }

    @Test func whatHasNoLimitIsNotAccepted() throws {
        let base = service([3, 4])
        var after = service([30, 4], after: 20)
        after.damage = [Damage(region: nil, bytes: 4096)]
        let trend = Trend(of: [[base], [after]], symbols: AddressNames())
        #expect(Check().accepting(trend).isEmpty)
    }

    // MARK: Stacks and intervals

    @Test func rowsSayWhatWasLeftOutOfTheirStacks() throws {
        var one = session(
            header(), stacks: [:],
            sites: Dictionary(uniqueKeysWithValues: (1...5).map { ($0, site(stack: $0, samples: 1, bytes: 10)) }))
        for (index, tier) in Stack.Tier.allCases.enumerated() {
            one.stacks[UInt32(index + 1)] = stack(
                [0x1000 * UInt64(index + 1)], end: tier == .whole ? .complete : .depth, tier: tier)
        }
        one.shortened = [.folded: SampleCount(count: 5, bytes: 50), .none: SampleCount(count: 1, bytes: 9)]
        one.missedFrees = SampleCount(count: 2, bytes: 30)
        let profile = heap(one)
        #expect(
            profile.samples.map(\.truncated) == [
                nil, .recursionLeftOut, .innermostFramesOnly, .innermostFrameOnly, .noRoomForStack,
            ])
        #expect(profile.total(.allocSpace).value == 50)
        #expect(
            profile.notes.prefix(3) == [
                .shortened(.folded, count: 5), .shortened(.none, count: 1),
                .missedFrees(MissedFrees(count: 2, mayMatter: true)),
            ])
    }

    @Test func placesWithoutAddressHaveANameThatSaysSo() throws {
        var one = session(header(), stacks: [:], sites: [1: site(stack: 1, samples: 1, bytes: 10)])
        one.stacks = [
            1: Stack(frames: [.generated, .omitted, .page(0x7000), .bare(0x8123)].map(FrameAddress.init))
        ]
        let profile = heap(one)
        #expect(
            profile.locations.map { $0.frames.first?.function } == [
                "[unknown code]", "[frame unknown]", "[code in page 0x7000]", nil,
            ])
        #expect(profile.locations.map(\.address) == [0, 0, 0x7000, 0x8123])
    }

    @Test func eachSampleStandsForWhatItsOwnIntervalSays() throws {
        var one = service([0, 0], interval: 1 << 20)
        one.header.intervals = [1, 1 << 20]
        one.sites[1]?.interval = 1
        one.sites[1]?.allocObjects = 8
        one.sites[1]?.allocBytes = 800
        one.sites[2]?.allocObjects = 2
        one.sites[2]?.allocBytes = 2 << 20
        one.live = [live(0x100, size: 100), live(0x200, size: 1 << 20, site: 2)]
        let profile = heap(one)
        let sampled = SamplingLaw(interval: 1 << 20)
        let law = sampled.bytes(samples: 1, ofSize: mebibyte).value
        #expect(profile.leaves(.inuseSpace) == ["service+0x1100": 100, "service+0x1200": law])
        #expect(profile.leaves(.allocSpace) == ["service+0x1100": 800, "service+0x1200": 2 * law])
        #expect(profile.interval == 1 << 20)
        // At either site more may have gone by while the interval was the largest.
        let bytes = try #require(profile.kinds.firstIndex(of: .inuseSpace))
        #expect(profile.samples.map { $0.values[bytes].added.oneMore } == [1_048_576, 1_048_576])
        one.events = [Event(operation: .alloc, time: 105 * second, address: 1, size: 100, born: 0, site: 1, thread: 1)]
        let recent = Profile.recent(one, within: .seconds(60), symbols: AddressNames())
        #expect(recent.total(.allocSpace).value == 100)
    }

    @Test func averagesOfCoarseSitesAllowForSmallerBlocks() throws {
        var one = service([4, 0], interval: 1 << 20)
        one.live = []
        one.sites[1]?.sizeClass = 8 * 18
        #expect(one.sites[1]?.smallestSize == 1 << 20)
        one.sites[1]?.allocBytes = 6 << 20
        let fine = try limits(heap(one), .allocObjects, leaf: "service+0x1100")
        one.sites[1]?.isCoarse = true
        let coarse = try limits(heap(one), .allocObjects, leaf: "service+0x1100")
        #expect(coarse.lower == fine.lower)
        #expect(coarse.upper > fine.upper)
    }

    @Test(arguments: [UInt64.max, 1 << 63, 1 << 52])
    func countersOfAnySizeNeverTrap(count: UInt64) throws {
        var one = service([3, 4], interval: count)
        for id: UInt32 in 1...2 {
            one.sites[id]?.allocObjects = count
            one.sites[id]?.allocBytes = count
            one.sites[id]?.freeObjects = 1
            one.sites[id]?.freeBytes = count
        }
        one.live[0].size = (1 << 48) - 1
        for reason in Loss.Reason.allCases { one.losses.append(Loss(reason: reason, count: count, bytes: count)) }
        one.missedFrees = SampleCount(count: count, bytes: count)
        one.shortened = [.folded: SampleCount(count: count, bytes: count)]
        let profile = heap(one)
        #expect(!profile.notes.isEmpty)
        for kind in Profile.Kind.heap { #expect(try limits(profile, kind).upper > 0) }
        _ = try change(one, service([3, 4], after: 20))
    }
}
