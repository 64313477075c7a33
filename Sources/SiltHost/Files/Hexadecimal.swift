// SPDX-License-Identifier: Apache-2.0
//
// How bytes and addresses are written in hexadecimal: the one place that does it.

/// Lower-case digits, two for each byte.
package func hex(_ bytes: [UInt8], separator: String = "") -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
}

/// Lower-case digits without leading zeros.
package func hex(_ number: UInt64) -> String { String(number, radix: 16) }
