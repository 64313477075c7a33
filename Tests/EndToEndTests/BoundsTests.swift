// SPDX-License-Identifier: Apache-2.0
//
// What Tests/README.md says of the command's memory. Nothing here measures time.

import TestSupport
import Testing

@Suite struct BoundsTests {
    /// Bytes, for so many bytes of files.
    private static func most(_ size: Int) -> Int { 64 << 20 + 20 * size }

    @Test(arguments: [
        ["top"], ["tree"], ["threads"], ["peek", "keep_blocks"], ["export", "--format", "json"],
        ["export", "--format", "folded"], ["export"], ["flame"],
    ])
    func memoryIsBoundedByTheFile(command: [String]) throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "ManyStacks", "exit", in: bench)
        let size = try Workbench.read(dump).count
        try #require(size > 4 << 20)
        let words = command.first == "peek" ? command + [dump] : [command[0], dump] + command.dropFirst()
        let output = command == ["flame"] ? ["-o", bench.path("page.html")] : []
        let outcome = try Program([SiltCommand.path] + words + output).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.peak < Self.most(size))
    }

    @Test(arguments: [["diff"], ["check", "--max-growth", "1M"]])
    func memoryIsBoundedByAllFilesThatAreCompared(command: [String]) throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "ManyStacks", "exit", in: bench)
        let size = try Workbench.read(dump).count
        let outcome = try Program([SiltCommand.path] + command + [dump, dump]).finish()
        #expect([0, 1].contains(outcome.status), "\(outcome.errors)")
        #expect(outcome.peak < Self.most(2 * size))
    }

    /// Sixty gigabytes, of which a header claims as much as there is.
    @Test func whatAFileClaimsIsNotAllocated() throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "Endings", in: bench)
        let huge = bench.path("huge.silt")
        let outcome = try Program(["/bin/sh", "-c", "cp '\(dump)' '\(huge)' && truncate -s 60G '\(huge)'"]).finish()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let top = try Program([SiltCommand.path, "top", huge]).finish()
        #expect(top.peak < Self.most(1 << 20), "\(top.errors)")
    }
}
