// SPDX-License-Identifier: Apache-2.0
//
// .debug_aranges from bytes: units by address, and no table rather than a damaged one.

import TestSupport
import Testing

@testable import SiltSymbols

/// One unit's part, as gcc writes it.
private func part(unit: UInt32, _ ranges: [(UInt64, UInt64)], version: UInt8 = 2, addressSize: UInt8 = 8) -> [UInt8] {
    func bytes(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
    let pairs = (ranges + [(0, 0)]).flatMap { bytes($0, 8) + bytes($1, 8) }
    return bytes(UInt64(12 + pairs.count), 4) + [version, 0] + bytes(UInt64(unit), 4) + [addressSize, 0, 0, 0, 0, 0]
        + pairs
}

@Suite struct UnitTableTests {
    private let code: Range<UInt64> = 0x1000..<0x9000

    @Test func addressesAreFoundInTheirUnits() throws {
        let bytes =
            part(unit: 0, [(0x2000, 0x100), (0x1000, 0x10)]) + part(unit: 0x77, [])
            + part(unit: 0x99, [(0x3000, 0x10), (0x3008, 8), (0, 0x20), (0x8fff, 2), (.max, 2)])
        let units = try #require(UnitTable(bytes)?.units(within: code))
        let addresses: [UInt64] = [0x1000, 0x100f, 0x1010, 0x20ff, 0x2100, 0x3008, 0x300f, 0x3010, 8, 0x8fff]
        #expect(addresses.map { units.find($0)?.value } == [0, 0, nil, 0, nil, 0x99, 0x99, nil, nil, nil])
        #expect(UnitTable([])?.units(within: code)?.count == 0)
    }

    @Test func theLastUnitOfSeveralAddressesIsFound() throws {
        let table = try #require(
            UnitTable(part(unit: 0, [(0x2000, 0x100)]) + part(unit: 0x77, [(0x1000, 0x10), (0x3000, 1)])))
        #expect(table.lastUnit(with: []) == nil)
        #expect(table.lastUnit(with: [0, 0xfff, 0x1010, 0x2100, 0x2fff, 0x3001]) == nil)
        #expect(table.lastUnit(with: [0, 0x20ff, 0x2100, .max]) == 0)
        #expect(table.lastUnit(with: [0x2000, 0x3000]) == 0x77)
        #expect(table.lastUnit(with: [0x100f, 0x2000]) == 0x77)
    }

    @Test func unitsThatClaimTheSameAreNotBelieved() throws {
        let bytes = part(unit: 0, [(0x2000, 0x100)]) + part(unit: 0x77, [(0x20ff, 1), (0, 0x20)])
        let table = try #require(UnitTable(bytes))
        #expect(table.units(within: code) == nil)
        #expect(table.units(within: 0x2100..<0x3000)?.count == 0)
    }

    @Test func aTableOfAnotherKindIsNone() {
        #expect(UnitTable(part(unit: 0, [(0x2000, 1)], version: 3)) == nil)
        #expect(UnitTable(part(unit: 0, [(0x2000, 1)], addressSize: 4)) == nil)
    }

    @Test func everyPrefixIsWholeOrNone() {
        let first = part(unit: 0, [(0x2000, 0x100)])
        let bytes = first + part(unit: 0x77, [(0x3000, 1)])
        for length in 0...bytes.count {
            #expect((UnitTable(Array(bytes[..<length])) != nil) == [0, first.count, bytes.count].contains(length))
        }
    }

    @Test func randomBytesAreSurvived() {
        let whole = part(unit: 0, [(0x2000, 0x100)]) + part(unit: 0x77, [(0x3000, 1), (0x4000, 9)])
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("randomBytesAreSurvived: seed \(random.seed)")
        for place in whole.indices {
            for _ in 0..<8 {
                var bytes = whole
                bytes[place] = UInt8.random(in: 0...255, using: &random)
                _ = UnitTable(bytes)?.units(within: code)
            }
        }
    }
}
