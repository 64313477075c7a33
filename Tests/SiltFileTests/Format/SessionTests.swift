// SPDX-License-Identifier: Apache-2.0
//
// What a whole session reads as: known bytes, known records.

import CSiltFormat
import TestSupport
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
                    exe: "/opt/payments/bin/payments", interval: 524_288,
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
                132: Stack(frames: [frame(0, 0x1111), frame(0, 0x2222), frame(1, 0x3333)]),
                135: Stack(frames: [frame(0, 0x4444)], end: .unwind, guessed: true),
                139: Stack(frames: [frame(0, 0x5555), frame(0, 0x2222)]),
            ])
        #expect(
            session.sites == [
                1: Site(
                    stack: 132, sizeClass: 80, interval: 524_288, allocObjects: 3, allocBytes: 12_288, freeObjects: 1,
                    freeBytes: 4096),
                2: Site(
                    stack: 135, sizeClass: 36, interval: 524_288, allocObjects: 1, allocBytes: 100, freeObjects: 0,
                    freeBytes: 0),
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
                    stack: 139, thread: 4243, creator: 4242, time: 1_200_000_000,
                    stackSize: 8_388_608, handle: 0x7f11_0000_1093),
                ThreadRecord(
                    stack: 139, thread: nil, creator: 4242, time: 4_500_000_000,
                    stackSize: 8_388_608),
            ])
        #expect(session.unknownThreads() == 1)
        #expect(
            session.losses == [
                Loss(reason: .nested, count: 3, bytes: 700), Loss(reason: .depth, count: 1, bytes: 0),
            ])
        #expect(session.torn == TornCounts())
        #expect(session.damage.isEmpty)
        #expect(session.missedFrees == SampleCount(count: 0, bytes: 0))
        #expect(session.shortened.isEmpty)
    }

    private func frame(_ module: Int, _ address: UInt64) -> FrameAddress {
        FrameAddress(.module(module, address: address))
    }

    @Test func samplesKeepTheIntervalThatTheyWereTakenWith() throws {
        var bytes = SessionBytes()
        let stack = bytes.addStack([1])
        bytes.header.intervals.1.bytes = 4096
        bytes.header.intervals.2.bytes = 1
        bytes.header.interval = 2
        bytes.header.interval_now = 1
        (bytes.header.max_overhead, bytes.header.interval_changes) = (5000, 3)
        (bytes.header.overhead_time, bytes.header.overhead_cpu) = (40, 10_000)
        for interval: UInt8 in 0...2 {
            _ = bytes.addSite(stack, size: 64, allocObjects: 1, freeObjects: 0, interval: interval)
        }
        for file in [bytes.live(), bytes.dump()] {
            let session = try Session(bytes: file, path: "x")
            #expect(session.header.interval == 4096)
            #expect(session.header.intervals == [524_288, 4096, 1])
            #expect(session.header.largestInterval == 524_288)
            #expect(session.header.smallestInterval == 1)
            #expect(session.header.ceiling == Header.Ceiling(share: 0.005, changes: 3, measured: 0.004))
            #expect((1...3).map { session.sites[$0]?.interval } == [524_288, 4096, 1])
        }
        // An interval that was never in force.
        bytes.header.interval = 1
        #expect(try Session(bytes: bytes.dump(), path: "x").torn.sites == 1)
    }

    @Test func sitesOfARequestHaveItsLabel() throws {
        var bytes = SessionBytes()
        let stack = bytes.addStack([1])
        bytes.labels = [silt_label(), silt_label(text: 1, text_size: 8), silt_label(text: 0, text_size: 900)]
        bytes.strings += Array("GET /pay".utf8)
        for label: UInt32 in 0...2 {
            _ = bytes.addSite(stack, size: 64, allocObjects: 1, freeObjects: 0, label: label)
        }
        for file in [bytes.live(), bytes.dump()] {
            let session = try Session(bytes: file, path: "x")
            #expect((1...3).map { session.sites[$0]?.label } == [nil, "GET /pay", nil])
            #expect(session.torn.labels == 1)
        }
    }

    @Test func whatWasShortenedAndWhatWasFreedPastTheShimIsCounted() throws {
        var bytes = SessionBytes.small
        bytes.header.tiers.1 = silt_count(count: 5, bytes: 500)
        bytes.header.tiers.4 = silt_count(count: 1, bytes: 7)
        bytes.header.missed_frees = silt_count(count: 3, bytes: 48)
        let stack = bytes.addStack([0x40_1111], tier: SILT_TIER_FOLDED)
        let none = bytes.addStack([], tier: SILT_TIER_NONE)
        let folded = bytes.addSite(stack, size: 8, allocObjects: 1, freeObjects: 0)
        let coarse = bytes.addSite(none, size: 8, allocObjects: 1, freeObjects: 0)
        bytes.sites[Int(coarse)].flags = UInt8(SILT_SITE_COARSE)
        let session = try Session(bytes: bytes.dump(), path: "x")
        #expect(
            session.shortened == [
                .folded: SampleCount(count: 5, bytes: 500), .none: SampleCount(count: 1, bytes: 7),
            ])
        #expect(session.missedFrees == SampleCount(count: 3, bytes: 48))
        #expect(session.stacks[stack]?.tier == .folded)
        #expect(session.stacks[none] == Stack(frames: [], tier: .none))
        #expect(session.sites[folded]?.isCoarse == false)
        #expect(session.sites[coarse]?.isCoarse == true)
    }

    @Test func regionsOfUnknownKindsArePassedOver() throws {
        var bytes = SessionBytes.small.dump()
        let known = try Session(bytes: bytes, path: "x")
        var region = silt_region()
        region.offset = .max
        region.capacity = 7
        region.element_size = 99
        region.used = .max
        bytes.store(region, at: 1536 + 64 * 20)
        bytes.seal()
        #expect(try Session(bytes: bytes, path: "x") == known)
        let packed = try SessionImage(bytes: bytes, path: "x").packed(as: .test)
        #expect(packed.load(UInt32.self, at: 1536 + 64 * 20 + 16) == 0)
    }

    @Test func optionalRegionsFollowADumpOfTheDump() throws {
        var bytes = SessionBytes.small.dump()
        let pages = (1...3 as ClosedRange<UInt64>).map { silt_pages(resident: $0, swapped: 0, shared: 0, pinned: 0) }
        bytes.addRegion(.pages, pages, slack: 0)
        bytes.addRegion(.types, [silt_type()], slack: 0)
        // The middle one of the living is not visible: what stands beside it goes, too.
        bytes.store(UInt64(SILT_LIVE_BUSY), at: bytes.place(ofElement: 1, in: .live))
        bytes.seal()
        let packed = try SessionImage(bytes: bytes, path: "x").packed(as: .test)
        let again = try SessionImage(bytes: packed, path: "x")
        #expect(again.damage.isEmpty)
        #expect(again.count(of: .live) == 2)
        #expect(again.pages?.map { $0?.resident } == [1, 3])
        #expect(again.count(of: .types) == 1)
    }

    @Test func aProcessThatWentOnAsAnotherProgramSaysSo() throws {
        var bytes = SessionBytes.small
        bytes.header.state = SILT_STATE_EXECED.rawValue
        #expect(try Session(bytes: bytes.live(), path: "x").header.state == .execed)
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
        for region in [RegionKind.strings, .modules, .stacks, .sites, .live, .threads, .frames] {
            bytes.store(UInt64.max, at: [UInt8].place(of: region, 24))
        }
        var expected = try Session(bytes: SessionBytes.small.live(slack: 0), path: "x")
        expected.path = "x"
        #expect(try Session(bytes: bytes, path: "x") == expected)
    }

    @Test func elementsClaimedWithoutBlocksBehindThemAreNoneInALiveFile() throws {
        let whole = SessionBytes.small.live()
        var bytes = whole
        // The frames stand last: cut the file behind those that are always there and the first three others.
        bytes.store(UInt64(6 * 8), at: [UInt8].place(of: .frames, 32))
        bytes.removeLast(bytes.count - bytes.place(ofElement: 6, in: .frames))
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.stacks.keys.sorted() == [132])
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

    @Test func whatIsAliveIsReadAlone() throws {
        let bench = try Workbench()
        for bytes in [SessionBytes.small.dump(), SessionBytes.small.live(), SessionBytes().dump()] {
            let path = try bench.write(bytes, to: "session")
            let (whole, part) = (try Session(contentsOf: path), try Session(livingIn: path))
            #expect(part.live == whole.live && part.torn.live == whole.torn.live)
            #expect(part.sites.mapValues(\.interval) == whole.sites.mapValues(\.interval))
            #expect(part.header == whole.header)
            #expect(part.stacks.isEmpty && part.events.isEmpty && part.threads.isEmpty)
        }
        #expect(throws: FileError.self) { try Session(livingIn: bench.path("nowhere")) }
        let short = try bench.write(Array(SessionBytes.small.dump().prefix(Int(5000))), to: "short")
        #expect(throws: FileError.self) { try Session(livingIn: short) }
    }
}
