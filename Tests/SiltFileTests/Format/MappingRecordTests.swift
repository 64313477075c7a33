// SPDX-License-Identifier: Apache-2.0
//
// Mappings in session files: valid, absent, every prefix, every damaged bit.

import CSiltFormat
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct MappingRecordTests {
    private static let small: SessionBytes = {
        var bytes = SessionBytes.small
        bytes.addMapping(address: 0x7f00_1000_0000, size: 0x10_0000, stack: 139, time: 1_500_000_000, protection: 3)
        bytes.addMapping(
            address: 0x7f00_2000_0000, size: 0x4000_0000, stack: 132, time: 1_600_000_000, protection: 0, flags: 0)
        return bytes
    }()

    private static let records = [
        MappingRecord(
            addresses: 0x7f00_1000_0000..<0x7f00_1010_0000, stack: 139, thread: 4242, time: 1_500_000_000,
            protection: 3,
            flags: 0x22),
        MappingRecord(
            addresses: 0x7f00_2000_0000..<0x7f00_6000_0000, stack: 132, thread: 4242, time: 1_600_000_000,
            protection: 0,
            flags: nil),
    ]

    @Test func mappingsReadAsWhatWasStored() throws {
        for file in [Self.small.dump(), Self.small.live()] {
            let session = try Session(bytes: file, path: "x")
            #expect(session.mappings == Self.records)
            #expect(session.mappings?.map(\.isReserved) == [false, true])
            #expect(session.stacks[139] != nil)
            #expect(session.torn == TornCounts())
        }
    }

    @Test func anOlderFileHasNoneAndSaysSo() throws {
        #expect(try Session(bytes: SessionBytes.small.dump(), path: "x").mappings == nil)
        var none = Self.small
        none.mappings = []
        none.recordsMappings = true
        #expect(try Session(bytes: none.dump(), path: "x").mappings == [])
    }

    @Test func aReadersDumpHasTheSame() throws {
        let packed = try SessionImage(bytes: Self.small.live(), path: "x").packed(as: .test)
        let session = try Session(bytes: packed, path: "x")
        #expect(session.mappings == Self.records)
        #expect(session.damage.isEmpty)
    }

    @Test func everyChangedBitOfAMappingIsNoticed() throws {
        let whole = Self.small.dump()
        let start = whole.place(ofElement: 0, in: .mappings)
        // All but the last word, which is reserved.
        for bit in 0..<44 * 8 {
            var bytes = whole
            bytes[start + bit / 8] ^= 1 << (bit % 8)
            bytes.seal()
            let session = try Session(bytes: bytes, path: "x")
            #expect(session.mappings == [Self.records[1]])
            #expect(session.torn == TornCounts(mappings: 1))
            var unsealed = whole
            unsealed[start + bit / 8] ^= 1 << (bit % 8)
            #expect(try Session(bytes: unsealed, path: "x").damage == [Damage(region: .mappings, bytes: 96)])
        }
    }

    @Test func aMappingThatCannotBeIsTorn() throws {
        for (address, size) in [(UInt64(0x1000), UInt64(0)), (0x1000, UInt64.max), (UInt64.max, 2)] {
            var bytes = Self.small
            bytes.mappings = []
            bytes.addMapping(address: address, size: size, stack: 139, time: 1, protection: 3)
            let session = try Session(bytes: bytes.dump(), path: "x")
            #expect(session.mappings == [])
            #expect(session.torn == TornCounts(mappings: 1))
        }
    }

    @Test func aDescriptorThatCannotBeIsRefusedWithItsPlace() {
        var bytes = Self.small.dump()
        bytes.store(UInt32(40), at: [UInt8].place(of: .mappings, 16))
        let place = UInt64([UInt8].place(of: .mappings, 0))
        #expect(
            throws: FileError.corrupt(
                path: "x", field: "mappings.element_size", offset: place + 16, value: 40, expected: "48")
        ) { try Session(bytes: bytes, path: "x") }
    }

    @Test func everyPrefixIsRefused() {
        let whole = Self.small.dump()
        let end = whole.place(ofElement: 2, in: .mappings)
        for length in 0..<end {
            #expect(throws: FileError.self) { try Session(bytes: Array(whole.prefix(length)), path: "x") }
        }
    }

    @Test func mappingsInOrderAreNeverUponAnother() throws {
        func record(_ addresses: Range<UInt64>) -> MappingRecord {
            MappingRecord(addresses: addresses, stack: 1, thread: 1, time: 1, protection: 3, flags: nil)
        }
        var session = try Session(bytes: SessionBytes.small.dump(), path: "x")
        session.mappings = [record(50..<60), record(10..<30), record(20..<40), record(40..<50)]
        #expect(session.orderedMappings.map(\.addresses) == [10..<30, 40..<50, 50..<60])
    }
}
