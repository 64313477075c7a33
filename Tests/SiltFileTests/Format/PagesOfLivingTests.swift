// SPDX-License-Identifier: Apache-2.0
//
// Figures of pages in few bytes: what goes in comes out, whatever the figures are.

import TestSupport
import Testing

@testable import SiltFile

@Suite struct PagesOfLivingTests {
    /// Around what fits into 16 bits, and what stands for something else there.
    private let values: [UInt64] = [0, 1, 48, 4096, 65533, 65534, 65535, 65536, 1 << 32, .max - 1, .max]

    @Test func whatGoesInComesOut() {
        var random = SplitMix(seed: .random(in: 0 ... .max))
        func value() -> UInt64 { values[Int(random.next() % UInt64(values.count))] }
        let pages: [LivePages?] = (0..<10_000).map { _ in
            guard random.next() % 8 > 0 else { return nil }
            let pinned: UInt64? = random.next() % 4 > 0 ? value() : nil
            return LivePages(resident: value(), swapped: value(), shared: value(), pinned: pinned)
        }
        #expect(Array(PagesOfLiving(pages)) == pages, "\(random)")
        for pages in pages { #expect(Array(PagesOfLiving([pages])) == [pages]) }
    }
}
