// SPDX-License-Identifier: Apache-2.0
//
// Numbers and bytes in hexadecimal, lower case: addresses, offsets, build ids.

/// An address or offset: `0x5555`.
package func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }

/// Two digits for each byte: `a1b2`, or with a separator `a1 b2`.
package func hexadecimal(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
}
