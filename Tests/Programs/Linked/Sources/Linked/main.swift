// SPDX-License-Identifier: Apache-2.0
//
// Holds 30 MB in blocks of 10,000 bytes, which one function takes. With a word it stays until its input ends.

import Glibc

@inline(never)
func remember(_ count: Int) -> [[UInt8]] {
    (0..<count).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 10_000) }
}

let held = remember(3_000)
print(held.count)
fflush(nil)
if CommandLine.argc > 1 { while readLine() != nil {} }
