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
        bytes.store(UInt32(5), at: 8)
        #expect(
            error(bytes)?.description
                == "x: has format version 5, and this silt reads versions 3 and 4; the file is newer than this silt:"
                + " read it with the silt that came with its libsilt.so")
        bytes.store(UInt32(0), at: 8)
        #expect(
            error(bytes)?.description
                == "x: has format version 0, and this silt reads versions 3 and 4; this silt is newer than the file:"
                + " read it with an older silt, or profile again")
    }

    /// Offset, width, value, and the name in the error.
    @Test(arguments: [
        (12, 4, 4095, "header_size"), (22, 2, 0, "kind"), (22, 2, 3, "kind"), (28, 4, 0, "pid"),
        (28, 4, 0x8000_0000, "pid"), (108, 4, 16, "interval"), (784, 8, 0, "intervals[0]"),
        (1232, 4, 1, "interval_now"), (92, 4, 0, "unwind"),
        (92, 4, 9, "unwind"),
        (100, 4, 0, "state"), (100, 4, 5, "state"), (116, 4, 1025, "exe_size"), (136, 4, 6, "reason"),
        (152, 8, 5, "dump_monotonic"),
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

    @Test(arguments: FormatVersion.four.regions)
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

    /// A dump after some damage; its checksums are made to hold unless told otherwise.
    private func damaged(isSealed: Bool = true, _ damage: (inout [UInt8]) -> Void) throws -> Session {
        var bytes = SessionBytes.small.dump()
        damage(&bytes)
        if isSealed { bytes.seal() }
        return try Session(bytes: bytes, path: "x")
    }

    @Test func tornElementsAreDroppedAndCounted() throws {
        let live = try damaged { $0[$0.place(ofElement: 1, in: .live) + 16] ^= 1 }
        #expect(live.live.map(\.address) == [0x5000, 0x9000])
        #expect(live.torn == TornCounts(live: 1))
        let event = try damaged { $0[$0.place(ofElement: 2, in: .ring) + 24] ^= 1 }
        #expect(event.events.map(\.address) == [0x3000, 0x5000, 0x7000, 0x9000])
        #expect(event.torn == TornCounts(events: 1))
        let thread = try damaged { $0[$0.place(ofElement: 0, in: .threads) + 16] ^= 1 }
        #expect(thread.threads.map(\.time) == [4_500_000_000])
        #expect(thread.torn == TornCounts(threads: 1))
        #expect(live.damage.isEmpty && event.damage.isEmpty && thread.damage.isEmpty)
    }

    @Test func aTornModuleLeavesItsFramesUnknown() throws {
        let module = try damaged { $0.store(UInt32.max, at: $0.place(ofElement: 0, in: .modules) + 56) }
        #expect(module.modules.map(\.path) == ["/lib/libc.so.6"])
        let unknown = FrameAddress(.omitted)
        #expect(
            module.stacks[132] == Stack(frames: [unknown, unknown, FrameAddress(.module(0, address: 0x3333))]))
        #expect(module.torn == TornCounts(modules: 1, frames: 4))
        // Two ranges that leave the address space where the module lies.
        for field in [16, 32] {
            let wrapped = try damaged { $0.store(UInt64.max, at: $0.place(ofElement: 1, in: .modules) + field + 8) }
            #expect(wrapped.torn.modules == 1)
        }
    }

    @Test func aFrameOutsideItsModuleIsUnknown() throws {
        let words: [UInt64] = [1 << 48 | 0x10_0000, 3 << 48, 0xffff << 48 | 7, 0xfffd << 48]
        for word in words {
            let session = try damaged { $0.store(word, at: $0.place(ofElement: 4, in: .frames)) }
            #expect(session.stacks[132]?.frames[1] == FrameAddress(.omitted))
            #expect(session.torn == TornCounts(frames: 1))
        }
    }

    @Test func memoryWhoseStackCannotBeReadStaysInTheTotals() throws {
        // The leaf's word of the first stack; its hash tells.
        let stack = try damaged { $0.store(UInt32(4), at: $0.place(ofElement: 132, in: .stacks)) }
        #expect(Set(stack.sites.keys) == [2])
        #expect(stack.live.map(\.address) == [0x5000, 0x7000, 0x9000])
        #expect(stack.events.count == 5)
        #expect(stack.torn == TornCounts(stacks: 1, sites: 1))
        let spawn = try damaged { $0.store(UInt32(0), at: $0.place(ofElement: 139, in: .stacks)) }
        #expect(spawn.threads.count == 2)
        #expect(spawn.torn == TornCounts(stacks: 1))
        let site = try damaged { $0.store(UInt16(496), at: $0.place(ofElement: 2, in: .sites) + 4) }
        #expect(Set(site.sites.keys) == [1])
        #expect(site.live.count == 3)
        #expect(site.torn == TornCounts(sites: 1))
        let nowhere = try damaged { bytes in
            for index in 0..<3 {
                let place = bytes.place(ofElement: index, in: .live)
                let size: UInt64 = 8
                let check = UInt64(silt_live_check(0x5000, size, 1, 3, 1))
                bytes.store(
                    silt_live(address: 0x5000, size48_check16: check << 48 | size, time: 1, site: 3, thread: 1),
                    at: place)
            }
        }
        #expect(nowhere.live.isEmpty)
        #expect(nowhere.torn == TornCounts(live: 3))
    }

    // MARK: Checksums

    @Test(arguments: FormatVersion.four.regions)
    func oneChangedBitOfARegionIsToldByItsChecksum(region: RegionKind) throws {
        let whole = SessionBytes.small.dump()
        let start = whole.place(ofElement: 0, in: region)
        let length = Int(whole.load(UInt64.self, at: [UInt8].place(of: region, 8)) ?? 0) * region.elementSize
        for place in start..<start + length {
            let session = try damaged(isSealed: false) { $0[place] ^= 0x10 }
            #expect(session.damage == [Damage(region: region, bytes: UInt64(length))])
        }
    }

    @Test func anyChangeOfTheHeaderIsToldByItsChecksum() throws {
        let whole = SessionBytes.small.dump()
        for place in stride(from: 0, to: 4096, by: 4) {
            var bytes = whole
            bytes[place] ^= 0x10
            do throws(FileError) {
                #expect(try Session(bytes: bytes, path: "x").damage.contains { $0.region == nil }, "offset \(place)")
            } catch {
                #expect(error.description.hasPrefix("x: "))
            }
        }
    }

    @Test func damageOfTheStacksLeavesTheSitesTheirCounters() throws {
        let session = try damaged(isSealed: false) { $0.store(UInt32(4), at: $0.place(ofElement: 132, in: .stacks)) }
        #expect(Set(session.sites.keys) == [1, 2])
        #expect(Set(session.stacks.keys) == [135, 139])
        #expect(session.torn == TornCounts(stacks: 1))
        #expect(session.damage.map(\.region) == [.stacks])
    }

    @Test func theMostDamagingZerosAreTold() throws {
        // What is overwritten with zeros fails no check of its own: it is not there.
        let session = try damaged(isSealed: false) { bytes in
            bytes.replace(at: bytes.place(ofElement: 0, in: .live), with: [UInt8](repeating: 0, count: 96))
        }
        #expect(session.live.isEmpty)
        #expect(session.torn.total == 0)
        #expect(session.damage == [Damage(region: .live, bytes: 96)])
    }

    @Test func aDumpOfADamagedDumpDoesNotVouchForIt() throws {
        var bytes = SessionBytes.small.dump()
        bytes[bytes.place(ofElement: 1, in: .sites) + 20] ^= 1
        bytes[1200] ^= 1
        let image = try SessionImage(bytes: bytes, path: "x")
        #expect(image.damage.map(\.region) == [nil, .sites])
        #expect(try SessionImage(bytes: image.packed(as: .test), path: "x").damage == image.damage)
    }

    @Test func damageThatLeavesNothingIsHandedOn() throws {
        var bytes = SessionBytes.small.dump()
        let ring = bytes.place(ofElement: 0, in: .ring)
        bytes.replace(at: ring, with: [UInt8](repeating: 0, count: 5 * 64))
        let image = try SessionImage(bytes: bytes, path: "x")
        let again = try SessionImage(bytes: image.packed(as: .test), path: "x")
        #expect(again.count(of: .ring) == 0)
        #expect(again.damage.map(\.region) == [.ring])
    }

    @Test func aLiveFileHasNoChecksums() throws {
        var bytes = SessionBytes.small.live()
        bytes[bytes.place(ofElement: 1, in: .live) + 16] ^= 1
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.damage.isEmpty)
        #expect(session.torn == TornCounts(live: 1))
    }

    @Test func elementsStillBeingWrittenAreNoneAndNotTorn() throws {
        var bytes = SessionBytes.small.dump()
        bytes.store(UInt64(0), at: bytes.place(ofElement: 4, in: .ring))
        bytes.store(UInt64(SILT_LIVE_BUSY), at: bytes.place(ofElement: 2, in: .live))
        bytes.store(UInt32(0), at: bytes.place(ofElement: 2, in: .sites))
        bytes.store(UInt32(0), at: bytes.place(ofElement: 1, in: .modules) + 72)
        bytes.store(UInt16(SILT_THREAD_MAKING.rawValue), at: bytes.place(ofElement: 0, in: .threads) + 46)
        bytes.seal()
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.events.count == 4)
        #expect(session.live.count == 2)
        #expect(session.sites.count == 1)
        #expect(session.modules.count == 1)
        #expect(session.threads.count == 1)
        // The frame in the module that is not there yet.
        #expect(session.torn == TornCounts(frames: 1))
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
        let version3 = try Version3Tests.fixture("exact")
        let files = [SessionBytes.small.dump(), SessionBytes.small.live(), version3]
        // Most of the header is padding: aim at the fields and the regions.
        for round in 0..<4500 {
            var bytes = files[round % 3]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place =
                    Bool.random(using: &random)
                    ? Int.random(in: 0..<2560, using: &random) : Int.random(in: 4096..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
                default:
                    let word = place & ~3
                    bytes.store([0, 1, 128, 0x8000_0000, .max].randomElement(using: &random) ?? UInt32(0), at: word)
                }
            }
            // Half of them as somebody would make them who knows the format.
            if round % 6 >= 3, round % 3 == 0 { bytes.seal() }
            do throws(FileError) {
                let image = try SessionImage(bytes: bytes, path: "x")
                let session = Session(image)
                let places = image.count(of: .sites)
                #expect(session.live.allSatisfy { Int($0.site) < places }, "seed \(seed), round \(round)")
                var again = try Session(bytes: image.packed(as: .test), path: "x")
                #expect(again.damage.map(\.region) == session.damage.map(\.region), "seed \(seed), round \(round)")
                again.header = session.header
                again.damage = session.damage
                #expect(again == session, "seed \(seed), round \(round)")
            } catch {
                #expect(error.description.hasPrefix("x: "), "seed \(seed), round \(round)")
            }
        }
    }

    /// A sound file is not damaged because it is too large for who reads it: its totals stay.
    @Test func whatThereIsNoRoomForIsNotDamaged() throws {
        let image = try SessionImage(bytes: SessionBytes.small.dump(), path: "small")
        let (whole, cut) = (Session(image), Session(image, mostFrames: 0))
        #expect(whole.stacksNotRead == 0 && !whole.stacks.isEmpty)
        #expect(cut.sites == whole.sites && cut.live == whole.live && cut.torn == whole.torn)
        #expect(cut.stacksNotRead == whole.stacks.values.count { !$0.frames.isEmpty })
        #expect(cut.stacks.values.allSatisfy { $0.frames.isEmpty })
    }
}

extension TornCounts {
    init(
        modules: Int = 0, frames: Int = 0, stacks: Int = 0, sites: Int = 0, live: Int = 0, events: Int = 0,
        threads: Int = 0, mappings: Int = 0
    ) {
        self.init()
        self.modules = modules
        self.frames = frames
        self.stacks = stacks
        self.sites = sites
        self.live = live
        self.events = events
        self.threads = threads
        self.mappings = mappings
    }
}

extension Header.Dump {
    static let test = Header.Dump(
        reason: .reader, sequence: 3, realtime: 1_700_000_000_000_000_500, monotonic: .max, rss: 5, memoryLimit: 7,
        memoryCurrent: 6)
}
