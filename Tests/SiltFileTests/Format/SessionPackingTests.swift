// SPDX-License-Identifier: Apache-2.0
//
// What a reader's dump is called, and which moment it shows.

import Glibc
import SiltHost
import TestFixtures
import Testing

@testable import SiltFile

@Suite struct SessionPackingTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    @Test func readersDumpsAreNumberedApartFromThoseOfTheProcess() throws {
        let path = try host.session("payments.4242.live.silt")
        let stem = host.directory.path + "/silt/payments.4242"
        try host.session("payments.4242.1.silt")
        #expect(try SessionImage(contentsOf: path).nextDump() == ("\(stem).r1.silt", 1))
        try host.session("payments.4242.r1.silt")
        #expect(try SessionImage(contentsOf: path).nextDump() == ("\(stem).r2.silt", 2))
        #expect(host.catalog().dumps.count == 2)
    }

    /// Memory is not where dumps are kept, and a mapping's own name says nothing.
    @Test func aDumpOfASessionInMemoryIsCalledAfterTheProgramWhereDumpsAre() throws {
        for path in ["/dev/shm/silt-7/payments.4242.live.silt", "/proc/4242/map_files/7f10-7f20"] {
            let next = try SessionImage(bytes: SessionBytes.small.live(), path: path).nextDump()
            #expect(next.path.hasSuffix("/payments.4242.r\(next.sequence).silt"))
            #expect(!next.path.hasPrefix("/dev/shm/silt-7/") && !next.path.hasPrefix("/proc/"))
        }
    }

    @Test func aDirectoryThatIsNamedGetsTheDumpsOfSessionsInMemoryOnly() throws {
        let bytes = SessionBytes.small.live()
        let named = host.directory.path + "/dumps"
        let inMemory = try SessionImage(bytes: bytes, path: "/dev/shm/silt-7/payments.4242.live.silt")
        #expect(try inMemory.nextDump(in: named) == ("\(named)/payments.4242.r1.silt", 1))
        let onDisk = try SessionImage(bytes: bytes, path: "/srv/payments.4242.live.silt")
        #expect(try onDisk.nextDump(in: named) == ("/srv/payments.4242.r1.silt", 1))
    }

    @Test func aDirectoryThatSomebodyElseMayLookIntoIsNotTheReadersOwn() throws {
        let root = host.directory.path
        let own = try host.directory.directory("silt-\(effectiveUser())")
        let session = "/dev/shm/silt-7/payments.4242.live.silt"
        #expect(try Places.directoryForDump(ofSessionAt: session, named: nil, in: root) == own)
        unsafe #expect(chmod(own, 0o755) == 0)
        let failure = FileError.cannotWrite(path: own, reason: "it is not a directory of this user alone")
        #expect(throws: failure) { try Places.directoryForDump(ofSessionAt: session, named: nil, in: root) }
        #expect(try Places.directoryForDump(ofSessionAt: session, named: "/srv", in: root) == "/srv")
    }

    @Test func theDumpOfADeadProcessIsOfItsNewestEvent() throws {
        let image = try SessionImage(bytes: SessionBytes.small.live(), path: "x")
        #expect(
            image.dump(sequence: 5, process: nil)
                == Header.Dump(
                    reason: .reader, sequence: 5, realtime: 1_700_000_003_000_000_000, monotonic: 4_000_000_000))
    }
}
