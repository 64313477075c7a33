// SPDX-License-Identifier: Apache-2.0
//
// Sessions in real files, and the dumps that are packed from them.

import CSiltFormat
import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct SessionImageTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func error(_ path: String) -> FileError? {
        do throws(FileError) {
            _ = try Session(contentsOf: path)
            return nil
        } catch {
            return error
        }
    }

    @Test func aFileReadsAsItsBytes() throws {
        let bytes = SessionBytes.small.live()
        let path = try directory.file("payments.4242.live.silt", bytes)
        #expect(try Session(contentsOf: path) == Session(bytes: bytes, path: path))
    }

    @Test func whatCannotBeReadIsToldApart() throws {
        let missing = directory.path + "/missing"
        #expect(error(missing) == .cannotOpen(path: missing, reason: "No such file or directory"))
        #expect(error(directory.path) == .isDirectory(path: directory.path))
        let empty = try directory.file("empty", "")
        #expect(error(empty) == .empty(path: empty))
        #expect(error("/dev/null") == .notRegular(path: "/dev/null"))
        let text = try directory.file("text", "hello")
        #expect(error(text) == .notSilt(path: text, found: Array("hello".utf8)))
    }

    @Test func onlyTheUsedPartOfASparseFileIsRead() throws {
        // The live region and the ring claim 2 TiB each, in a file that is as large; a few elements are in use.
        var session = SessionBytes.small
        session.ringCapacity = 5
        var bytes = session.live(slack: 0)
        let tebibytes: UInt64 = 2 << 40
        bytes.store(tebibytes / 32, at: [UInt8].place(of: .live, 8))
        bytes.store(tebibytes / 64, at: [UInt8].place(of: .ring, 8))
        let path = try directory.file("huge.1.live.silt", bytes, size: Int(2 * tebibytes))
        let image = try SessionImage(contentsOf: path)
        #expect(image.regions.values.map(\.count).reduce(0, +) < 4096)
        let read = Session(image)
        #expect(read.live.count == 3)
        #expect(read.events.count == 5)
    }

    @Test func aSparseFileThatClaimsToBeFullIsRefused() throws {
        var bytes = SessionBytes.small.live(slack: 0)
        let tebibyte: UInt64 = 1 << 40
        for (field, value) in [(8, tebibyte / 32), (24, tebibyte / 32), (32, tebibyte)] {
            bytes.store(value, at: [UInt8].place(of: .live, field))
        }
        let path = try directory.file("huge.1.live.silt", bytes, size: Int(2 * tebibyte))
        #expect(error(path) == .tooLarge(path: path, bytes: tebibyte, limit: SessionImage.limit))
    }

    @Test func aDumpPackedFromALiveFileHoldsTheSameRecords() throws {
        var session = SessionBytes.small
        for index in 0..<9 { session.addEvent(SILT_OP_ALLOC, 0x800 + UInt64(index), size: 8, time: 9, site: 2) }
        let live = try SessionImage(bytes: session.live(), path: "x")
        let packed = live.packed(as: .test)
        var dump = try Session(bytes: packed, path: "x")
        #expect(dump.header.kind == .dump)
        #expect(dump.header.dump == .test)
        #expect(dump.eventsOverwritten == 6)
        dump.header = live.header
        #expect(dump == Session(live))
    }

    @Test func aPackedDumpIsThePackedLayout() throws {
        // Header.Dump of the fixture, so that the bytes are those that the shim's own writer stores.
        let dump = SessionBytes.small.dump()
        let about = try #require(try Session(bytes: dump, path: "x").header.dump)
        let packed = try SessionImage(bytes: SessionBytes.small.live(), path: "x").packed(as: about)
        #expect(packed == dump)
        for region in RegionKind.allCases {
            #expect((packed.load(UInt64.self, at: [UInt8].place(of: region, 0)) ?? 1) % 64 == 0)
        }
    }

    @Test func aDumpOfADumpIsTheSameDump() throws {
        let image = try SessionImage(bytes: SessionBytes.small.dump(), path: "x")
        let once = image.packed(as: .test)
        #expect(try SessionImage(bytes: once, path: "x").packed(as: .test) == once)
    }

    @Test func tornElementsStayTornInADump() throws {
        var bytes = SessionBytes.small.live()
        bytes[bytes.place(ofElement: 1, in: .live) + 16] ^= 1
        bytes[bytes.place(ofElement: 0, in: .ring) + 16] ^= 1
        let image = try SessionImage(bytes: bytes, path: "x")
        var dump = try Session(bytes: image.packed(as: .test), path: "x")
        #expect(dump.torn.live == 1)
        #expect(dump.torn.events == 1)
        dump.header = image.header
        #expect(dump == Session(image))
    }

    @Test func aWrittenDumpReplacesWhatWasThereAndLeavesNothingElse() throws {
        let image = try SessionImage(bytes: SessionBytes.small.live(), path: "x")
        let path = try directory.file("payments.4242.3.silt", "old")
        try image.write(.test, to: path)
        #expect(try Session(contentsOf: path).header.dump == .test)
        #expect(try namesInDirectory(directory.path) == ["payments.4242.3.silt"])
        let nowhere = directory.path + "/missing/dump"
        #expect(throws: FileError.cannotWrite(path: nowhere, reason: "No such file or directory")) {
            try image.write(.test, to: nowhere)
        }
    }
}
