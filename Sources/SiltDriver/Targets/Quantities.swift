// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units as people type them: `512KiB`, `64k`, `1MiB/h`, `10m`, `1h30m`. Any other text gives nil, never
// a guess.

/// A number of bytes: `1048576`, `512k`, `512KiB`, `8MB`, `2G`; powers of 1024.
package struct ByteCount: Hashable, Sendable {
    package var bytes: UInt64

    package init(bytes: UInt64) { self.bytes = bytes }

    package init?(_ text: String) {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), number >= 0 else { return nil }
        let shift: Double
        switch text.dropFirst(digits.count).lowercased() {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        default: return nil
        }
        guard let bytes = UInt64(exactly: (number * Double(UInt64(1) << UInt64(shift))).rounded()) else { return nil }
        self.bytes = bytes
    }
}

/// Bytes in a time: `1MiB/h`, `64k/s`, `200MB/d`, `5MiB/min`.
package struct ByteRate: Hashable, Sendable {
    package var bytesPerSecond: Double

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = ByteCount(String(parts[0])) else { return nil }
        let seconds: Double
        switch parts[1] {
        case "s": seconds = 1
        case "m", "min": seconds = 60
        case "h": seconds = 3600
        case "d": seconds = 86400
        default: return nil
        }
        bytesPerSecond = Double(count.bytes) / seconds
    }
}

/// A span of time in whole seconds: `90`, `90s`, `10m`, `1h30m`, `2d`.
package struct TimeSpan: Hashable, Sendable {
    package var seconds: UInt64

    package init(seconds: UInt64) { self.seconds = seconds }

    package init?(_ text: String) {
        var total: UInt64 = 0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber }
            guard let number = UInt64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit: UInt64
            switch rest.popFirst() {
            case nil, "s": unit = 1
            case "m": unit = 60
            case "h": unit = 3600
            case "d": unit = 86400
            default: return nil
            }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            guard !overflow, product < 1 << 40 else { return nil }
            total += product
        }
        seconds = total
    }
}
