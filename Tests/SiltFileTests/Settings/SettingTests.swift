// SPDX-License-Identifier: Apache-2.0
//
// The settings as the shim's own table has them.

import SiltFile
import Testing

@Suite struct SettingTests {
    @Test func everySettingIsKnownByItsName() {
        #expect(
            Setting.all.map(\.name) == [
                "SILT_INTERVAL", "SILT_CAPACITY", "SILT_DUMP_EVERY", "SILT_DUMP_GROWTH", "SILT_KEEP", "SILT_KEEP_BYTES",
                "SILT_SIGNAL", "SILT_UNWIND", "SILT_EXIT", "SILT_CHILDREN", "SILT_DIR", "SILT_RECORD",
                "SILT_MAX_OVERHEAD",
            ])
        #expect(Setting.named("SILT_UNWIND")?.words == ["cfi", "fp", "libunwind"])
        #expect(Setting.named("SILT_DIR")?.kind == .directory)
        #expect(Setting.named("SILT") == nil)
    }

    @Test(
        arguments: [
            ("SILT_INTERVAL", "64k", .right),
            ("SILT_INTERVAL", "0", .nonsense(used: "524288")),
            ("SILT_INTERVAL", "64 k", .nonsense(used: "524288")),
            ("SILT_CAPACITY", "1k", .bounded(used: "1048576")),
            ("SILT_CAPACITY", "1000G", .bounded(used: "68719476736")),
            ("SILT_DUMP_EVERY", "10m", .right),
            ("SILT_KEEP_BYTES", "-1", .nonsense(used: "1073741824")),
            ("SILT_SIGNAL", "SIGUSR1", .right),
            ("SILT_SIGNAL", "none", .right),
            ("SILT_SIGNAL", "KILL", .nonsense(used: "12")),
            ("SILT_SIGNAL", "9", .nonsense(used: "12")),
            ("SILT_UNWIND", "fp", .right),
            ("SILT_UNWIND", "dwarf", .nonsense(used: "cfi")),
            ("SILT_EXIT", "", .nonsense(used: "keep")),
            ("SILT_CHILDREN", "yes", .nonsense(used: "1")),
            ("SILT_DIR", "relative", .right),
            ("SILT_DIR", "", .nonsense(used: nil)),
            ("SILT_MAX_OVERHEAD", "0.5%", .right),
            ("SILT_MAX_OVERHEAD", "200%", .bounded(used: "100.0%")),
            ("SILT_MAX_OVERHEAD", "0.5", .nonsense(used: nil)),
        ] as [(String, String, Setting.Verdict)])
    func aValueIsJudgedAsTheShimDoes(name: String, value: String, verdict: Setting.Verdict) throws {
        #expect(try #require(Setting.named(name)).judge(value) == verdict)
    }
}
