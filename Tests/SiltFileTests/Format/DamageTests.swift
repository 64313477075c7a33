// SPDX-License-Identifier: Apache-2.0
//
// Bytes that no writer made: each is either refused with a reason and an offset, or read without what is damaged.
// The builds that run these trap on every overflow and every index out of range.

import CSiltFormat
import TestSupport
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct DamageTests {
    private func error(_ bytes: [UInt8]) -> FileError? {
        do throws(FileError) {
            _ = try Session(bytes: bytes, path: "x")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [false, true]) func everyPrefixIsRefusedWithWhatIsMissing(isDump: Bool) {
        var session = SessionBytes.small
        session.ringCapacity = session.events.count
        let file = isDump ? session.dump() : session.live(slack: 0)
        #expect(error([]) == .empty(path: "x"))
        for count in 1..<file.count {
            let error = error(Array(file.prefix(count)))
            guard case .truncated(_, let offset, let needed, let available) = error else {
                Issue.record("\(count) bytes: \(String(describing: error))")
                continue
            }
            #expect(needed > available)
            #expect(offset + needed <= UInt64(file.count))
            if count < 4096 {
                #expect(error == .truncated(path: "x", offset: 0, needed: 4096, available: UInt64(count)))
            }
        }
        #expect(error(file) == nil)
    }

    @Test func otherFilesAreToldByTheirFirstBytes() {
        #expect(error(Array("#!/bin/sh\n".utf8)) == .notSilt(path: "x", found: Array("#!/bin/s".utf8)))
        #expect(
            error(Array("#!/bin/sh\n".utf8))?.description
                == "x: is not a Silt file: it starts with 23 21 2f 62 69 6e 2f 73, expected 53 49 4c 54 48 45 41 50"
                + " (\"SILTHEAP\") at offset 0")
        #expect(
            error([UInt8](repeating: 0, count: 4096))?.description
                == "x: is not finished: its first 8 bytes are still zero; the process is just starting its session,"
                + " or died while doing so")
    }

    @Test func theOtherByteOrderIsToldFromDamage() {
        var swapped = SessionBytes.small.dump()
        swapped.replace(at: 0, with: Array("PAEHTLIS".utf8))
        #expect(error(swapped) == .wrongByteOrder(path: "x", offset: 0))
        var field = SessionBytes.small.dump()
        field.store(UInt32(0x0403_0201), at: 16)
        #expect(error(field) == .wrongByteOrder(path: "x", offset: 16))
        field.store(UInt32(7), at: 16)
        #expect(
            error(field)
                == .corrupt(path: "x", field: "byte_order", offset: 16, value: 7, expected: "16909060"))
    }

    @Test func anotherVersionSaysWhichSideIsNewer() {
        var bytes = SessionBytes.small.dump()
        bytes.store(UInt32(4), at: 8)
        #expect(
            error(bytes)?.description
                == "x: has format version 4, and this silt reads version 3; the file is newer than this silt:"
                + " read it with the silt that came with its libsilt.so")
        bytes.store(UInt32(0), at: 8)
        #expect(
            error(bytes)?.description
                == "x: has format version 0, and this silt reads version 3; this silt is newer than the file:"
                + " read it with an older silt, or profile again")
    }

    /// Offset, width, value, and the name in the error.
    @Test(arguments: [
        (12, 4, 4095, "header_size"), (22, 2, 0, "kind"), (22, 2, 3, "kind"), (28, 4, 0, "pid"),
        (28, 4, 0x8000_0000, "pid"), (32, 8, 0, "interval"), (92, 4, 0, "unwind"), (92, 4, 9, "unwind"),
        (100, 4, 0, "state"), (116, 4, 1025, "exe_size"), (136, 4, 6, "reason"), (152, 8, 5, "dump_monotonic"),
    ])
    func eachHeaderFieldThatMattersIsChecked(offset: Int, width: Int, value: UInt64, name: String) {
        var bytes = SessionBytes.small.dump()
        bytes.replace(at: offset, with: (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) })
        guard case .corrupt(_, let field, let place, let found, _) = error(bytes) else {
            Issue.record("\(name): \(String(describing: error(bytes)))")
            return
        }
        #expect(field == name)
        #expect(place == UInt64(offset))
        #expect(found == value)
    }

    @Test(arguments: RegionKind.allCases)
    func aRegionThatCannotBeIsRefused(region: RegionKind) {
        let file = SessionBytes.small.dump()
        let place = UInt64([UInt8].place(of: region, 0))
        func with(_ value: UInt64, at field: Int) -> FileError? {
            var bytes = file
            bytes.store(value, at: [UInt8].place(of: region, field))
            return error(bytes)
        }
        #expect(
            with(99, at: 16)
                == .corrupt(
                    path: "x", field: "\(region).element_size", offset: place + 16, value: 99,
                    expected: "\(region.elementSize)"))
        #expect(
            with(64, at: 0)
                == .corrupt(path: "x", field: "\(region).offset", offset: place, value: 64, expected: "at least 4096"))
        guard case .truncated(_, UInt64.max, _, 0) = with(.max, at: 0) else {
            Issue.record("an offset behind the end was taken")
            return
        }
        var huge = file
        huge.store(UInt64.max, at: [UInt8].place(of: region, 8))
        huge.store(UInt64.max, at: [UInt8].place(of: region, 24))
        guard case .truncated(_, _, .max, _) = error(huge) else {
            Issue.record("a count that overflows was taken")
            return
        }
    }

    @Test func tornElementsAreDroppedAndCounted() throws {
        let whole = SessionBytes.small
        func read(_ damage: (inout [UInt8]) -> Void) throws -> Session {
            var bytes = whole.dump()
            damage(&bytes)
            return try Session(bytes: bytes, path: "x")
        }
        let live = try read { $0[$0.place(ofElement: 1, in: .live) + 16] ^= 1 }
        #expect(live.live.map(\.address) == [0x5000, 0x9000])
        #expect(live.torn.live == 1)
        let event = try read { $0[$0.place(ofElement: 2, in: .ring) + 24] ^= 1 }
        #expect(event.events.map(\.address) == [0x3000, 0x5000, 0x7000, 0x9000])
        #expect(event.torn.events == 1)
        let module = try read { $0.store(UInt32.max, at: $0.place(ofElement: 0, in: .modules) + 48) }
        #expect(module.modules.map(\.path) == ["/lib/libc.so.6"])
        #expect(module.torn.modules == 1)
        let stack = try read { $0[$0.place(ofElement: 1, in: .stacks) + 24] ^= 1 }
        #expect(Set(stack.sites.keys) == [2])
        #expect(stack.live.map(\.address) == [0x9000])
        #expect(stack.events.map(\.address) == [0x9000])
        #expect(stack.torn == TornCounts(stacks: 1, sites: 1, live: 2, events: 4))
        let thread = try read { $0[$0.place(ofElement: 0, in: .threads) + 16] ^= 1 }
        #expect(thread.threads.map(\.time) == [4_500_000_000])
        #expect(thread.torn.threads == 1)
        let orphan = try read { $0[$0.place(ofElement: 9, in: .stacks) + 16] ^= 1 }
        #expect(orphan.threads.isEmpty)
        #expect(orphan.torn == TornCounts(stacks: 1, threads: 2))
        let site = try read { $0.store(UInt32(496), at: $0.place(ofElement: 2, in: .sites) + 4) }
        #expect(Set(site.sites.keys) == [1])
        #expect(site.torn == TornCounts(sites: 1, live: 1, events: 1))
    }

    @Test func elementsStillBeingWrittenAreNoneAndNotTorn() throws {
        var bytes = SessionBytes.small.dump()
        bytes.store(UInt64(0), at: bytes.place(ofElement: 4, in: .ring))
        bytes.store(UInt64(SILT_LIVE_BUSY), at: bytes.place(ofElement: 2, in: .live))
        bytes.store(UInt32(0), at: bytes.place(ofElement: 2, in: .sites))
        bytes.store(UInt32(0), at: bytes.place(ofElement: 1, in: .modules) + 68)
        bytes.store(UInt16(SILT_THREAD_MAKING.rawValue), at: bytes.place(ofElement: 0, in: .threads) + 46)
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.events.count == 4)
        #expect(session.live.count == 2)
        #expect(session.sites.count == 1)
        #expect(session.modules.count == 1)
        #expect(session.threads.count == 1)
        #expect(session.torn.total == 0)
    }

    @Test func aSlotThatStillHoldsTheOverwrittenLapIsNoEvent() throws {
        var session = SessionBytes.small
        for index in 0..<5 { session.addEvent(SILT_OP_ALLOC, 0x100 + UInt64(index), size: 1, time: 1, site: 1) }
        var bytes = session.live()
        // Claimed, but the writer has not come to it: sequence 3 still stands in slot 2.
        bytes.store(UInt64(11), at: [UInt8].place(of: .ring, 24))
        let read = try Session(bytes: bytes, path: "x")
        #expect(read.events.count == 7)
        #expect(read.eventsOverwritten == 3)
        #expect(read.torn.events == 0)
    }

    @Test(arguments: [UInt64(1), 20_261_122])
    func randomDamageNeverTraps(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let files = [SessionBytes.small.dump(), SessionBytes.small.live()]
        // Most of the header is padding: aim at the fields and the regions.
        for round in 0..<4000 {
            var bytes = files[round % 2]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place =
                    Bool.random(using: &random)
                    ? Int.random(in: 0..<1040, using: &random) : Int.random(in: 4096..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
                }
            }
            do throws(FileError) {
                let image = try SessionImage(bytes: bytes, path: "x")
                let session = Session(image)
                #expect(session.live.allSatisfy { session.sites[$0.site] != nil }, "seed \(seed), round \(round)")
                var again = try Session(bytes: image.packed(as: .test), path: "x")
                again.header = session.header
                #expect(again == session, "seed \(seed), round \(round)")
            } catch {
                #expect(error.description.hasPrefix("x: "), "seed \(seed), round \(round)")
            }
        }
    }
}

extension TornCounts {
    fileprivate init(
        modules: Int = 0, stacks: Int = 0, sites: Int = 0, live: Int = 0, events: Int = 0, threads: Int = 0
    ) {
        self.init()
        self.modules = modules
        self.stacks = stacks
        self.sites = sites
        self.live = live
        self.events = events
        self.threads = threads
    }
}

extension Header.Dump {
    static let test = Header.Dump(
        reason: .reader, sequence: 3, realtime: 1_700_000_000_000_000_500, monotonic: .max, rss: 5, memoryLimit: 7,
        memoryCurrent: 6)
}
