// SPDX-License-Identifier: Apache-2.0
//
// What tells a parcel from every other: 16 bytes, by chance, or made of what the parcel is, so that the same profile gets
// the same id after a restart.

#if Serve
    import SiltHost

    /// A UUID.
    struct ParcelID: Hashable, Sendable {
        private var high: UInt64
        private var low: UInt64

        /// One that nobody else has.
        static func random() -> ParcelID { ParcelID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)) }

        /// The same for the same parts, whatever process asks.
        init(of parts: [String]) {
            let bytes = parts.flatMap { part -> [UInt8] in Array(part.utf8) + [0] }
            self.init(
                high: Self.hash(bytes, from: 0xcbf2_9ce4_8422_2325), low: Self.hash(bytes, from: 0x9e37_79b9_7f4a_7c15))
        }

        private init(high: UInt64, low: UInt64) {
            // Version 4, variant 1, as the format of the text says.
            self.high = high & ~0xf000 | 0x4000
            self.low = low & ~(3 << 62) | 2 << 62
        }

        var bytes: [UInt8] {
            [high, low].flatMap { half in
                stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
            }
        }

        /// FNV-1a, and a mixing at its end, since its upper bits hardly know of the last bytes.
        private static func hash(_ bytes: [UInt8], from start: UInt64) -> UInt64 {
            var value = bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            value = (value ^ value >> 33) &* 0xff51_afd7_ed55_8ccd
            return value ^ value >> 33
        }
    }

    extension ParcelID: CustomStringConvertible {
        /// `123e4567-e89b-42d3-a456-426614174000`
        var description: String {
            let digits = hexadecimal(bytes)
            var text = ""
            for (index, digit) in digits.enumerated() {
                if [8, 12, 16, 20].contains(index) { text += "-" }
                text.append(digit)
            }
            return text
        }

        /// Nil for anything else than ``description`` writes.
        init?(_ text: String) {
            let digits = text.split(separator: "-", omittingEmptySubsequences: false)
            guard digits.map(\.count) == [8, 4, 4, 4, 12],
                let high = UInt64(digits[0] + digits[1] + digits[2], radix: 16),
                let low = UInt64(digits[3] + digits[4], radix: 16)
            else { return nil }
            self.init(high: high, low: low)
            if description != text { return nil }
        }
    }
#endif
