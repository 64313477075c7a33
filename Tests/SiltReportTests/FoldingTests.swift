// SPDX-License-Identifier: Apache-2.0
//
// Which functions are found to be allocators by the stacks alone: where they are, and the traps where none is. `take`
// hands out memory and has a name that tells nothing.

import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import Testing

@Suite struct FoldingTests {
    typealias Stack = (stack: String, value: Double, samples: Int)

    /// Functions at the leaf of the folded stacks.
    private func leaders(_ profile: Profile, by evidence: [Profile]? = nil) throws -> Set<String> {
        let rules = FrameRules()
        let folding = Folding(evidence: evidence ?? [profile]) { rules.origin(of: $0, module: $1 ?? "") }
        let folded = folding(profile)
        return Set(
            folded.samples.map { sample in
                let location = folded.locations[sample.locations[0]]
                return location.frames.first?.function ?? "?\(String(location.address - 0x10000, radix: 16))"
            })
    }

    private func stacks(_ count: Int, _ text: (Int) -> String) -> [Stack] { (0..<count).map { (text($0), 1, 1) } }

    private func names(_ count: Int, _ prefix: String = "f") -> Set<String> {
        Set((0..<count).map { "\(prefix)\($0)" })
    }

    @Test func whatEveryWayGoesThroughIsTheModulesAllocator() throws {
        #expect(try leaders(stackProfile(stacks(8) { "main;f\($0);take;malloc" })) == names(8))
    }

    @Test func fewCallersMakeNoAllocator() throws {
        #expect(try leaders(stackProfile(stacks(7) { "main;f\($0);take;malloc" })) == ["take"])
    }

    /// Each has an equal part.
    @Test func severalAllocatorsShareTheWays() throws {
        let profile = stackProfile(
            stacks(8) { "main;f\($0);take;malloc" } + stacks(8) { "main;f\($0);retake;realloc" }
                + stacks(6) { "main;g\($0);malloc" })
        #expect(try leaders(profile) == names(8).union(names(6, "g")))
    }

    @Test func whatASmallPartGoesThroughIsNoAllocator() throws {
        let profile = stackProfile(
            stacks(8) { "main;f\($0);session_new;malloc" } + stacks(8) { "main;g\($0);malloc" })
        #expect(try leaders(profile) == names(8, "g").union(["session_new"]))
    }

    /// However much it holds, and however little the allocator hands out.
    @Test func aLeakWithOneWayIsNeverFoldedAway() throws {
        let profile = stackProfile(
            stacks(20) { "main;f\($0);take;malloc" } + [("main;serve;cache_insert;malloc", 1e12, 1_000_000)]
                + [("main;serve;session_open;take;malloc", 1e12, 1_000_000)])
        #expect(try leaders(profile) == names(20).union(["cache_insert", "session_open"]))
    }

    @Test func aProgramOfOneFunctionStaysWhole() throws {
        #expect(try leaders(stackProfile([("leak;malloc", 1, 1)])) == ["leak"])
        #expect(try leaders(stackProfile([("main;leak;malloc", 1, 1), ("main;malloc", 1, 1)])) == ["leak", "main"])
        // Who calls it is no function of the application.
        #expect(try leaders(stackProfile([("start_thread;my_malloc;malloc", 1, 1)])) == ["my_malloc"])
    }

