// SPDX-License-Identifier: Apache-2.0
//
// What a reader's dump is called, and which moment it shows.

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
        #expect(try SessionImage(contentsOf: path).nextDump == ("\(stem).r1.silt", 1))
        try host.session("payments.4242.r1.silt")
        #expect(try SessionImage(contentsOf: path).nextDump == ("\(stem).r2.silt", 2))
        #expect(host.catalog().dumps.count == 2)
    }

    /// Memory is not where dumps are kept, and a mapping's own name says nothing.
    @Test func aDumpOfASessionInMemoryIsCalledAfterTheProgramWhereDumpsAre() throws {
        for path in ["/dev/shm/silt-7/payments.4242.live.silt", "/proc/4242/map_files/7f10-7f20"] {
            let next = try SessionImage(bytes: SessionBytes.small.live(), path: path).nextDump
            #expect(next.path.hasSuffix("/payments.4242.r\(next.sequence).silt"))
            #expect(!next.path.hasPrefix("/dev/shm/silt-7/") && !next.path.hasPrefix("/proc/"))
        }
    }

    @Test func theDumpOfADeadProcessIsOfItsNewestEvent() throws {
        let image = try SessionImage(bytes: SessionBytes.small.live(), path: "x")
        #expect(
            image.dump(sequence: 5, process: nil)
                == Header.Dump(
                    reason: .reader, sequence: 5, realtime: 1_700_000_003_000_000_000, monotonic: 4_000_000_000))
    }
}
