// SPDX-License-Identifier: Apache-2.0
//
// The file of accepted growth: read, made, filled, and never written over if it cannot be read.

import SiltDriver
import SiltProfile
import TestSupport
import Testing

@Suite struct BaselineFileTests {
    private func text(_ path: String) throws -> String { String(decoding: try Workbench.read(path), as: UTF8.self) }

    @Test func commentsAndOrderStayWhenEntriesAreWritten() throws {
        let bench = try Workbench()
        let path = try bench.write("# fills up\n100 insert < main\n\n7 other\n", to: "accepted.txt")
        var file = try BaselineFile(path: path)
        #expect(file.entries.entries.map(\.bytes) == [100, 7])
        try file.put([
            Baseline.Entry(bytes: 200, functions: ["insert", "main"]), Baseline.Entry(bytes: 9, functions: ["new"]),
        ])
        #expect(try text(path) == "# fills up\n100 insert < main\n\n7 other\n")
        try file.write()
        #expect(try text(path) == "# fills up\n200 insert < main\n\n7 other\n9 new\n")
        #expect(file.entries == (try BaselineFile(path: path)).entries)
    }

    /// As of samples for whose stacks there was no room.
    @Test func memoryWithoutAStackIsAccepted() throws {
        let bench = try Workbench()
        let path = try bench.write("", to: "accepted.txt")
        var file = try BaselineFile(path: path)
        try file.put([Baseline.accepting([], bytes: 5)])
        try file.write()
        #expect(try text(path) == "5 ?\n")
        let read = try BaselineFile(path: path).entries
        #expect(read.entry(for: [])?.bytes == 5)
        #expect(read.entry(for: ["main"]) == nil)
    }

    @Test func aMissingFileIsMadeOnlyIfThatIsAsked() throws {
        let bench = try Workbench()
        let path = bench.path("accepted.txt")
        #expect(
            throws: Failure.input(
                "\(path): cannot be read: No such file or directory; --update-baseline makes it")
        ) { try BaselineFile(path: path) }
        var file = try BaselineFile(path: path, mayBeMissing: true)
        #expect(file.entries.entries.isEmpty)
        try file.put([Baseline.Entry(bytes: 5, functions: ["f"])])
        try file.write()
        let lines = try text(path).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last == "5 f")
    }

    /// A directory: unlike the mode of a file, it stops root too.
    @Test func whatCannotBeReadIsNotWrittenOver() throws {
        let bench = try Workbench()
        let path = bench.path("folder")
        try bench.run(["/bin/mkdir", path])
        for mayBeMissing in [false, true] {
            let failure = #expect(throws: Failure.self) {
                try BaselineFile(path: path, mayBeMissing: mayBeMissing)
            }
            #expect(failure?.status == 3)
            #expect(failure?.description.hasPrefix("\(path): cannot be read: ") == true)
        }
    }

    @Test func aLineThatIsNoEntryIsNamed() throws {
        let bench = try Workbench()
        let path = try bench.write("# fine\nmany bytes\n", to: "accepted.txt")
        #expect(throws: Failure.input("\(path), line 2: many is no number of bytes")) { try BaselineFile(path: path) }
        #expect(throws: Failure.input("\(path), line 2: many is no number of bytes")) {
            try BaselineFile(path: path, mayBeMissing: true)
        }
    }

    @Test func whereItCannotBeWrittenIsTold() throws {
        var file = try BaselineFile(path: "/nonexistent/accepted.txt", mayBeMissing: true)
        try file.put([])
        #expect(throws: Failure.input("cannot write /nonexistent/accepted.txt: No such file or directory")) {
            try file.write()
        }
    }
}
