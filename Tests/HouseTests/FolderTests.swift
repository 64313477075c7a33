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

    /// The pages of the manual.
    private static let manual = (try? House.own.files(in: "Sources/silt/silt.docc", suffix: ".md")) ?? []

    @Test(arguments: ["Sources/README.md", "CShim/README.md"])
    func aMapNamesEveryFolder(page: String) throws {
        let unnamed = try House.own.unnamedFolders(by: page)
        #expect(unnamed == [])
    }

    @Test(
        arguments: [
            "README.md", ".github/CONTRIBUTING.md", "Sources/README.md", "CShim/README.md", "Benchmarks/README.md",
        ] + manual)
    func whatAPageNamesIsThere(page: String) throws {
        let folders = try House.own.missingFolders(in: page)
        let links = try House.own.missingLinks(in: page)
        #expect(folders == [])
        #expect(links == [])
    }

    @Test func thePagesOfTheManualAreLinkedFromItsEntryAndFromTheReadme() throws {
        #expect(Self.manual.count >= 8)
        for page in Self.manual where !page.hasSuffix("/Silt.md") {
            let name = page.split(separator: "/").last?.split(separator: ".").first ?? ""
            #expect(try House.own.text("Sources/silt/silt.docc/Silt.md").contains("- <doc:\(name)>\n"), "\(page)")
            #expect(try House.own.text("README.md").contains("](\(page))"), "\(page)")
        }
        for page in Self.manual { #expect(try House.own.missingPages(in: page) == [], "\(page)") }
    }

    @Test func everyHazardNamesATestThatExists() throws {
        let missing = try House.own.missingTests(in: "CShim/README.md", searched: ["Tests", "Benchmarks"])
        #expect(missing == [])
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

    @Test func aTestThatIsNotThereIsReported() throws {
        try directory.file("Tests/a.c", "void known_answer(void) {}")
        try directory.file(
            "code/README.md",
            "| hazard | guarded by |\n|---|---|\n| `x` | `a.c`, `known_answer`, `gone` |\n\n| a | `b` |\n")
        #expect(try house.missingTests(in: "code/README.md", searched: ["Tests"]) == ["gone"])
    }

    @Test func aLinkToNothingIsReported() throws {
        try directory.file("code/README.md", "[a](../there.md) [b](gone.md#part) [c](https://example.org) [d](#here)\n")
        try directory.file("there.md", "")
        #expect(try house.missingLinks(in: "code/README.md") == ["gone.md"])
    }
}
