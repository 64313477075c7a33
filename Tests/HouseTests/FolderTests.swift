// SPDX-License-Identifier: Apache-2.0
//
// Folders stay small, and the pages that describe them name each one and no other.

import TestFixtures
import Testing

@Suite struct FolderTests {
    @Test(arguments: ["Sources", "CShim"])
    func noFolderIsCrowded(folder: String) throws {
        let crowded = try House.own.crowdedFolders(in: folder)
        #expect(crowded == [])
    }

    // Of CShim/README.md this is checked by Tests/ShimTests/Makefile, without Swift.
    @Test func theMapNamesEveryFolder() throws {
        let unnamed = try House.own.unnamedFolders(by: "Sources/README.md")
        #expect(unnamed == [])
    }

    @Test(arguments: [
        "README.md", ".github/CONTRIBUTING.md", "Sources/README.md", "CShim/README.md", "Benchmarks/README.md",
    ])
    func whatAPageNamesIsThere(page: String) throws {
        let folders = try House.own.missingFolders(in: page)
        let links = try House.own.missingLinks(in: page)
        #expect(folders == [])
        #expect(links == [])
    }

    // MARK: The rules themselves fail when they should

    private let directory: TemporaryDirectory
    private let house: House

    init() throws {
        directory = try TemporaryDirectory()
        house = House(root: directory.path)
    }

    @Test func aFolderWithTooManyNounsIsReported() throws {
        for noun in 1...14 {
            try directory.file("code/full/n\(noun).c", "")
            try directory.file("code/full/n\(noun).h", "")
        }
        try directory.file("code/full/Makefile", "")
        #expect(try house.crowdedFolders(in: "code") == [])
        try directory.file("code/full/one_more.h", "")
        #expect(try house.crowdedFolders(in: "code") == ["code/full"])
    }

    @Test func aFolderThatThePageDoesNotNameIsReported() throws {
        try directory.directory("code/named/inner")
        try directory.directory("code/.build/hidden")
        try directory.file("code/README.md", "`named/` holds named/inner/, and `named/inner` is no folder's name.\n")
        #expect(try house.unnamedFolders(by: "code/README.md") == ["named/inner"])
        try directory.file("code/README.md", "`named/` and `named/inner/`.\n")
        #expect(try house.unnamedFolders(by: "code/README.md") == [])
    }

    @Test func aFolderThatIsNotThereIsReported() throws {
        try directory.directory("code/named")
        try directory.file("code/README.md", "`named/`, `code/`, `gone/` and `/tmp/silt-<uid>/`.\n")
        #expect(try house.missingFolders(in: "code/README.md") == ["gone"])
    }

    @Test func aLinkToNothingIsReported() throws {
        try directory.file("code/README.md", "[a](../there.md) [b](gone.md#part) [c](https://example.org) [d](#here)\n")
        try directory.file("there.md", "")
        #expect(try house.missingLinks(in: "code/README.md") == ["gone.md"])
    }
}