    @Test func functionsThatCallThemselvesAreNotTheirOwnCallers() throws {
        #expect(
            try leaders(stackProfile(stacks(9) { "main" + String(repeating: ";parse", count: $0 + 1) })) == ["parse"])
    }

    @Test func interpretersAndDispatchersAreNoAllocators() throws {
        let profile = stackProfile(
            (0..<10).flatMap { caller in stacks(10) { "main;f\(caller);eval;op\($0);malloc" } })
        #expect(try leaders(profile) == names(10, "op"))
    }

    /// Many functions of the host call it, and nothing else in the plug-in allocates.
    @Test func aPluginsOnlyFunctionIsNotTheHostsAllocator() throws {
        func profile(_ function: String) -> Profile {
            var profile = stackProfile(stacks(20) { "main;f\($0);\(function);malloc" })
            profile.mappings.append(
                Profile.Mapping(addresses: 0x40000..<0x50000, fileOffset: 0, path: "/opt/app/plugin.so", buildID: ""))
            for index in profile.locations.indices where profile.locations[index].frames[0].function == function {
                profile.locations[index].mapping = 1
            }
            return profile
        }
        #expect(try leaders(profile("plugin_open")) == ["plugin_open"])
        #expect(try leaders(profile("plugin_malloc")) == names(20))
    }

    @Test func wrappersOfWrappersAreFoldedTogether() throws {
        let profile = stackProfile(
            stacks(8) { "main;f\($0);buffer_realloc;buffer_get;take;malloc" } + stacks(9) { "main;g\($0);take;malloc" })
        #expect(try leaders(profile) == names(8).union(names(9, "g")))
    }

    /// A name decides where callers are few; one that tells less needs more of them.
    @Test func namesDecideInDoubt() throws {
        #expect(try leaders(stackProfile([("main;f;my_malloc;malloc", 1, 1), ("main;g;malloc", 1, 1)])) == ["f", "g"])
        let others = stacks(30) { "main;g\($0);malloc" }
        func likely(_ callers: Int) -> Profile {
            stackProfile(stacks(callers) { "main;f\($0);pool_alloc;malloc" } + others)
        }
        #expect(try leaders(likely(4)) == names(30, "g").union(["pool_alloc"]))
        #expect(try leaders(likely(5)) == names(30, "g").union(names(5)))
    }

    /// `pool_get_from_os` has one caller: it is a part of the allocator that calls it.
    @Test func whatAnAllocatorCallsIsItsOwn() throws {
        let profile = stackProfile(stacks(6) { "main;f\($0);__pool_alloc;pool_get_from_os;malloc" })
        #expect(try leaders(profile) == names(6))
    }

    /// `cache_insert` is called by others too: what it holds is its own.
    @Test func whatOthersCallAsWellIsNoPartOfAnAllocator() throws {
        let profile = stackProfile(
            stacks(6) { "main;f\($0);__pool_alloc;cache_insert;malloc" } + [("main;serve;cache_insert;malloc", 1, 1)])
        #expect(try leaders(profile) == ["cache_insert"])
    }

    @Test func codeWithoutNamesIsJudgedByItsAddress() throws {
        let profile = stackProfile(stacks(10) { "main;f\($0);?ff0;malloc" } + [("main;?ee0;malloc", 1, 1)])
        #expect(try leaders(profile) == names(10).union(["?ee0"]))
    }

    /// Each moment alone is in doubt.
    @Test func whatIsComparedIsDecidedTogether() throws {
        let before = stackProfile(stacks(5) { "main;f\($0);take;malloc" })
        let after = stackProfile(stacks(5) { "main;f\($0 + 5);take;malloc" })
        #expect(try leaders(before) == ["take"])
        #expect(try leaders(before, by: [before, after]) == names(5))
        #expect(try leaders(after, by: [before, after]) == ["f5", "f6", "f7", "f8", "f9"])
    }

    @Test func figuresAndOrderOfStacksDoNotMatter() throws {
        let all: [Stack] =
            stacks(12) { "main;f\($0);take;malloc" } + stacks(9) { "main;f\($0);again;take;malloc" }
            + stacks(5) { "main;g\($0);malloc" }
        let expected = try leaders(stackProfile(all))
        var generator = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
        print("seed \(seed)")
        var state = seed
        for _ in 0..<20 {
            let shuffled = all.map { stack -> (key: UInt64, stack: Stack) in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (state >> 16, (stack.stack, Double(state >> 40), 1))
            }.sorted { $0.key < $1.key }
            #expect(try leaders(stackProfile(shuffled.map(\.stack))) == expected)
        }
    }

    @Test func whatWasFoldedIsExplained() throws {
        let profile = stackProfile(
            stacks(10) { "main;f\($0);take;malloc" } + [("main;f1;my_malloc;malloc", 1, 1), ("main;g;malloc", 1, 1)])
        let rules = FrameRules()
        let folding = Folding(evidence: [profile]) { rules.origin(of: $0, module: $1 ?? "") }
        #expect(folding(profile).notes.isEmpty)
        #expect(
            folding(profile, explains: true).notes.map(\.sentence) == [
                "folded: take (service), through which 10 of 12 ways to malloc go, from 10 functions.",
                "folded: my_malloc (service), through which 1 of 12 ways to malloc go, from 1 function; it is named as "
                    + "an allocator.",
                "folded, since known by name: malloc.",
            ])
    }
}
