// SPDX-License-Identifier: Apache-2.0
//
// The first line of a heap profile in text form: who wrote it, and by which law it was sampled. Nothing else in the file
// says so.

/// What the first line says.
struct LegacyHeader: Hashable {
    /// How the lines after it are built.
    enum Layout: Hashable {
        /// `2: 64 [3: 96] @ 0x1 0x2`: gperftools, Go, jemalloc before 4.0.
        case stackBesideFigures
        /// `@ 0x1 0x2`, then `t*: 2: 64 [3: 96]` and the same of each thread: jemalloc.
        case stackBeforeFigures
    }

    /// What is known of the blocks that one line counts.
    enum Sizes: Hashable {
        /// All of one size: Go keeps a line for each stack and size.
        case equal
        /// Any.
        case mixed
    }

    var layout: Layout
    var sizes: Sizes
    /// Mean bytes between samples; 1: exact; 0: not known.
    var interval: UInt64
    /// What all lines together count; nil: a later line says it.
    var total: LegacyFigures?

    static func isLikely(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "heap profile:".utf8) || bytes.starts(with: "heap_v2/".utf8)
    }

    init(_ line: LegacyScanner) throws(LegacyError) {
        var line = line
        if line.take("heap_v2/") {
            guard let interval = line.decimal(), line.isAtEnd else { throw LegacyError(.badHeader, line: 1) }
            self.init(layout: .stackBeforeFigures, sizes: .mixed, interval: interval, total: nil)
            return
        }
        guard line.take("heap profile:") else { throw LegacyError(.badHeader, line: 1) }
        let total: LegacyFigures
        do {
            total = try LegacyFigures(&line)
        } catch {
            throw LegacyError(error == .shape ? .badHeader : .badFigures, line: 1)
        }
        line.skipSpaces()
        guard line.take("@") else { throw LegacyError(.badHeader, line: 1) }
        line.skipSpaces()
        let words = line.word().split(separator: UInt8(ascii: "/"), maxSplits: 1)
        let counting = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        var number = LegacyScanner(words.count > 1 ? words[1] : [])
        let rate = number.isAtEnd ? 0 : number.decimal()
        guard let rate, number.isAtEnd else { throw LegacyError(.badHeader, line: 1) }
        let (sizes, interval): (Sizes, UInt64)
        switch counting {
        case "heapprofile": (sizes, interval) = (.mixed, 1)
        case "heap_v2", "heapz_v2": (sizes, interval) = (.mixed, rate)
        // Go writes twice its rate, for readers of an earlier way of sampling.
        case "heap": (sizes, interval) = (.equal, rate / 2)
        default: throw LegacyError(.unknownCounting(counting), line: 1)
        }
        self.init(layout: .stackBesideFigures, sizes: sizes, interval: interval, total: total)
    }

    private init(layout: Layout, sizes: Sizes, interval: UInt64, total: LegacyFigures?) {
        self.layout = layout
        self.sizes = sizes
        self.interval = interval
        self.total = total
    }
}
