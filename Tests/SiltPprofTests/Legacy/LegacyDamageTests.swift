// SPDX-License-Identifier: Apache-2.0
//
// Damaged and hostile heap profiles in text form: an error with its line, or a profile that is consistent, never a crash,
// and never more memory than allowed.

import SiltProfile
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct LegacyDamageTests {
    @Test(arguments: LegacyFixture.all.indices)
    func everyPrefixIsAnErrorOrLacksNoFigure(fixture: Int) throws {
        let text = LegacyFixture.all[fixture]
        let whole = try LegacyFixture.profile(text)
        let bytes = Array(text.utf8)
        for count in bytes.indices {
            let prefix = Array(bytes[..<count])
            guard let profile = try? Profile(legacyHeap: prefix, symbols: FixtureNames()) else { continue }
            #expect(
                profile.samples.map(\.values) == whole.samples.map(\.values), "\(count) bytes of fixture \(fixture)")
            #expect(profile.samples.map(\.locations) == whole.samples.map(\.locations), "\(count) bytes")
        }
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var text: String
        var old: String
        var new: String
        var error: LegacyError

        var testDescription: String { "\(old) → \(new)" }
    }

    static let damages = [
        Damage(
            text: LegacyFixture.jemalloc, old: "heap_v2/4096", new: "heap_v2/many",
            error: LegacyError(.badHeader, line: 1)),
        Damage(
            text: LegacyFixture.jemalloc, old: "t*: 1097: 246239", new: "t*: 1097, 246239",
            error: LegacyError(.badLine, line: 5)),
        Damage(
            text: LegacyFixture.jemalloc, old: "  t1: 97", new: "  thread 97", error: LegacyError(.badLine, line: 7)),
        Damage(
            text: LegacyFixture.jemalloc, old: "@ 0x7f97a78a2630 0x56172ee29177", new: "@ 0x7f97a78a2630 56172ee29177",
            error: LegacyError(.badAddress, line: 4)),
        Damage(
            text: LegacyFixture.jemalloc, old: "MAPPED_LIBRARIES:", new: "",
            error: LegacyError(.badLine, line: 16)),
        Damage(
            text: LegacyFixture.gperftools, old: "@ heapprofile", new: "@ growthz",
            error: LegacyError(.unknownCounting("growthz"), line: 1)),
        Damage(
            text: LegacyFixture.gperftools, old: "20200: 12000000", new: "20100: 12000000",
            error: LegacyError(.exceedsTotal, line: 1)),
        Damage(
            text: LegacyFixture.gperftools, old: "  200:  8000000 [", new: "  0:  8000000 [",
            error: LegacyError(.badFigures, line: 2)),
        Damage(
            text: LegacyFixture.gperftools, old: " 20000:  4000000 [", new: " 9223372036854775808:  4000000 [",
            error: LegacyError(.badFigures, line: 3)),
        Damage(
            text: LegacyFixture.gperftools, old: "0x56172ee2926a 0x", new: "0x1ffffffffffffffff 0x",
            error: LegacyError(.badAddress, line: 2)),
        Damage(
            text: LegacyFixture.go, old: "@ heap/131072", new: "@ heap/x", error: LegacyError(.badHeader, line: 1)),
        Damage(
            text: LegacyFixture.go, old: "33: 16896 [33:", new: "-33: 16896 [33:", error: LegacyError(.badLine, line: 8)
        ),
        Damage(
            text: LegacyFixture.go, old: "0: 0 [1: 98304] @", new: "0: 0 [1: 98304] at",
            error: LegacyError(.badLine, line: 13)),
        Damage(
            text: LegacyFixture.go, old: "heap profile: 109: 2507264", new: "heap profile: 110: 2507265",
            error: LegacyError(.truncated, line: 1)),
    ]

    @Test(arguments: damages)
    func eachDamageHasItsErrorAndLine(damage: Damage) {
        let text = damage.text.replacing(damage.old, with: damage.new, maxReplacements: 1)
        #expect(text != damage.text)
        #expect(throws: damage.error) { try LegacyFixture.profile(text) }
    }

    @Test func anErrorTellsItsLine() {
        let error = LegacyError(.badFigures, line: 3)
        #expect(error.description == "heap profile: these counts are impossible; the file is damaged (line 3)")
    }

    @Test func sumsThatDoNotFitAreRefused() {
        let line = "1: 9223372036854775807 [1: 9223372036854775807] @ 0x1\n"
        let text = "heap profile: 3: 9223372036854775807 [3: 9223372036854775807] @ heapprofile\n"
        #expect(throws: LegacyError(.badFigures, line: 4)) { try LegacyFixture.profile(text + line + line + line) }
    }

    @Test func greatestFiguresTrapNowhere() throws {
        let most = Int64.max
        for counting in ["heapprofile", "heap_v2/\(most)", "heap/\(most)", "heap_v2/2", "heap/\(UInt64.max)"] {
            let profile = try LegacyFixture.profile(
                """
                heap profile: \(most): \(most) [\(most): \(most)] @ \(counting)
                \(most): \(most) [\(most): \(most)] @ 0x0 0xffffffffffffffff

                """)
            let estimate = profile.total(kind: .inuseSpace)
            let interval = profile.confidence(in: .inuseSpace)?.interval(of: estimate)
            #expect(interval.map { $0.lower <= $0.upper } == true)
        }
    }

    @Test func flippedBytesNeverCrash() {
        var random = SplitMix(seed: 20_261_127)
        for round in 0..<4000 {
            var damaged = Array(LegacyFixture.all[round % LegacyFixture.all.count].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: damaged.indices, using: &random)
                // Often another byte of the format, so that what follows is still read.
                let digits = Array("0123456789abcdefx:@[]/#t* \n".utf8)
                damaged[index] =
                    Bool.random(using: &random)
                    ? digits[Int.random(in: digits.indices, using: &random)] : UInt8.random(in: 0...255, using: &random)
            }
            guard let profile = try? Profile(legacyHeap: damaged, symbols: FixtureNames(), memoryLimit: 1 << 22) else {
                continue
            }
            #expect(isConsistent(profile), "seed \(random.seed), round \(round)")
        }
    }

    @Test func memoryIsBounded() {
        let stack = "0: 0 [1: 8] @" + String(repeating: " 0x1", count: 8) + "\n"
        let text = "heap profile: 0: 0 [90000: 720000] @ heapprofile\n" + String(repeating: stack, count: 20_000)
        let error = #expect(throws: LegacyError.self) { try LegacyFixture.profile(text, memoryLimit: 6 << 20) }
        #expect(error?.reason == .tooLarge(limit: 6 << 20))
        let bomb = Gzip.pack(Array("heap profile:".utf8) + [UInt8](repeating: 0x20, count: 32 << 20))
        let refused = #expect(throws: LegacyError.self) {
            try Profile(legacyHeap: bomb, symbols: FixtureNames(), memoryLimit: 1 << 22)
        }
        #expect(refused?.reason == .tooLarge(limit: 1 << 20))
    }

    /// Every index that a profile holds is one that a report may use.
    private func isConsistent(_ profile: Profile) -> Bool {
        profile.samples.allSatisfy { sample in
            sample.values.count == profile.kinds.count && profile.processes.indices.contains(sample.process)
                && sample.locations.allSatisfy(profile.locations.indices.contains)
                && sample.values.allSatisfy { $0.value.isFinite && $0.variance.isFinite }
        }
            && profile.locations.allSatisfy { location in
                location.mapping.map(profile.mappings.indices.contains) ?? true
            }
    }
}
