// SPDX-License-Identifier: Apache-2.0
//
// Moments as they are written for people and for databases.

import SiltHost
import Testing

@Suite struct CalendarTests {
    @Test(arguments: [
        (UInt64(0), "1970-01-01 00:00:00 UTC"), (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_782_400, "2000-02-29 00:00:00 UTC"), (1_700_000_000, "2023-11-14 22:13:20 UTC"),
        (1_735_689_599, "2024-12-31 23:59:59 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
    ])
    func aMomentIsWrittenByTheCalendar(seconds: UInt64, text: String) {
        #expect(formatMoment(seconds * 1_000_000_000) == text)
    }

    @Test(arguments: [
        (UInt64(0), "1970-01-01T00:00:00.000000Z"), (951_782_399_999_999_999, "2000-02-28T23:59:59.999999Z"),
        (1_700_000_000_000_250_999, "2023-11-14T22:13:20.000250Z"),
    ])
    func aTimestampHasMicroseconds(nanoseconds: UInt64, text: String) {
        #expect(formatTimestamp(nanoseconds) == text)
    }
}
