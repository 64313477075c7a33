// SPDX-License-Identifier: Apache-2.0
//
// `rss`: the parts of resident memory as a table that adds up, who pins the pages of the heap, and what would help.

import SiltAllocator
import SiltHost
package import SiltProfile

/// Where resident memory is.
package struct ResidentReport: Sendable {
    /// A function that pins pages.
    package struct Pinner: Sendable {
        package var name: String
        package var pinned: Estimate
        package var interval: ClosedRange<Double>?
        /// What would be free without its blocks alone; nil: not known, as of a dump.
        package var alone: Estimate?
    }

    /// A function that mapped memory.
    package struct Mapper: Sendable, Hashable {
        package var name: String
        package var resident: Double
        /// Of its mappings that have resident bytes: all that they cover.
        package var mapped: Double
    }

    /// `payments (pid 812)`.
    package var title: String
    package var memory: ResidentMemory
    /// The largest first; empty if nothing is pinned, or nobody knows by whom.
    package var pinners: [Pinner]
    /// Whose mappings hold most, the largest first; empty if none does, or the session does not record mappings.
    package var mappers: [Mapper]

    /// - Parameters:
    ///   - pinned: the profile of pages, folded, as ``SiltProfile/Profile/pages(_:_:symbols:)`` makes it; nil: the heap
    ///     was not walked.
    ///   - mapped: the profile of what the program mapped, as ``SiltProfile/Profile/mapped(_:in:symbols:)`` makes it.
    package init(
        title: String, memory: ResidentMemory, pinned: Profile? = nil, interval: IntervalRule? = nil,
        mapped: Profile? = nil
    ) {
        self.title = title
        self.memory = memory
        mappers = mapped.map(Self.mappers(of:)) ?? []
        guard let pinned else {
            pinners = []
            return
        }
        let top = TopReport(
            pinned, kind: .pinnedSpace, options: ReportOptions(nodeCount: Self.shownPinners),
            interval: interval)
        let alone =
            pinned.kinds.contains(.pinnedAlone)
            ? TopReport(pinned, kind: .pinnedAlone, options: ReportOptions(nodeFraction: 0)) : nil
        pinners = top.rows.filter { $0.flat.value > 0 }.map { row -> Pinner in
            Pinner(
                name: row.name, pinned: row.flat, interval: row.flatInterval,
                alone: alone.map { alone in alone.rows.first { $0.name == row.name }?.flat ?? .zero })
        }
    }

    private static let shownPinners = 3

    private static func mappers(of mapped: Profile) -> [Mapper] {
        let resident = TopReport(
            mapped, kind: .mappedResident, options: ReportOptions(nodeFraction: 0, nodeCount: shownPinners))
        let space = TopReport(mapped, kind: .mappedSpace, options: ReportOptions(nodeFraction: 0))
        return resident.rows.filter { $0.flat.value > 0 }.map { row in
            Mapper(
                name: row.name, resident: row.flat.value,
                mapped: space.rows.first { $0.name == row.name }?.flat.value ?? 0)
        }
    }

    private var mappersText: String {
        guard !mappers.isEmpty else { return "" }
        let list = mappers.map {
            "\(printable($0.name)) \(formatBytes($0.resident)) of \(formatBytes($0.mapped))"
        }
        return "Mapped by the program, resident: \(list.joined(separator: ", ")). More: silt top --by mapped_space\n"
    }

    /// Parts in their own order, not by size, so that two reports stand side by side.
    package func text(width: Int? = nil) -> String {
        var table = Table([
            Table.Column("bytes", isFigure: true), Table.Column("share", isFigure: true), Table.Column("part"),
        ])
        let total = Double(memory.total)
        for (part, bytes) in memory.shownParts {
            let name = part.words(isWalked: memory.heaps != nil) + (part == .heapInUse ? " (\(sampled))" : "")
            table.rows.append([formatBytes(Double(bytes)), formatShare(Double(bytes), of: total), name])
        }
        table.rows.append([formatBytes(total), formatShare(1, of: 1), "resident"])
        return "File: \(printable(title))\n" + table.text(width: width) + (besides.isEmpty ? "" : besides + "\n")
            + mappersText
            + pinnersText(width: width)
            + adviceText
            + noteLines(memory.notes.map(\.sentence))
    }

    /// What the samples say of the heap in use.
    var sampled: String {
        let interval = memory.inUseInterval
        let error = formatInterval(interval.lower...interval.upper, around: memory.inUse.value, unit: "bytes")
        return "sampled: \(formatBytes(memory.inUse.value))\(error.isEmpty ? "" : ", " + error)"
    }

    /// What is known beside resident memory.
    var besides: String {
        var words: [String] = []
        func add(_ bytes: UInt64?, _ what: String) {
            if let bytes, bytes > 0 { words.append("\(formatBytes(Double(bytes))) \(what)") }
        }
        add(memory.heaps?.untouched, "of the heap in use was never touched")
        add(memory.swapped, "is in swap")
        add(memory.pageTables, "are page tables")
        if let proportional = memory.proportional, proportional < memory.total {
            words.append("\(formatBytes(Double(proportional))) resident if shared pages are divided (PSS)")
        }
        return words.isEmpty ? "" : "Not counted above: \(words.joined(separator: ", "))."
    }

    private func pinnersText(width: Int?) -> String {
        guard !pinners.isEmpty else { return "" }
        let knowsAlone = pinners.contains { $0.alone != nil }
        let titles = ["pinned", "±"] + (knowsAlone ? ["alone"] : []) + ["samples"]
        var table = Table(titles.map { Table.Column($0, isFigure: true) } + [Table.Column("by blocks of")])
        for pinner in pinners {
            let error = formatInterval(pinner.interval, around: pinner.pinned.value, unit: "bytes")
            table.rows.append(
                [formatBytes(pinner.pinned.value), error] + (knowsAlone ? [formatBytes(pinner.alone?.value ?? 0)] : [])
                    + ["\(pinner.pinned.samples)", pinner.name])
        }
        return table.text(width: width) + pinnedWords + ". More: silt top --by pinned_space\n"
    }

    /// What these figures mean.
    var pinnedWords: String {
        "Pinned bytes are shared among all blocks of a page"
            + (pinners.contains { $0.alone != nil }
                ? "; alone: what freeing only these blocks would free at least" : "")
    }
}

