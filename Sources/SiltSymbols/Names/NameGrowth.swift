// SPDX-License-Identifier: Apache-2.0
//
// How large a mangled name may become. In both C++'s and Swift's mangling a part may stand for what was said before, and
// what stands for two such parts is twice as large: 150 bytes can say more than memory holds. It demangles nothing.

import Synchronization

enum NameGrowth {
    /// Bytes of names that people read. A larger one is shown as the linker knows it.
    static let longest = 1 << 16
    /// What is never tried: it would take more than about a second, and as much memory.
    private static let largest = 1 << 28

    /// Bytes of names that were demangled and then were too large: there may be one at each address.
    private static let wasted = Atomic<Int>(0)

    /// Whether a name can be demangled in the time and memory that it is worth.
    static func isBearable(_ name: String) -> Bool {
        // Of Swift 3, with references of its own.
        if name.hasPrefix("_T"), !name.hasPrefix("_T0") { return false }
        let bound = bound(of: name)
        return bound <= longest || bound <= largest && wasted.load(ordering: .relaxed) < largest
    }

    static func waste(_ bytes: Int) { wasted.add(min(bytes, largest), ordering: .relaxed) }

    /// The most bytes that it can become, about; from above, and far above what it becomes unless it is made to harm.
    ///
    /// Parts are told apart where one may be completed that holds several: what refers back then is at most as large as all
    /// before. Letters that belong to a name of the source only make the bound larger.
    static func bound(of name: String) -> Int {
        let bytes = Array(name.utf8)
        let isCxx = bytes.drop { $0 == UInt8(ascii: "_") }.first == UInt8(ascii: "Z")
        var growth = Growth(bytes.count)
        var at = 0
        while at < bytes.count {
            at = isCxx ? growth.takeCxx(bytes, at) : growth.takeSwift(bytes, at)
        }
        growth.complete()
        return growth.size
    }
}

private struct Growth {
    private(set) var size: Int
    private let length: Int
    /// What is longer counts as one, whatever it is.
    private static let longestReference = 16
    /// References since the last part was completed.
    private var references = 0

    init(_ length: Int) { (size, self.length) = (length, length) }

    mutating func complete() {
        multiply(1 + references)
        references = 0
    }

    private mutating func multiply(_ factor: Int) {
        let (product, overflows) = size.multipliedReportingOverflow(by: factor)
        size = overflows ? .max : product
    }

    /// References are `S_`, `S1A_`, `T_`, `T0_`, `TL0__`; what may hold several parts ends with `E`, or is a pointer to a
    /// member; `Dp` and `sp` repeat a part for each of a list.
    mutating func takeCxx(_ bytes: [UInt8], _ at: Int) -> Int {
        switch bytes[at] {
        case UInt8(ascii: "S"), UInt8(ascii: "T"):
            var end = at + 1
            let limit = min(bytes.count, at + Self.longestReference)
            while end < limit, isDigit(bytes[end]) || isUpper(bytes[end]) { end += 1 }
            if end == limit || bytes[end] == UInt8(ascii: "_") { references += 1 }
            // Letters before the underscore may be of another kind, and hide nothing.
            return at + 1
        case UInt8(ascii: "E"), UInt8(ascii: "M"): complete()
        case UInt8(ascii: "D"), UInt8(ascii: "s"):
            if at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "p") { multiply(length) }
        default: break
        }
        return at + 1
    }

    /// References are runs such as `AB`, `AbcD`, `A2B`; generic types, tuples, functions and their like hold several parts.
    mutating func takeSwift(_ bytes: [UInt8], _ at: Int) -> Int {
        guard bytes[at] == UInt8(ascii: "A") else {
            if "GtcpFfXQ".utf8.contains(bytes[at]) { complete() }
            return at + 1
        }
        var (end, count) = (at + 1, 0)
        while end < bytes.count {
            let byte = bytes[end]
            end += 1
            if isDigit(byte) {
                count = min(10 * count + Int(byte - UInt8(ascii: "0")), 1 << 20)
                continue
            }
            references += max(count, 1)
            count = 0
            guard byte >= UInt8(ascii: "a"), byte <= UInt8(ascii: "z") else { break }
        }
        return end
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    private func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
}
