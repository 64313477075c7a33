// SPDX-License-Identifier: Apache-2.0
//
// Counts with their noun. Digits stand without separators, as in tables.

/// `1 sample`, `12 samples`.
///
/// - Parameter plural: where that is not the noun with an s.
package func counted(_ count: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}
