// SPDX-License-Identifier: Apache-2.0
//
// What a person names, and the files that are meant or the words if none is.

import SiltDriver
import TestSupport
import Testing

@Suite struct TargetTests {
    @Test func aPathIsTakenAsItIs() throws {
        let driver = Driver(directory: "/nonexistent")
        #expect(try driver.paths(of: ["./one", "two.silt", "/three"]) == ["./one", "two.silt", "/three"])
        #expect(try driver.path(of: "/three") == "/three")
    }

    @Test func whatNamesNoSessionTellsWhereItWasLookedFor() throws {
        let bench = try Workbench()
        let driver = Driver(directory: bench.directory)
        for target in ["nosuch", "4194305"] {
            let expected = Failure.input(
                "\(target): no session of that name or pid in \(bench.directory); start the program with `silt run`")
            #expect(throws: expected) { try driver.path(of: target) }
            #expect(throws: expected) { try driver.read([target]) }
            #expect(throws: expected) { try driver.dump(target) }
            #expect(throws: expected) { try driver.resident(target) }
        }
    }

    @Test func severalSessionsAreAmbiguousUnlessTheyAreMerged() throws {
        let bench = try Workbench()
        let programs = try (0..<2).map { _ in try Recorded.running("Orders", in: bench) }
        var driver = Driver(directory: bench.directory)
        let failure = #expect(throws: Failure.self) { try driver.paths(of: ["Orders"]) }
        #expect(failure?.status == 2)
        let lines = try #require(failure?.lines)
        try #require(lines.count == 4)
        #expect(lines[0] == "Orders: 2 sessions match; name one by its pid or its path:")
        #expect(lines[3] == "With --merge all of them are added up.")

        driver.merges = true
        let paths = programs.map(\.pid).sorted().map { bench.path("Orders.\($0).live.silt") }
        #expect(try driver.paths(of: ["Orders"]) == paths)
        // A dump is made of one session, whatever is merged.
        #expect(throws: Failure.self) { try driver.path(of: "Orders") }
    }

    @Test func aStackIsReadOfWhatRunsOnly() throws {
        let bench = try Workbench()
        let dump = try Recorded.dump(of: "Orders", in: bench)
        let driver = Driver(directory: bench.directory)
        #expect(
            throws: Failure.use(
                "\(dump) is a dump: --stacks looks into running processes; name a pid or a program")
        ) { try driver.tracees([dump]) }
        // A pid is looked into even if nothing is recorded of it.
        #expect(try driver.tracees(["4194305"]).map(\.pid) == [4_194_305])
        #expect(throws: Failure.input("no process 4194305")) { try driver.threadStacks(["4194305"]) }
    }
}
