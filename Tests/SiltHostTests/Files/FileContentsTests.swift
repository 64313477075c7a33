// SPDX-License-Identifier: Apache-2.0
//
// Whole files, and how bytes are written in hexadecimal.

import SiltHost
import TestFixtures
import Testing

@Suite struct FileContentsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func aFileIsReadUpToTheLimit() throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let path = try directory.file("a", bytes)
        #expect(try contentsOfFile(path) == bytes)
        #expect(try contentsOfFile(path, limit: 70_000) == Array(bytes.prefix(70_000)))
    }

    @Test func aMissingFileIsToldApart() {
        let path = directory.path + "/missing"
        #expect { try contentsOfFile(path) } throws: { ($0 as? SystemError)?.isMissing == true }
        #expect { try contentsOfFile("/proc/self/mem") } throws: { ($0 as? SystemError)?.isMissing == false }
    }

    @Test func aReplacedFileIsPrivateAndLeavesNoTemporaryName() throws {
        let path = try directory.file("a", "old")
        try replaceFile(path, with: Array("new".utf8))
        #expect(try contentsOfFile(path) == Array("new".utf8))
        #expect(try namesInDirectory(directory.path) == ["a"])
    }

    @Test func aFileThatCannotBeReplacedStays() throws {
        let path = try directory.directory("folder")
        try directory.file("folder/a", "old")
        #expect(throws: SystemError.self) { try replaceFile(path, with: Array("new".utf8)) }
        #expect(try namesInDirectory(directory.path) == ["folder"])
        #expect(try contentsOfFile(path + "/a") == Array("old".utf8))
    }

    @Test func bytesAndNumbersAreWrittenInHexadecimal() {
        #expect(hexadecimal([0, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(hexadecimal([0, 0x0f, 0xa0], separator: " ") == "00 0f a0")
        #expect(hexadecimal([]) == "")
        #expect(hexadecimal(0xbeef) == "0xbeef")
    }
}
