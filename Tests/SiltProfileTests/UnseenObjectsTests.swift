// SPDX-License-Identifier: Apache-2.0
//
// Counts of objects whose sizes differ, and Student's distribution, against values computed independently (SciPy 1.17).

import Testing

@testable import SiltProfile

@Suite struct StudentDistributionTests {
    @Test(arguments: [
        (1, 1, 0.25), (2.5, 3, 0.036288047774515914), (7.3, 4.2, 0.0018375285008244563), (30, 0.5, 0.3103615024425636),
        (14, 9, 1.694188292535589e-07), (5000, 2.5, 0.00622555809986057),
    ])
    func tailsAreThoseOfTheTables(freedom: Double, t: Double, expected: Double) {
        let student = StudentDistribution(freedom: freedom)
        let tolerance = freedom > 1000 ? 1e-5 : 1e-9
        #expect(abs(student.probability(above: t) / expected - 1) < tolerance)
        #expect(abs(student.probability(above: -t) - (1 - expected)) < 1e-6)
    }

    @Test(arguments: [
        (3, 0.01, 4.5407028585681335), (21, 0.01, 2.5176480160447423), (14, 0.025, 2.144786687917804),
        (1.5, 0.025, 6.016663104427933),
    ])
    func quantilesAreThoseOfTheTables(freedom: Double, probability: Double, expected: Double) {
        let found = StudentDistribution(freedom: freedom).quantile(above: probability)
        #expect(abs(found / expected - 1) < 1e-5)
    }
}

@Suite struct UnseenObjectsTests {
    private static let law = SamplingLaw(interval: 524_288)
    private let objects = Confidence(law: law, unit: .objects)

    private func sizes(_ blocks: [(UInt64, Double)]) -> BlockSizes {
        blocks.reduce(.unknown) { $0 + BlockSizes(samples: $1.0, ofSize: $1.1, by: Self.law) }
    }

    private func count(_ alive: [(UInt64, Double)], freed: [(UInt64, Double)] = []) -> Estimate {
        var estimate = alive.reduce(.zero) { $0 + Self.law.objects(samples: $1.0, ofSize: $1.1) }
        estimate.sizes = sizes(alive + freed)
        return estimate
    }

    private static let few: [(UInt64, Double)] = [(8, 64), (6, 1024), (4, 20_000)]

    @Test(
        arguments: [
            (few, [], 671_967.740), (few, [(60, 300)], 109_000.291), ([(40, 16), (200, 4096)], [], 667_292.447),
            ([], few, 115_301.336),
        ] as [([(UInt64, Double)], [(UInt64, Double)], Double)])
    func limitsAreThoseOfTheFormulas(alive: [(UInt64, Double)], freed: [(UInt64, Double)], expected: Double) {
        let unseen = UnseenObjects(sizes: sizes(alive + freed))
        let limit = unseen.upperLimit(samples: Double(alive.reduce(0) { $0 + $1.0 }), tail: 0.025)
        #expect(abs(limit / expected - 1) < 1e-4)
    }

    /// Limits that are given only where they are near are too near: it is those of samples that look alike by chance.
    @Test func aLimitFarAboveTheFigureIsGivenAll() {
        let estimate = count(Self.few)
        let interval = objects.interval(of: estimate)
        // 9.8 times the figure.
        #expect(abs(interval.upper / 671_967.740 - 1) < 1e-4)
        var known = estimate
        known.sizes = .unknown
        #expect(interval.lower == objects.interval(of: known).lower)
        // What was freed says that small blocks are fewer.
        let sure = objects.interval(of: count(Self.few, freed: [(60, 300)]))
        #expect(sure.upper > objects.interval(of: known).upper - 1 && sure.upper.isFinite)
    }

    @Test func fewSamplesMakeALowerBoundToo() {
        #expect(objects.interval(of: count([(1, 64)])).upper == .infinity)
        #expect(objects.interval(of: count([(6, 64), (5, 80)])).upper == .infinity)
        // Nearly all of them are sampled, so that they weigh the same; smaller ones may be there all the same.
        #expect(objects.interval(of: count([(2, 0x3p20), (3, 0x4p20)])).upper == .infinity)
        #expect(objects.interval(of: count([(5, 0x40p20)])) == Interval(lower: 5, upper: 5))
        // As near to each other as three of a size class may be by chance.
        #expect(objects.interval(of: count([(2, 64), (1, 66)])).upper == .infinity)
    }

    /// Four samples of one size, of which there are as many as of another that was not sampled: the lower limit allows for it.
    @Test func theSizeOfAFewIsReadOffThemselves() {
        let estimate = count([(4, 64)])
        var known = estimate
        known.sizes = .unknown
        let (read, given) = (objects.interval(of: estimate), objects.interval(of: known))
        #expect(read.upper == given.upper)
        #expect(read.lower == Confidence(law: Self.law, unit: .objects).interval(of: known, level: 0.98).lower)
        #expect(read.lower < 0.8 * given.lower)
    }

