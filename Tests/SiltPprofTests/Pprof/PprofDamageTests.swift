// SPDX-License-Identifier: Apache-2.0
//
// Damaged and hostile pprof files: an error or a smaller profile, never a crash, and never more memory than allowed.

import SiltProfile
import TestFixtures
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct PprofDamageTests {
    private static let message = PprofFixture.small.pprof(compressed: false)
    private static let file = PprofFixture.small.pprof()

    @Test func everyPrefixOfAFileIsAnError() {
        for count in Self.file.indices {
            #expect(throws: PprofError.self) { try Profile(pprof: Array(Self.file[..<count])) }
        }
    }

    @Test func everyPrefixOfABareMessageIsRefusedOrLacksOnlyItsEnd() {
        for count in Self.message.indices {
            guard let profile = try? Profile(pprof: Array(Self.message[..<count])) else { continue }
            // The strings come last: whoever has them all has everything but the last, unused one.
            #expect(profile.samples.count == 4)
        }
    }

    @Test func truncationIsReportedWithItsPlace() {
        let error = #expect(throws: PprofError.self) { try Profile(pprof: Array(Self.file[..<40])) }
        #expect(error == PprofError(.truncated, at: 40))
        #expect(error?.description == "pprof: the file ends in the middle; fetch it again (byte 40)")
    }

    @Test func flippedBytesNeverCrash() {
        let seed: UInt64 = 20_251_122
        var random = SplitMix(seed: seed)
        for _ in 0..<3000 {
            var damaged = Self.message
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: damaged.indices, using: &random)
                damaged[index] = UInt8.random(in: 0...255, using: &random)
            }
            if let profile = try? Profile(pprof: damaged, memoryLimit: 1 << 22) {
                #expect(isConsistent(profile), "seed \(seed)")
            }
        }
    }

    @Test func randomBytesNeverCrash() {
        let seed: UInt64 = 7
        var random = SplitMix(seed: seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...300, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = looksLikePprof(bytes)
            if let profile = try? Profile(pprof: bytes, memoryLimit: 1 << 22) {
                #expect(isConsistent(profile), "seed \(seed)")
            }
        }
    }

    @Test func bombIsRefused() {
        let bomb = Gzip.pack([UInt8](repeating: 0x12, count: 32 << 20))
        let error = #expect(throws: PprofError.self) { try Profile(pprof: bomb, memoryLimit: 1 << 22) }
        #expect(error?.reason == .tooLarge(limit: 1 << 20))
    }

    @Test func manyTinyElementsAreRefused() {
        // Two bytes of the file for each empty location would be hundreds in memory.
        var bytes = Self.message
        for _ in 0..<300_000 { bytes += [0x22, 0x00] }
        let error = #expect(throws: PprofError.self) { try Profile(pprof: bytes, memoryLimit: 4 << 20) }
        #expect(error?.reason == .tooLarge(limit: 4 << 20))
    }

    /// One field that must not be there, behind a valid beginning.
    struct Breakage: Sendable, CustomStringConvertible {
        var reason: PprofError.Reason
        var hasBeginning = true
        var body: @Sendable (inout ProtobufWriter) -> Void

        var description: String { "\(reason)" }

        init(
            _ reason: PprofError.Reason, bare: Bool = false, _ body: @escaping @Sendable (inout ProtobufWriter) -> Void
        ) {
            self.reason = reason
            hasBeginning = !bare
            self.body = body
        }

        static let all = [
            Breakage(.badStringTable, bare: true) { $0.element(6, "not empty") },
            Breakage(.notPprof, bare: true) { $0.element(6, "") },
            Breakage(.unknownString(9)) { $0.message(1) { $0.field(1, UInt64(9)) } },
            Breakage(.badID(0)) { $0.message(5) { _ in } },
            Breakage(.badID(1)) { for _ in 0..<2 { $0.message(5) { $0.field(1, UInt64(1)) } } },
            Breakage(.unknownMapping(3)) {
                $0.message(4) {
                    $0.field(1, UInt64(1))
                    $0.field(2, UInt64(3))
                }
            },
            Breakage(.unknownFunction(5)) { $0.message(4) { $0.message(4) { $0.field(1, UInt64(5)) } } },
            Breakage(.unknownLocation(8)) {
                $0.message(2) {
                    $0.packed(1, [8])
                    $0.packed(2, [1])
                }
            },
            Breakage(.valueCount(found: 2, expected: 1)) { $0.message(2) { $0.packed(2, [1, 2]) } },
            Breakage(.badMapping) {
                $0.message(3) {
                    $0.field(1, UInt64(1))
                    $0.field(2, UInt64(9))
                    $0.field(3, UInt64(8))
                }
            },
        ]
    }

    @Test(arguments: Breakage.all)
    func eachBrokenRuleHasItsError(breakage: Breakage) {
        var writer = ProtobufWriter()
        if breakage.hasBeginning {
            writer.message(1) { $0.field(1, UInt64(1)) }
            writer.element(6, "")
            writer.element(6, "inuse_space")
        }
        breakage.body(&writer)
        let error = #expect(throws: PprofError.self) { try Profile(pprof: writer.bytes) }
        #expect(error?.reason == breakage.reason)
    }

    @Test func idsMayBeAnyNumbersInAnyOrder() throws {
        var writer = ProtobufWriter()
        writer.message(2) {
            $0.packed(1, [1 << 60, 7])
            $0.packed(2, [42])
        }
        writer.message(4) {
            $0.field(1, UInt64(7))
            $0.field(3, UInt64(0x70))
        }
        writer.message(4) {
            $0.field(1, UInt64(1) << 60)
            $0.field(3, UInt64(0x60))
        }
        writer.element(6, "")
        writer.element(6, "space")
        writer.message(1) { $0.field(1, UInt64(1)) }
        let profile = try Profile(pprof: writer.bytes)
        #expect(profile.samples[0].locations.map { profile.locations[$0].address } == [0x60, 0x70])
        #expect(profile.samples[0].values[0].value == 42)
    }

    /// Every index that a profile holds is one that a report may use.
    private func isConsistent(_ profile: Profile) -> Bool {
        profile.samples.allSatisfy { sample in
            sample.values.count == profile.kinds.count && profile.processes.indices.contains(sample.process)
                && sample.locations.allSatisfy(profile.locations.indices.contains)
        }
            && profile.locations.allSatisfy { location in
                location.mapping.map(profile.mappings.indices.contains) ?? true
            }
    }
}
