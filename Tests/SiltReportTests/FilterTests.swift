// SPDX-License-Identifier: Apache-2.0
//
// pprof's filters and the folding of runtime frames, by the stacks that are left.

import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import Testing

struct FilterTests {
    private static let profile = stackProfile([
        ("main;serve@server.c:1;insert+push_back", 1, 1),
        ("main;serve@server.c:1;parse;?20", 2, 1),
        ("main;warmUp", 4, 1),
    ])

    /// Stacks root first, an inlined frame behind a `+`, with their values.
    private func stacks(_ profile: Profile) -> [String] {
        profile.samples.map { sample in
            let places = sample.locations.reversed().map { index in
                let frames = profile.locations[index].frames
                return frames.isEmpty ? "?" : frames.reversed().map { $0.function ?? "?" }.joined(separator: "+")
            }
            return "\(places.joined(separator: ";")) \(Int(sample.values[0].value))"
        }
    }

    @Test func noFilterChangesNothing() {
        #expect(stacks(Filter()(Self.profile)) == stacks(Self.profile))
    }

    @Test func focusKeepsMatchingStacksWhole() throws {
        #expect(
            stacks(Filter(focus: try Pattern("serve"))(Self.profile)) == [
                "main;serve;insert+push_back 1", "main;serve;parse;? 2",
            ])
        #expect(stacks(Filter(focus: try Pattern("push"))(Self.profile)) == ["main;serve;insert+push_back 1"])
        #expect(stacks(Filter(focus: try Pattern(#"server\.c"#))(Self.profile)).count == 2)
        #expect(stacks(Filter(focus: try Pattern(#"^service\+0x20$"#))(Self.profile)) == ["main;serve;parse;? 2"])
        #expect(stacks(Filter(focus: try Pattern("/opt/app"))(Self.profile)).count == 3)
    }

    @Test func ignoreWinsOverFocus() throws {
        let filter = Filter(focus: try Pattern("serve"), ignore: try Pattern("parse"))
        #expect(stacks(filter(Self.profile)) == ["main;serve;insert+push_back 1"])
    }

    @Test func hideTakesFramesOut() throws {
        let filter = Filter(hide: try Pattern("^(serve|push_back|warmUp)$"))
        #expect(stacks(filter(Self.profile)) == ["main;insert 1", "main;parse;? 2", "main 4"])
    }

    @Test func stackWithoutFramesLeftIsDropped() throws {
        #expect(stacks(Filter(hide: try Pattern("main|warmUp"))(Self.profile)).count == 2)
        #expect(stacks(Filter(hide: try Pattern("/opt/app/service"))(Self.profile)).isEmpty)
    }

    @Test func showKeepsOnlyMatchingFrames() throws {
        let filter = Filter(show: try Pattern("push_back|parse"))
        #expect(stacks(filter(Self.profile)) == ["push_back 1", "parse 2"])
    }

    @Test func showFromBeginsAtTheOutermostMatch() throws {
        let profile = stackProfile([("main;a+b+c;b;d", 1, 1), ("main;e", 2, 1), ("main;b", 4, 1)])
        #expect(stacks(Filter(showFrom: try Pattern("^b$"))(profile)) == ["b+c;b;d 1", "b 4"])
        #expect(stacks(Filter(showFrom: try Pattern("^[ad]$"))(profile)) == ["a+b+c;b;d 1"])
    }

    @Test func patternWithoutMatchIsNoted() throws {
        let filtered = Filter(focus: try Pattern("serve"), hide: try Pattern("nothing"))(Self.profile)
        #expect(filtered.notes.map(\.sentence) == ["--hide nothing matches nothing in this profile."])
        #expect(Filter(showFrom: try Pattern("nothing"))(Self.profile).notes.count == 1)
    }

    @Test func runtimeFramesFoldIntoTheirCaller() {
        let profile = stackProfile([
            ("start;main;insert+push_back;operator new;malloc", 1, 1),
            ("start;main;insert+push_back", 2, 1),
            ("start;malloc", 4, 1),
            ("start;main;?20", 8, 1),
        ])
        let runtime: Set = ["start", "push_back", "operator new", "malloc"]
        let folded = Folding { frame, path in
            frame.function.map(runtime.contains) ?? (path == "/opt/app/service") ? .runtime : .application
        }(profile)
        #expect(
            stacks(folded) == ["start;main;insert 1", "start;main;insert 2", "start;malloc 4", "start;main 8"])
        #expect(stacks(profile)[0] == "start;main;insert+push_back;operator new;malloc 1")
    }

    /// A library's own allocating functions have no names where only what it exports has one.
    @Test func whatAnAllocatorCalledFoldsWithItIfItHasNoName() {
        let profile = stackProfile([
            ("main;palloc;?20", 1, 1),
            ("main;palloc;?20;?21", 2, 1),
            ("main;?20", 4, 1),
            ("main;sort;?20", 8, 1),
            ("main;palloc;pool_grow", 16, 1),
            ("main;insert+palloc;?20;malloc", 32, 1),
            ("?22;palloc;?20", 64, 1),
            ("palloc;?20", 128, 1),
        ])
        let others: [String: FrameOrigin] = ["malloc": .allocator, "palloc": .allocator, "sort": .container]
        let folded = Folding { frame, _ in frame.function.flatMap { others[$0] } ?? .application }(profile)
        #expect(
            stacks(folded) == [
                "main 1", "main 2", "main;? 4", "main;sort;? 8", "main;palloc;pool_grow 16", "main;insert 32", "? 64",
                "palloc;? 128",
            ])
    }
}