    /// 851 blocks of 16 B and as many of 64 KiB: one of the small ones is sampled in 2.6 % of cases, and stands for 32,768.
    @Test func aRareSmallBlockThatWasSampledLeavesTheTruthPossible() {
        let interval = objects.interval(of: count([(1, 16), (100, 65_536)]))
        #expect(interval.lower < 1702, "\(interval)")
        #expect(interval.lower > 102 && interval.upper > 32_768)
    }

    @Test func oneSizeKeepsItsIntervalAndSaysWhatItIsAbout() {
        let estimate = count([(10, 64), (10, 66)])
        var known = estimate
        known.sizes = .unknown
        #expect(objects.interval(of: estimate) == objects.interval(of: known))
        #expect(abs((estimate.sizes.beyondOneSize ?? 0) / (3.69 * 524_288 / 16) - 1) < 1e-4)
        #expect(count([(2, 64), (2, 80)]).sizes.beyondOneSize == nil)
        #expect(count([(2, 64)]).sizes.beyondOneSize == nil)
        #expect(known.sizes.beyondOneSize == nil)
    }

    /// Buffers that grow by doubling: there are as many of each size, and nearly all samples are of the large ones.
    @Test func smallBlocksOfWhatGrowsByDoublingAreInTheLimit() {
        // 205 of each of ten sizes from 64 B to 32 KiB: 24 samples, as they come on average, none below 2 KiB.
        let estimate = count([(12, 32_768), (6, 16_384), (3, 8192), (2, 4096), (1, 2048)])
        let interval = objects.interval(of: estimate)
        #expect(interval.lower < 1000 && interval.upper > 2050, "\(interval)")
        #expect(interval.upper < 6 * estimate.value)
    }

    @Test func exactCountsHaveNoSizesToMiss() {
        let law = SamplingLaw(interval: 1)
        var estimate = law.objects(samples: 1, ofSize: 64) + law.objects(samples: 3, ofSize: 9000)
        estimate.sizes = BlockSizes(samples: 1, ofSize: 64, by: law) + BlockSizes(samples: 3, ofSize: 9000, by: law)
        #expect(Confidence(law: law, unit: .objects).interval(of: estimate) == Interval(lower: 4, upper: 4))
        #expect(estimate.sizes.beyondOneSize == nil)
    }

    /// What came is at least so much, and what went is: the other end stays.
    @Test func differencesAreOpenToTheSideTheyPointTo() {
        let came = Estimate.noDifference + count([(5, 64), (4, 4096)])
        let grown = objects.interval(of: came)
        #expect(grown.upper == .infinity && grown.lower.isFinite)
        let shrunk = objects.interval(of: -came)
        #expect(shrunk.lower == -.infinity && shrunk.upper == -grown.lower)
        // Of many samples both ends are told, and lie about the figure.
        let many = count([(300, 64), (200, 4096)])
        let change = objects.interval(of: Estimate.noDifference + many - count([(30, 64), (20, 4096)]))
        #expect(change.lower > 0 && change.upper.isFinite)
        #expect(objects.evidence(Estimate.noDifference + many) < 1e-6)
        #expect(objects.evidence(Estimate.noDifference + count([(1, 64)]) - count([(1, 64)])) > 0.4)
    }

    @Test func bytesKnowNothingOfIt() {
        let bytes = Confidence(law: Self.law, unit: .bytes)
        #expect(bytes.interval(of: Self.law.bytes(samples: 3, ofSize: 64)).upper.isFinite)
    }

    @Test func sessionsTellTheSizesOfAllTheyEverSampled() throws {
        let one = session(
            header(interval: 524_288), stacks: [1: [0x1100]],
            sites: [
                1: site(stack: 1, samples: 40, bytes: 40 * 64),
                2: site(stack: 1, class: 9, samples: 9, bytes: 9 * 4096),
            ], live: (0..<20).map { live(0x100 + $0 << 8, size: 64) })
        let profile = Profile.heap([one], symbols: AddressNames())
        #expect(profile.total(.inuseObjects).sizes == sizes([(40, 64), (9, 4096)]))
        #expect(profile.total(.allocObjects).sizes == profile.total(.inuseObjects).sizes)
        #expect(profile.total(.inuseSpace).sizes == .unknown)
        // A process is counted once, though both of its snapshots show it.
        let diff = Diff(from: one, to: one, symbols: AddressNames())
        #expect(diff.after.total(.inuseObjects).sizes == profile.total(.inuseObjects).sizes)
    }
}