// MARK: Advice

extension ResidentReport {
    /// What would help, with the figures that speak for it.
    package var advice: [String] {
        guard let heaps = memory.heaps, memory.total > 0 else { return [] }
        let (returnable, pinned) = (memory.parts[.returnable] ?? 0, memory.parts[.pinned] ?? 0)
        var advice: [String] = []
        func matters(_ bytes: UInt64) -> Bool { bytes >= 8 << 20 && Double(bytes) >= 0.1 * Double(memory.total) }
        if matters(returnable) {
            advice.append(
                "malloc_trim(0) would give back \(formatBytes(Double(returnable))): call it after the load has gone, or "
                    + "set MALLOC_TRIM_THRESHOLD_")
        }
        if heaps.arenas > 4, matters(heaps.kept) {
            advice.append(
                "\(heaps.arenas) arenas keep \(formatBytes(Double(heaps.kept))) of free memory that malloc_trim leaves: try "
                    + "MALLOC_ARENA_MAX=2, or another allocator (jemalloc, mimalloc, tcmalloc)")
        } else if heaps.arenas > 8, matters(pinned) {
            advice.append(
                "\(heaps.arenas) arenas have holes that the others cannot fill: try MALLOC_ARENA_MAX=2, or another allocator "
                    + "(jemalloc, mimalloc, tcmalloc)")
        }
        if heaps.largeBlocks > 0, matters(returnable.addingSaturated(pinned)) {
            advice.append(
                "\(counted(heaps.largeBlocks, "sampled block")) of 128kB and more came from the heap, since glibc raises its "
                    + "threshold when such a block is freed: MALLOC_MMAP_THRESHOLD_=131072 gives each a mapping of its own, "
                    + "which goes back when it is freed")
        }
        if matters(pinned) {
            let who = pinners.first.map { ", such as those of \(printable($0.name))," } ?? ""
            advice.append(
                "\(formatBytes(Double(pinned))) is free but pinned: blocks that stay\(who) lie between blocks that "
                    + "were freed; allocate what stays from a pool of its own")
        }
        return advice
    }

    private var adviceText: String { advice.map { "Advice: \($0).\n" }.joined() }
}
