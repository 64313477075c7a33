// SPDX-License-Identifier: Apache-2.0
//
// gzip there and back, and every way in which a stream can be wrong.

import Testing

@testable import SiltPprof

@Suite struct GzipTests {
    private static let text = Array("silt is what stays behind when the flow has passed; ".utf8)

    @Test(arguments: [0, 1, 100, 1 << 18, (1 << 18) + 1, 1 << 20])
    func unpackGivesBackWhatWasPacked(count: Int) throws {
        let bytes = (0..<count).map { Self.text[$0 % Self.text.count] ^ UInt8(truncatingIfNeeded: $0 >> 9) }
        #expect(try Gzip.unpack(Gzip.pack(bytes), limit: count) == bytes)
    }

    @Test func membersAreConcatenated() throws {
        let packed = Gzip.pack(Array("one, ".utf8)) + Gzip.pack([]) + Gzip.pack(Array("two".utf8))
        #expect(try Gzip.unpack(packed, limit: 100) == Array("one, two".utf8))
    }

    @Test func contentBeyondTheLimitIsRefused() {
        let packed = Gzip.pack(Array(repeating: 7, count: 1000))
        #expect(throws: GzipError.tooLarge(limit: 999)) { try Gzip.unpack(packed, limit: 999) }
    }

    @Test func bombStopsAtTheLimit() {
        let bomb = Gzip.pack([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 1 << 20)
        #expect(throws: GzipError.tooLarge(limit: 1 << 20)) { try Gzip.unpack(bomb, limit: 1 << 20) }
    }

    @Test func everyPrefixIsAnError() {
        let packed = Gzip.pack(Self.text)
        for count in packed.indices {
            #expect(throws: GzipError.self) { try Gzip.unpack(Array(packed[..<count]), limit: 1000) }
        }
    }

    @Test func prefixSaysThatItIsTruncated() {
        let packed = Gzip.pack(Self.text)
        #expect(throws: GzipError.truncated(offset: 30)) { try Gzip.unpack(Array(packed[..<30]), limit: 1000) }
    }

    @Test func trailingGarbageIsDamage() {
        let packed = Gzip.pack(Self.text)
        #expect(throws: GzipError.self) { try Gzip.unpack(packed + [1, 2, 3], limit: 1000) }
    }

    @Test func noFlippedBitChangesTheContentUnnoticed() {
        let packed = Gzip.pack(Self.text)
        // The ten bytes of the header hold the time and the system, which nothing protects.
        for index in 10..<packed.count {
            for bit in 0..<8 {
                var damaged = packed
                damaged[index] ^= 1 << UInt8(bit)
                // A few bits are padding and change nothing.
                if let content = try? Gzip.unpack(damaged, limit: 1000) { #expect(content == Self.text) }
            }
        }
    }

    @Test func peekGivesTheHeadOfADamagedStream() {
        let packed = Gzip.pack(Self.text)
        #expect(Gzip.peek(Array(packed.dropLast(8)), count: 4) == Array("silt".utf8))
        #expect(Gzip.peek([0x1f, 0x8b], count: 4) == [])
    }
}
