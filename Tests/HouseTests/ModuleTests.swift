// SPDX-License-Identifier: Apache-2.0
//
// Modules import in one direction, and the operating system and C libraries only behind their fences.

import TestFixtures
import Testing

@Suite struct ModuleTests {
    /// Which folders of Sources may import a module; all others may not.
    private static let fences = [
        // SiltTrace for ptrace(2) and pthreads, SiltProfile's statistics for mathematics.
        "Glibc": ["SiltHost", "SiltTrace", "SiltProfile"],
        "CHost": ["SiltHost"],
        "CSiltFormat": ["SiltFile"],
        "CElfutils": ["SiltSymbols"],
        "Runtime": ["SiltSymbols"],
        "CTrace": ["SiltTrace"],
        "CZlib": ["SiltPprof", "SiltSymbols"],
        "ArgumentParser": ["silt"],
        "Hummingbird": ["SiltServer"],
        "HummingbirdCore": ["SiltServer"],
        "Logging": ["SiltServer"],
        "NIOCore": ["SiltServer"],
        "NIOPosix": ["SiltServer"],
        "NIOHTTP1": ["SiltServer"],
        "HTTPTypes": ["SiltServer"],
        "ServiceLifecycle": ["SiltServer"],
        "UnixSignals": ["SiltServer"],
        "AsyncHTTPClient": ["SiltServer"],
        // Runs in SwiftPM, on a developer's machine, and is no part of silt.
        "Foundation": ["SiltCommand"],
        "FoundationEssentials": [],
    ]

    @Test func everyModuleIsInTheTable() throws {
        let modules = try House.own.folders(in: "Sources").filter { !$0.contains("/") && !$0.hasPrefix("C") }
        let tabled = try House.own.modules(tabledBy: "Sources/README.md")
        #expect(tabled.sorted() == modules.sorted())
    }

    @Test func aModuleImportsOnlyThoseAboveItInTheTable() throws {
        let modules = try House.own.modules(tabledBy: "Sources/README.md")
        let against = try House.own.importsAgainstTheDirection(of: modules, in: "Sources")
        #expect(against == [])
    }

    /// Calls that read, write or ask the system take pointers, which strict memory safety wants marked as unsafe.
    @Test func onlyTheModulesBehindAFenceHandlePointers() throws {
        let fenced: Set = ["SiltHost", "SiltFile", "SiltSymbols", "SiltTrace", "SiltPprof"]
        let others = try House.own.modules(tabledBy: "Sources/README.md").filter { !fenced.contains($0) }
        let lines = try others.flatMap { try House.own.unsafeLines(in: "Sources/\($0)") }
        #expect(lines == [])
    }

    /// The manual says so: `silt` is a command, and its modules are for itself.
    @Test func nothingIsPublic() throws {
        let lines = try House.own.publicLines(in: "Sources")
        #expect(lines == [])
    }

    @Test func messagesAreInPlainWords() throws {
        let lines = try House.own.unplainMessages(in: "Sources")
        #expect(lines == [])
    }

    @Test func theSystemIsImportedOnlyBehindItsFences() throws {
        let outside = try House.own.importsOutside(Self.fences, in: "Sources")
        #expect(outside == [])
    }

    // MARK: The rules themselves fail when they should

    private let directory: TemporaryDirectory
    private let house: House

    init() throws {
        directory = try TemporaryDirectory()
        house = House(root: directory.path)
    }

    @Test func importsAgainstTheDirectionAndOutsideTheFencesAreReported() throws {
        try directory.file(
            "Sources/README.md",
            "`Other/`\n\n| module | owns |\n|---|---|\n| `Low/` | a |\n| `High/` | b |\n\n| `No/` | c |\n")
        try directory.file("Sources/Low/A/a.swift", "// import High\npackage import High\nimport Strange\n")
        try directory.file("Sources/High/b.swift", "import Low\n@testable import Glibc\nimport struct Glibc.stat\n")
        let modules = try house.modules(tabledBy: "Sources/README.md")
        #expect(modules == ["Low", "High"])
        let against = try house.importsAgainstTheDirection(of: modules, in: "Sources")
        #expect(against == ["Sources/Low/A/a.swift imports High"])
        let outside = "Sources/High/b.swift imports Glibc"
        #expect(try house.importsOutside(["Glibc": ["Low"]], in: "Sources") == [outside, outside])
        #expect(try house.importsOutside(["Glibc": ["High"]], in: "Sources") == [])
    }

    @Test func messagesInOtherWordsAreReported() throws {
        try directory.file(
            "Sources/Low/a.swift", "// \"is gone\"\nlet nobody = \"process is gone\"\nlet b = \"is going\"\n")
        #expect(try house.unplainMessages(in: "Sources") == ["Sources/Low/a.swift:2"])
    }

    @Test func publicLinesAreReported() throws {
        try directory.file("Sources/Low/a.swift", "// public\npublic struct A {}\npackage var b = \"public c\"\n")
        #expect(try house.publicLines(in: "Sources") == ["Sources/Low/a.swift:2"])
    }

    @Test func unsafeLinesAreReported() throws {
        try directory.file("Sources/Low/a.swift", "// unsafe\nlet a = unsafe b\nlet notunsafe = 1\n")
        #expect(try house.unsafeLines(in: "Sources/Low") == ["Sources/Low/a.swift:2"])
    }
}
