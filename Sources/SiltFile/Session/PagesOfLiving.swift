// SPDX-License-Identifier: Apache-2.0
//
// What the living blocks of a session have of pages. There may be a million, so most take eight bytes: the four figures of a
// block of less than 64 KiB are small numbers. It is not known here whether figures can be.

/// Bytes of pages, one for each living sample and in the order of these; nil: nobody has looked at that block.
package struct PagesOfLiving: Sendable, Equatable {
    /// Four figures of 16 bits. Where the lowest is ``isElsewhere``, the rest is a place in ``others``, or ``unknown``.
    private var words: [UInt64] = []
    /// Those with a figure that is too large for 16 bits.
    private var others: [LivePages] = []

    private static let isElsewhere: UInt64 = 0xffff
    private static let unknown = UInt64.max

    package init() {}

    package init(_ pages: some Sequence<LivePages?>) {
        for pages in pages { append(pages) }
    }

    mutating func reserve(_ count: Int) { words.reserveCapacity(count) }

    package mutating func append(_ pages: LivePages?) {
        guard let pages else {
            words.append(Self.unknown)
            return
        }
        // One more than there is: 0 says that it is not known.
        let pinned = pages.pinned.map { $0 &+ 1 } ?? 0
        guard (pages.resident | pages.swapped | pages.shared | pinned) < Self.isElsewhere, pages.pinned != .max else {
            words.append(UInt64(others.count) << 16 | Self.isElsewhere)
            others.append(pages)
            return
        }
        words.append(pages.resident | pages.swapped << 16 | pages.shared << 32 | pinned << 48)
    }
}

extension PagesOfLiving: RandomAccessCollection {
    package var startIndex: Int { 0 }

    package var endIndex: Int { words.count }

    package subscript(place: Int) -> LivePages? {
        let word = words[place]
        if word == Self.unknown { return nil }
        if word & 0xffff == Self.isElsewhere { return others[Int(word >> 16)] }
        let pinned = word >> 48
        return LivePages(
            resident: word & 0xffff, swapped: word >> 16 & 0xffff, shared: word >> 32 & 0xffff,
            pinned: pinned == 0 ? nil : pinned - 1)
    }
}
