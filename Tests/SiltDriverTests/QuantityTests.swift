// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units, as people type them and as they must not be taken.

import SiltDriver
import SiltProfile
import SiltSymbols
import Testing

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("0", 0), ("1048576", 1_048_576), ("512k", 524_288), ("512KiB", 524_288), ("8MB", 8_388_608),
            ("1.5g", 1_610_612_736), ("2T", 2_199_023_255_552), ("7b", 7),
        ] as [(String, UInt64)])
    func bytesHaveUnitsOf1024(text: String, bytes: UInt64) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: ["", "k", "-1", "1 k", "1kk", "1.2.3", "1e3", "0x10", "½", "16777216T", "nan"])
    func whatIsNoNumberOfBytesIsNone(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test func ratesArePerSecond() {
        #expect(ByteRate("64k/s")?.bytesPerSecond == 65536)
        #expect(ByteRate("60M/min")?.bytesPerSecond == 1_048_576)
        #expect(ByteRate("60M/m")?.bytesPerSecond == 1_048_576)
        #expect(ByteRate("3600/h")?.bytesPerSecond == 1)
        #expect(ByteRate("86400/d")?.bytesPerSecond == 1)
        for text in ["1M", "1M/", "/s", "1M/s/s", "1M/y"] { #expect(ByteRate(text) == nil) }
    }

    @Test func spansAddUp() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800)] {
            #expect(TimeSpan(text)?.seconds == UInt64(seconds))
        }
        for text in ["", "h", "1w", "-1s", "1.5h", "99999999999999d", "18446744073709551616"] {
            #expect(TimeSpan(text) == nil)
        }
    }

    @Test func aLimitOfASiteEndsAtTheLastEqualsSign() throws {
        let limit = try Check.SiteLimit("operator==64MiB", of: "--site")
        #expect(limit.bytes == 67_108_864)
        #expect(limit.pattern == (try Pattern("operator=")))
        for text in ["Cache", "a(=4k", "Cache=", "Cache=many"] {
            #expect(throws: Failure.self) { try Check.SiteLimit(text, of: "--site") }
        }
    }
}
