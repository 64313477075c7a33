// SPDX-License-Identifier: Apache-2.0
//
// Heap profiles in text form: each writer's is unsampled by its own law, named by what it holds, and knows how sure it is.

import SiltHost
import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct LegacyHeapTests {
    private func interval(_ estimate: Estimate?, of kind: Profile.Kind, in profile: Profile) throws -> Interval {
        try #require(profile.confidence(in: kind)).interval(of: try #require(estimate))
    }

    @Test func jemallocIsUnsampledByTheAverageOfEachStack() throws {
        let profile = try LegacyFixture.profile(LegacyFixture.jemalloc)
        #expect(profile.kinds == [.inuseObjects, .inuseSpace])
        #expect(profile.interval == 4096)
        #expect(profile.processes.map(\.name) == ["service"])
        let bytes = profile.stacks(.inuseSpace)
        // As jeprof prints them.
        #expect((bytes["small < work < main"]?.value ?? 0).rounded() == 4_617_556)
        #expect((bytes["large < work < main"]?.value ?? 0).rounded() == 8_192_400)
        #expect((profile.stacks(.inuseObjects)["small < work < main"]?.value ?? 0).rounded() == 20_571)
        #expect(try interval(bytes["small < work < main"], of: .inuseSpace, in: profile).contains(20_000 * 224))
        #expect(try interval(bytes["large < work < main"], of: .inuseSpace, in: profile).contains(200 * 40_960))
        #expect(profile.notes == [.namesWithoutBuildIDs])
    }

    @Test func jemallocBefore53SaysThatObjectsAreTooFew() throws {
        let profile = try LegacyFixture.profile(
            """
            heap_v2/4096
              t*: 3: 40128 [0: 0]
            @ 0x1001 0x2001
              t*: 3: 40128 [0: 0]

            """)
        #expect(profile.notes == [.objectsFromAverages])
        // Two blocks of 64 bytes and one of 40,000 stand for 2 · 4128 + 40,002 bytes.
        let bytes = try #require(profile.samples.first?.values[1])
        #expect(bytes.value < 42_000)
        #expect(try interval(bytes, of: .inuseSpace, in: profile).contains(48_258))
    }

    @Test func gperftoolsIsExact() throws {
        let profile = try LegacyFixture.profile(LegacyFixture.gperftools)
        #expect(profile.kinds == Profile.Kind.heap)
        #expect(profile.interval == 1)
        let bytes = profile.stacks(.inuseSpace)
        #expect(bytes["large < work < main"]?.value == 8_000_000)
        #expect(bytes["small < work < main"]?.value == 4_000_000)
        #expect(profile.stacks(.allocObjects)["small < work < main"]?.value == 40_000)
        #expect(try interval(bytes["large < work < main"], of: .inuseSpace, in: profile).isExact)
    }

    @Test func gperftoolsSamplesOfOneSizeAreOneRow() throws {
        let profile = try LegacyFixture.profile(LegacyFixture.gperftoolsSample)
        #expect(profile.samples.map(\.blockSize) == [400_000, 200])
        let law = SamplingLaw(interval: 65_536)
        let objects = [400_000.0, 200].map { size in
            var objects = law.objects(samples: 2, ofSize: size)
            objects.sizes = BlockSizes(samples: 2, ofSize: size, by: law)
            return objects
        }
        #expect(profile.samples.map { $0.values[0] } == objects)
        #expect(
            profile.samples.map { $0.values[1] } == [
                law.bytes(samples: 2, ofSize: 400_000), law.bytes(samples: 2, ofSize: 200),
            ])
    }

    @Test func goHalvesTheRateAndNamesItsStacks() throws {
        let profile = try LegacyFixture.profile(LegacyFixture.go)
        #expect(profile.interval == 65_536)
        #expect(profile.kinds == Profile.Kind.heap)
        let law = SamplingLaw(interval: 65_536)
        let bytes = profile.stacks(.inuseSpace)
        #expect(bytes["main.small < main.work < main.main < runtime.main"] == law.bytes(samples: 33, ofSize: 512))
        let inlined = bytes["main.inlined < main.work < main.main < runtime.main"]
        #expect(inlined == law.bytes(samples: 76, ofSize: 32_768))
        let leaf = try #require(profile.locations.first { $0.address == 0x4b3d7c }?.frames.first)
        #expect(leaf == Frame(function: "main.inlined", file: "/src/g.go", line: 14))
        #expect(profile.notes == [])
    }

    @Test func whatNoStackHoldsIsASampleWithoutStack() throws {
        // gperftools writes as many stacks as fit into a megabyte.
        let text = LegacyFixture.gperftools.replacing("20200: 12000000", with: "20300: 12500000")
        let profile = try LegacyFixture.profile(text)
        let rest = try #require(profile.samples.last)
        #expect(rest.truncated == .notRecorded)
        #expect(rest.locations == [])
        #expect(rest.values.map(\.value) == [0, 0, 100, 500_000])
        #expect(profile.total(kind: .inuseSpace).value == 12_500_000)
    }

    @Test func anUnknownRateGivesNoIntervals() throws {
        let profile = try LegacyFixture.profile(LegacyFixture.go.replacing("heap/131072", with: "heap/"))
        #expect(profile.interval == 0)
        #expect(profile.notes == [.noIntervals])
        #expect(profile.confidence(in: .inuseSpace) == nil)
        #expect(profile.total(kind: .inuseSpace).value == 2_507_264)
    }

    @Test func gzippedAndWithOtherLineEndsItIsTheSame() throws {
        for text in LegacyFixture.all {
            let bytes = Array(text.utf8)
            let profile = try LegacyFixture.profile(text)
            #expect(looksLikeLegacyHeap(bytes))
            #expect(looksLikeLegacyHeap(Gzip.pack(bytes)))
            #expect(!looksLikePprof(bytes))
            let packed = try Profile(legacyHeap: Gzip.pack(bytes), symbols: FixtureNames())
            let other = try LegacyFixture.profile(text.replacing("\n", with: "\r\n"))
            #expect(packed.samples.map(\.values) == profile.samples.map(\.values))
            #expect(other.samples.map(\.values) == profile.samples.map(\.values))
            #expect(other.locations == profile.locations)
        }
    }

    @Test func aPathThatIsNoUnicodeKeepsItsBytes() throws {
        let path: [UInt8] = Array("/opt/demo/".utf8) + [0xff, 0xfe]
        var bytes = Array(LegacyFixture.gperftoolsSample.utf8)
        let name = Array("/opt/demo/service".utf8)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
        bytes.replaceSubrange(start..<start + name.count, with: path)
        let profile = try Profile(legacyHeap: bytes, symbols: FixtureNames())
        #expect(profile.mappings.map { pathBytes($0.path) } == [path])
    }

    /// Blocks of many sizes at one stack, sampled and written as jemalloc does, before 5.3 and since.
    @Test(arguments: [false, true])
    func intervalsOfMixedSizesHoldTheTruth(isWeighed: Bool) throws {
        var random = SplitMix(seed: 20_261_126)
        let interval = 4096.0
        let law = SamplingLaw(interval: 4096)
        var misses = 0
        let runs = 400
        for _ in 0..<runs {
            // From 16 bytes to 16 intervals, evenly in the logarithm.
            let sizes = (0..<2000).map { _ in (16 * Double.random(in: 0...12, using: &random).exponentOfTwo).rounded() }
            let sampled = sizes.filter { Double.random(in: 0..<1, using: &random) < law.probability(ofSize: $0) }
            let count = sampled.reduce(0) { sum, size in sum + (isWeighed ? 1 / law.probability(ofSize: size) : 1) }
            let bytes = sampled.reduce(0) { sum, size in sum + (isWeighed ? size / law.probability(ofSize: size) : size)
            }
            let factor = isWeighed ? law.probability(ofSize: bytes / count) : 1
            let blocks = LegacyFigures.Blocks(
                count: UInt64((count * factor).rounded()), bytes: UInt64((bytes * factor).rounded()))
            let estimator = LegacyEstimator(interval: UInt64(interval), sizes: .mixed, isAveraged: !isWeighed)
            let estimate = estimator.estimates(blocks, usualSize: 0)
            let truth = sizes.reduce(0, +)
            let limits = Confidence(law: law, unit: .bytes).interval(of: estimate.bytes)
            if !limits.contains(truth) { misses += 1 }
        }
        #expect(misses <= runs * 7 / 100, "seed \(random.seed): \(misses) of \(runs)")
    }
}

extension Double {
    fileprivate var exponentOfTwo: Double {
        let whole = rounded(.down)
        var value = 1.0
        for _ in 0..<Int(whole) { value *= 2 }
        // Linear between powers is near enough for sizes of blocks.
        return value * (1 + self - whole)
    }
}
