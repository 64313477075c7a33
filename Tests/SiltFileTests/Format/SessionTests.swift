// SPDX-License-Identifier: Apache-2.0
//
// What a whole session reads as: known bytes, known records.

import CSiltFormat
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct SessionTests {
    @Test func aDumpReadsAsWhatWasStored() throws {
        let session = try Session(bytes: SessionBytes.small.dump(), path: "x.silt")
        #expect(session.path == "x.silt")
        #expect(
            session.header
                == Header(
                    kind: .dump, state: .running, pid: 4242, pidStartTicks: 98_765, pidNamespace: 4_026_531_836,
                    bootID: [UInt8](repeating: 7, count: 16), uid: 1000, comm: "payments",
                    exe: "/opt/payments/bin/payments", machine: 62, interval: 524_288,
                    startRealtime: 1_700_000_000_000_000_000, startMonotonic: 1_000_000_000, unwind: .cfi, flags: [],
                    signal: 12, dumps: 2,
                    dump: Header.Dump(
                        reason: .signal, sequence: 2, realtime: 1_700_000_060_000_000_000, monotonic: 61_000_000_000,
                        rss: 300_000_000, memoryLimit: 2_147_483_648, memoryCurrent: nil,
                        threads: 4)))
        #expect(
            session.modules == [
                Module(
                    addresses: 0x40_0000..<0x50_0000, bias: 0x40_0000, text: 0x40_1000..<0x50_0000,
                    textFileOffset: 0x1000, path: "/opt/payments/bin/payments", buildID: [0xab, 0xcd, 0xef]),
                Module(
                    addresses: 0x7f00_0000_0000..<0x7f00_0020_0000, bias: 0x7f00_0000_0000,
                    text: 0x7f00_0000_1000..<0x7f00_0020_0000, textFileOffset: 0x1000, path: "/lib/libc.so.6",
                    buildID: []),
            ])
        #expect(
            session.stacks == [
                1: Stack(pcs: [0x40_1111, 0x40_2222, 0x7f00_0000_3333]),
                6: Stack(pcs: [0x40_4444], end: .unwind, guessed: true, epoch: 1),
                9: Stack(pcs: [0x40_5555, 0x40_2222]),
            ])
        #expect(
            session.sites == [
                1: Site(
                    stack: 1, sizeClass: 80, allocObjects: 3, allocBytes: 12_288, freeObjects: 1, freeBytes: 4096),
                2: Site(stack: 6, sizeClass: 36, allocObjects: 1, allocBytes: 100, freeObjects: 0, freeBytes: 0),
            ])
        #expect(
            session.live == [
                LiveSample(address: 0x5000, size: 4096, time: 2_000_000_000, site: 1, thread: 4242),
                LiveSample(address: 0x7000, size: 4100, time: 3_000_000_000, site: 1, thread: 4242),
                LiveSample(address: 0x9000, size: 100, time: 4_000_000_000, site: 2, thread: 4242),
            ])
        #expect(session.events.count == 5)
        #expect(
            session.events[2]
                == Event(
                    operation: .free, time: 2_500_000_000, address: 0x3000, size: 4096, born: 1_500_000_000, site: 1,
                    thread: 4242))
        #expect(session.eventsOverwritten == 0)
        #expect(
            session.threads == [
                ThreadRecord(
                    stack: 9, routine: 0x40_6666, thread: 4243, creator: 4242, time: 1_200_000_000,
                    stackSize: 8_388_608, handle: 0x7f11_0000_1093),
                ThreadRecord(
                    stack: 9, routine: 0x40_6666, thread: nil, creator: 4242, time: 4_500_000_000,
                    stackSize: 8_388_608),
            ])
        #expect(session.unknownThreads() == 1)
        #expect(
            session.losses == [
                Loss(reason: .nested, count: 3, bytes: 700), Loss(reason: .depth, count: 1, bytes: 0),
            ])
        #expect(session.torn == TornCounts())
    }

    @Test func aLiveFileHoldsTheSameRecordsAsItsDump() throws {
        let live = try Session(bytes: SessionBytes.small.live(), path: "x")
        var dump = try Session(bytes: SessionBytes.small.dump(), path: "x")
        #expect(live.header.kind == .live)
        #expect(live.header.dump == nil)
        dump.header = live.header
        #expect(live == dump)
    }

    @Test func anEmptySessionHasNoRecords() throws {
        for bytes in [SessionBytes().live(), SessionBytes().dump()] {
            let session = try Session(bytes: bytes, path: "x")
            #expect(session.sites.isEmpty)
            #expect(session.live.isEmpty)
            #expect(session.threads.isEmpty)
            #expect(session.events.isEmpty)
            #expect(session.eventsOverwritten == 0)
            #expect(session.torn.total == 0)
        }
    }

    @Test func aWrappedRingReadsOldestFirstAndSaysWhatIsGone() throws {
        var bytes = SessionBytes.small
        for index in 0..<17 {
            bytes.addEvent(
                SILT_OP_ALLOC, 0x10_0000 + UInt64(index), size: 8, time: 5_000_000_000 + UInt64(index), site: 1)
        }
        for file in [bytes.live(), bytes.dump()] {
            let session = try Session(bytes: file, path: "x")
            #expect(session.events.map(\.address) == (9..<17).map { 0x10_0000 + $0 })
            #expect(session.eventsOverwritten == 14)
            #expect(session.torn.events == 0)
        }
    }

    @Test func refusedClaimsBeyondTheCapacityAreNoElements() throws {
        var bytes = SessionBytes.small.live(slack: 0)
        for region in [RegionKind.strings, .modules, .stacks, .sites, .live, .threads] {
            bytes.store(UInt64.max, at: [UInt8].place(of: region, 24))
        }
        var expected = try Session(bytes: SessionBytes.small.live(slack: 0), path: "x")
        expected.path = "x"
        #expect(try Session(bytes: bytes, path: "x") == expected)
    }

    @Test func elementsClaimedWithoutBlocksBehindThemAreNoneInALiveFile() throws {
        let whole = SessionBytes.small.live()
        var bytes = whole
        // The threads stand last: cut the file behind their first two slots.
        bytes.store(UInt64(2 * 64), at: [UInt8].place(of: .threads, 32))
        bytes.removeLast(7 * 64)
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.threads.map(\.time) == [1_200_000_000])
    }

    @Test func threadsThatNobodySawBeingCreatedAreCountedWithoutTheFirst() throws {
        let session = try Session(bytes: SessionBytes.small.live(), path: "x")
        #expect(session.unknownThreads() == nil)
        #expect(session.unknownThreads(ofCount: 5) == 2)
        #expect(session.unknownThreads(ofCount: 3) == 0)
        // Two have ended since the file was read.
        #expect(session.unknownThreads(ofCount: 1) == 0)
    }

    @Test func equalStacksAndSitesOfARaceKeepTheirIds() throws {
        var bytes = SessionBytes()
        let first = bytes.addStack([1, 2])
        let second = bytes.addStack([1, 2])
        let one = bytes.addSite(first, size: 64, allocObjects: 1, freeObjects: 0)
        let two = bytes.addSite(second, size: 64, allocObjects: 2, freeObjects: 0)
        let session = try Session(bytes: bytes.dump(), path: "x")
        #expect(session.stacks[first] == session.stacks[second])
        #expect(session.sites[one]?.allocObjects == 1)
        #expect(session.sites[two]?.allocObjects == 2)
    }

    @Test func bytesThatAreNotTextSurvive() throws {
        var bytes = SessionBytes.small.dump()
        bytes.replace(at: 120, with: [0x61, 0xff, 0x62])
        let name = try Session(bytes: bytes, path: "x").header.comm
        #expect(pathBytes(name) == [0x61, 0xff] + Array("bments".utf8))
    }
}
