// SPDX-License-Identifier: Apache-2.0
//
// Bytes of pages by stack, of a population that is known wholly: exact where every block is recorded, and intervals that hold
// the truth where few are.

import SiltAllocator
import SiltFile
import SiltSymbols
import TestSupport
import Testing

@testable import SiltProfile

@Suite struct PageProfileTests {
    private struct Block {
        var stack: UInt32
        var size: UInt64
        var pages: LivePages
    }

    /// Survivors of three stacks, 70, 20 and 10 % of them, each on a page or two with free bytes that it shares with others.
    private func population(_ random: inout SplitMix, count: Int = 2000) -> [Block] {
        (0..<count).map { _ in
            let (draw, size) = (random.next() % 10, 32 + random.next() % 400)
            let sharers = 1 + random.next() % 3
            return Block(
                stack: draw < 7 ? 1 : draw < 9 ? 2 : 3, size: size,
                pages: LivePages(resident: size, swapped: 0, shared: 0, pinned: (4096 - size) / sharers))
        }
    }

    private func dump(of blocks: [Block], sampledBy law: SamplingLaw, _ random: inout SplitMix) -> Session {
        var dump = session(
            header(interval: law.interval), stacks: [1: [0x1000], 2: [0x2000], 3: [0x3000]],
            sites: [1: site(stack: 1), 2: site(stack: 2), 3: site(stack: 3)])
        dump.pages = PagesOfLiving()
        for (index, block) in blocks.enumerated() {
            let chance = Double(random.next() >> 11) * 0x1p-53
            guard chance < law.probability(ofSize: Double(block.size)) else { continue }
            let address = UInt64(index + 1) * 4096
            dump.live.append(live(address, size: block.size, site: block.stack))
            dump.pages?.append(block.pages)
        }
        dump.figures = [.pinned: blocks.reduce(0) { $0 + ($1.pages.pinned ?? 0) }]
        return dump
    }

    private func profile(of dump: Session) throws -> Profile {
        Profile.pages(dump, try #require(KnownPages(dump)), symbols: AddressNames())
    }

    private func truth(_ blocks: [Block]) -> [String: Double] {
        blocks.reduce(into: [:]) { $0["service+\($1.stack)000", default: 0] += Double($1.pages.pinned ?? 0) }
    }

    @Test func allOfItIsExactAtIntervalOne() throws {
        var random = SplitMix(seed: 15)
        let blocks = population(&random)
        let profile = try profile(of: dump(of: blocks, sampledBy: SamplingLaw(interval: 1), &random))
        for (name, bytes) in truth(blocks) {
            #expect(profile.leaves(.pinnedSpace).first { $0.key.hasSuffix(name.suffix(4)) }?.value == bytes)
        }
        #expect(profile.total(.residentSpace).value == blocks.reduce(0.0) { $0 + Double($1.size) })
        #expect(profile.total(.untouchedSpace).value == 0)
        #expect(profile.notes.contains(.dumpHasNoHeaps) == false)
    }

    /// In 500 samplings of the same heap, with about 140, 28 and 7 samples.
    @Test(arguments: [3072, 16384, 65536] as [UInt64]) func intervalsHoldTheTruth(interval: UInt64) throws {
        var random = SplitMix(seed: .random(in: 0 ... .max))
        let blocks = population(&random)
        let truth = truth(blocks)
        let law = SamplingLaw(interval: interval)
        let runs = 500
        var (held, seen): ([String: Int], [String: Int]) = ([:], [:])
        for _ in 0..<runs {
            let profile = try profile(of: dump(of: blocks, sampledBy: law, &random))
            let confidence = try #require(profile.confidence(in: .pinnedSpace))
            let column = profile.column(of: .pinnedSpace)
            for sample in profile.samples {
                let leaf = try #require(sample.locations.first.flatMap { profile.locations[$0].frames.first?.function })
                let bytes = try #require(truth.first { leaf.hasSuffix($0.key.suffix(4)) }?.value)
                let figure = sample.values[column]
                let limits = confidence.interval(of: figure)
                seen[leaf, default: 0] += 1
                if limits.lower <= bytes && bytes <= limits.upper { held[leaf, default: 0] += 1 }
            }
        }
        #expect(seen.count == 3)
        for (leaf, count) in seen {
            // Four standard deviations of 500 runs below the 93 % that few samples reach.
            let coverage = Double(held[leaf, default: 0]) / Double(count)
            #expect(coverage > 0.88, "\(leaf): \(coverage) with \(random)")
        }
    }

    /// Blocks that the walk does not meet pin nothing any more, and what pins in their place must not be given to others.
    @Test func whereBlocksComeAndGoTheTotalIsNotSharedOut() throws {
        var random = SplitMix(seed: 15)
        let blocks = population(&random)
        var dump = dump(of: blocks, sampledBy: SamplingLaw(interval: 3072), &random)
        dump.pages = PagesOfLiving(
            zip(dump.live, try #require(dump.pages)).map { sample, pages in
                var pages = pages
                if sample.site == 3 { pages?.pinned = nil }
                return pages
            })
        let total = try profile(of: dump).total(.pinnedSpace).value
        let stable = truth(blocks).filter { !$0.key.contains("3000") }.values.reduce(0, +)
        let walked = try #require(dump.figures[.pinned])
        #expect(abs(total / stable - 1) < 0.3 && total != Double(walked))
    }

    @Test func withoutAWalkNothingIsSaidToBePinned() throws {
        var random = SplitMix(seed: 15)
        var dump = dump(of: population(&random, count: 20), sampledBy: SamplingLaw(interval: 1), &random)
        dump.figures = [:]
        let profile = try profile(of: dump)
        #expect(profile.kinds == [.residentSpace, .swappedSpace, .untouchedSpace, .unsharedSpace])
        #expect(profile.notes.contains(.dumpHasNoHeaps))
        dump.pages = nil
        #expect(KnownPages(dump) == nil)
    }
}
