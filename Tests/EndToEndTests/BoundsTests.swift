// SPDX-License-Identifier: Apache-2.0
//
// What Tests/README.md says of the command's memory. Nothing here measures time.

import TestSupport
import Testing

@Suite struct BoundsTests {
    /// Bytes, for so many bytes of files.
    private static func most(_ size: Int) -> Int { 64 << 20 + 20 * size }

    /// The exit status of silt with these arguments, and the most memory that it had at a time, in bytes.
    ///
    /// Another program asks the kernel: a child begins with what its parent has, and this one has much.
    private func run(_ arguments: [String], in bench: Workbench) throws -> (status: Int, peak: Int) {
        let script = """
            import os, subprocess, sys
            child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
            """
        let words = try bench.run(["/usr/bin/python3", "-c", script, SiltCommand.path] + arguments)
        let figures = words.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(figures.count == 2, "\(words)")
        return (figures[0], figures[1])
    }

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
        let outcome = try run(words + output, in: bench)
        #expect(outcome.status == 0)
        #expect(outcome.peak < Self.most(size))
    }

    @Test(arguments: [["diff"], ["check", "--max-growth", "1M"]])
    func memoryIsBoundedByAllFilesThatAreCompared(command: [String]) throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "ManyStacks", "exit", in: bench)
        let size = try Workbench.read(dump).count
        let outcome = try run(command + [dump, dump], in: bench)
        #expect([0, 1].contains(outcome.status))
        #expect(outcome.peak < Self.most(2 * size))
    }

    /// Sixty gigabytes, of which a header claims as much as there is.
    @Test func whatAFileClaimsIsNotAllocated() throws {
        let bench = try Workbench()
        let dump = try Victims.dump(of: "Endings", in: bench)
        let huge = bench.path("huge.silt")
        let outcome = try Program(["/bin/sh", "-c", "cp '\(dump)' '\(huge)' && truncate -s 60G '\(huge)'"]).finish()
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(try run(["top", huge], in: bench).peak < Self.most(1 << 20))
    }
}
