// SPDX-License-Identifier: Apache-2.0
//
// What is meant for servers, judged by their own rules: sizes, names, figures that do not fall below 0, no durations.

import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct ServerLimitTests {
    private let rules = ServerRules(now: PprofFixture.small.time + 60_000_000_000)

    private func message(_ profile: Profile, sizes: PprofBlockSizes = .apartIfTheyFit) -> [UInt8] {
        profile.pprofForServers(sizes: sizes, compressed: false)
    }

    /// As many stacks, each of two sizes; what a stack holds is its number.
    private func many(stacks: Int, depth: Int = 20, nameLength: Int = 20) -> Profile {
        var profile = PprofFixture.small
        let filler = String(repeating: "x", count: nameLength)
        profile.locations = (0..<stacks + depth).map { index in
            Profile.Location(
                address: 0x5555_0000_1000 + UInt64(index), mapping: 0, frames: [Frame(function: "f\(index)_\(filler)")])
        }
        profile.samples = (0..<stacks).flatMap { stack in
            [1.0, 2.0].map { size in
                let bytes = Double(stack + 1) * size
                return PprofFixture.sample(
                    [stack] + (0..<depth - 1).map { stacks + $0 }, [2 * bytes, 4 * bytes, bytes, 2 * bytes],
                    blockSize: UInt64(size))
            }
        }
        return profile
    }

    @Test func serversTakeAHeap() {
        let heap = PprofFixture.small
        #expect(rules.broken(by: message(heap), meaning: .heap) == [])
        #expect(rules.broken(by: message(heap, sizes: .together), meaning: .scrapedHeap) == [])
        #expect(heap.duration > 0)
    }

    @Test func serversTakeAnEmptyHeap() {
        var empty = PprofFixture.small
        empty.samples = []
        #expect(rules.broken(by: message(empty), meaning: .heap) == [])
    }

    @Test func theRulesSeeWhatIsWrong() {
        let bare = PprofFixture.small.pprof(symbols: false, compressed: false)
        #expect(rules.broken(by: bare, meaning: .heap) == ["Pyroscope: a mapping without has_functions"])
        var falling = PprofFixture.diff
        falling.duration = 0
        #expect(
            rules.broken(by: message(falling), meaning: .heap) == [
                "Pyroscope: drops samples with a negative value"
            ])
        #expect(
            rules.broken(by: message(PprofFixture.small), meaning: .scrapedHeap) == ["Alloy: labels that change"])
        #expect(
            ServerRules(now: rules.now + 7_200_000_000_000).broken(by: message(PprofFixture.small), meaning: .heap)
                == ["Pyroscope: older than an hour"])
        let threads = threadProfile().pprof(compressed: false)
        #expect(
            rules.broken(by: threads, meaning: .heap).contains(
                "Alloy: other than the four figures of a heap: it panics"))
        let large = many(stacks: 8001).pprof(compressed: false)
        #expect(rules.broken(by: large, meaning: .heap).contains("Pyroscope: 16002 samples"))
    }

    @Test func aChangeHasItsDurationAndItsNegativeFigures() {
        let bytes = message(PprofFixture.diff)
        #expect(rules.broken(by: bytes, meaning: .change) == [])
        let raw = RawPprof(bytes)
        #expect(raw.duration == PprofFixture.diff.duration)
        #expect(raw.samples.contains { $0.values.contains { $0 < 0 } })
    }

    @Test func aStateHasNoFigureBelowZero() {
        var profile = PprofFixture.small
        profile.samples[0].values[2] = Estimate(value: -0.6, variance: 1, samples: 3)
        #expect(rules.broken(by: message(profile), meaning: .heap) == [])
        #expect(RawPprof(message(profile)).samples[0].values[2] == 0)
    }

    @Test func allCodeHasANameForServers() {
        let raw = RawPprof(message(PprofFixture.small))
        #expect(raw.names(raw.samples[3]) == ["libplain.so+0x1040", "main"])
        #expect(raw.locations[5].address == 0x7f00_0000_1040)
    }

    @Test func aFileStaysWhole() throws {
        let profile = many(stacks: 9000)
        let back = try Profile(pprof: profile.pprof())
        #expect(back.samples.count == 18_000)
        #expect(back.notes == profile.notes)
    }

    @Test func sizesAreAddedUpBeforeStacksAreLeftOut() {
        let raw = RawPprof(message(many(stacks: 9000)))
        #expect(raw.samples.count == 9000)
        #expect(raw.samples[0].values == [6, 12, 3, 6])
        #expect(raw.samples.allSatisfy { $0.labels.isEmpty })
        #expect(!raw.comments.contains { $0.hasPrefix("left out") })
    }

    @Test func theLightestStacksAreLeftOutAndCounted() throws {
        let bytes = message(many(stacks: 20_000, depth: 4))
        #expect(rules.broken(by: bytes, meaning: .heap) == [])
        let raw = RawPprof(bytes)
        #expect(raw.samples.count == 16_000)
        // The 4000 lightest of 20000 hold 4000 · 4001 / (20000 · 20001) of all.
        let share = "4.00 %"
        #expect(
            raw.comments.last
                == "left out, since servers take no more: the lightest 4000 of 20000 stacks, which hold "
                + "\(share) of alloc_objects, \(share) of alloc_space, \(share) of inuse_objects, \(share) of inuse_space."
        )
        #expect(raw.names(raw.samples[0])[0].hasPrefix("f4000_"))
        #expect(raw.names(raw.samples[15_999])[0].hasPrefix("f19999_"))
        // Their code is not in the file either.
        #expect(raw.locations.count == 16_003)
    }

    @Test func fourMebibytesAreKept() throws {
        let bytes = message(many(stacks: 15_000, depth: 10, nameLength: 600))
        #expect(rules.broken(by: bytes, meaning: .heap) == [])
        let raw = RawPprof(bytes)
        #expect(raw.samples.count > 4000)
        #expect(raw.names(raw.samples[raw.samples.count - 1])[0].hasPrefix("f14999_"))
        #expect(try #require(raw.comments.last).hasPrefix("left out"))
    }

    @Test func aStackWithOneGreatFigureIsNotLeftOut() {
        var profile = many(stacks: 20_000, depth: 4)
        profile.samples[0].values[1] = PprofFixture.exact(1e12)
        let raw = RawPprof(message(profile))
        #expect(raw.names(raw.samples[0])[0].hasPrefix("f0_"))
    }

    @Test func deepStacksKeepTheirLeaves() {
        let raw = RawPprof(message(many(stacks: 1, depth: 1500)))
        #expect(raw.names(raw.samples[0]).count == 1000)
        #expect(raw.names(raw.samples[0])[0].hasPrefix("f0_"))
        #expect(rules.broken(by: message(many(stacks: 1, depth: 1500)), meaning: .heap) == [])
    }

    private func threadProfile(_ kinds: [Profile.Kind] = [.threads, .stackSpace]) -> Profile {
        var profile = PprofFixture.small
        profile.kinds = kinds
        for index in profile.samples.indices {
            profile.samples[index].values = kinds.map { PprofFixture.exact($0.unit == "count" ? 2 : 8 * mebi) }
            profile.samples[index].blockSize = 0
        }
        return profile
    }

    @Test func threadsHaveGosPeriodType() throws {
        let raw = RawPprof(threadProfile().pprof(compressed: false))
        let period = try #require(raw.period)
        #expect(period == (type: "goroutine", unit: "count", length: 1))
        let back = try Profile(pprof: threadProfile().pprof())
        #expect(back.interval == 1)
    }

    @Test(arguments: [Profile.Kind.goroutine, .threadcreate])
    func threadsAreServedAsGosOwn(kind: Profile.Kind) throws {
        let bytes = message(threadProfile([kind]))
        #expect(rules.broken(by: bytes, meaning: .count) == [])
        let raw = RawPprof(bytes)
        #expect(raw.sampleTypes.map(\.type) == [kind.name])
        #expect(try #require(raw.period) == (type: kind.name, unit: "count", length: 1))
        #expect(raw.samples.allSatisfy { $0.values == [2] })
    }

    @Test(.enabled(if: PprofTool.hasUpstreamPprof, "Go's sources of google/pprof are not here"))
    func googlesParserFindsEveryProfileValid() throws {
        let bench = try Workbench()
        let checker = try PprofTool.buildUpstream(
            """
            package main

            import (
            	"fmt"
            	"os"

            	"github.com/google/pprof/profile"
            )

            func main() {
            	for _, path := range os.Args[1:] {
            		data, err := os.ReadFile(path)
            		if err != nil {
            			panic(err)
            		}
            		p, err := profile.ParseData(data)
            		if err == nil {
            			err = p.CheckValid()
            		}
            		fmt.Println(err, len(p.Sample), p.DurationNanos, p.PeriodType.Type)
            	}
            }
            """, named: "checker", in: bench)
        let profiles = [
            PprofFixture.small.pprof(), PprofFixture.small.pprofForServers(), PprofFixture.diff.pprofForServers(),
            many(stacks: 20_000, depth: 4).pprofForServers(sizes: .together), threadProfile().pprof(),
            threadProfile([.goroutine]).pprofForServers(), Profile(kinds: Profile.Kind.heap).pprofForServers(),
        ]
        let paths = try profiles.enumerated().map { try bench.write($1, to: "\($0).pb.gz") }
        #expect(
            try bench.run([checker] + paths) == """
                <nil> 4 0 space
                <nil> 4 0 space
                <nil> 4 60000000000 space
                <nil> 16000 0 space
                <nil> 4 0 goroutine
                <nil> 4 0 goroutine
                <nil> 0 0 space

                """)
    }
}
