// SPDX-License-Identifier: Apache-2.0
//
// `rss` as one HTML file: the parts of resident memory as nested bars, then the same figures and sentences as the text has.
// The file asks nobody for anything. Names come from the process that was looked at, and are escaped.

import SiltAllocator
import SiltHost
import SiltProfile

extension ResidentReport {
    /// A picture of it, as one self-contained HTML file.
    package func page() -> [UInt8] {
        func escaped(_ text: String) -> [UInt8] { Array(escapedForMarkup(printable(text)).utf8) }
        return filledTemplate(
            PackageResources.rss_html,
            [
                "title": escaped(title), "style": FlamePage.tokens + PackageResources.rss_css,
                "total": escaped(formatBytes(Double(memory.total))), "besides": escaped(besides),
                "picture": Array(picture.utf8), "parts": Array(rows.utf8),
                "pinners": Array((pinnersTable + mappersTable).utf8),
                "advice": Array(Self.list("What would help", advice.map { $0 + "." }, style: "advice").utf8),
                "notes": Array(Self.list("Notes", memory.notes.map(\.sentence), style: "notes").utf8),
            ])
    }

    /// The heap is one rectangle of the picture, all else another.
    private static let heap: [ResidentMemory.Part] = [.heapInUse, .returnable, .pinned, .allocator]

    private var picture: String {
        let others = ResidentMemory.Part.allCases.filter { !Self.heap.contains($0) }
        return [("heap", Self.heap), ("other", others)].map { name, parts in
            let parts = parts.filter { memory.parts[$0] ?? 0 > 0 }
            let bytes: UInt64 = parts.reduce(0) { $0.addingSaturated(memory.parts[$1] ?? 0) }
            guard bytes > 0 else { return "" }
            let bars = parts.map { part in
                let own = memory.parts[part] ?? 0
                return "<i class=\"\(part.style)\" style=\"width:\(Self.percent(own, of: bytes))%\">"
                    + "<b>\(part.shortWords)<br>\(formatBytes(Double(own)))</b></i>"
            }
            return "<div class=\"group\" style=\"width:\(Self.percent(bytes, of: memory.total))%\"><span>\(name) "
                + "\(formatBytes(Double(bytes)))</span><div class=\"bar\">\(bars.joined())</div></div>"
        }.joined()
    }

    private var rows: String {
        memory.shownParts.map { part, bytes in
            let words = part.words(isWalked: memory.heaps != nil) + (part == .heapInUse ? " (\(sampled))" : "")
            return "<tr><td><span class=\"swatch \(part.style)\"></span>\(escapedForMarkup(words))"
                + Self.meter(part.style, bytes, of: memory.total)
                + "<td class=\"figure\">\(formatBytes(Double(bytes)))"
                + "<td class=\"figure\">\(formatShare(Double(bytes), of: Double(memory.total)))"
        }.joined(separator: "\n")
    }

    private var pinnersTable: String {
        guard !pinners.isEmpty else { return "" }
        let knowsAlone = pinners.contains { $0.alone != nil }
        let pinned = memory.parts[.pinned] ?? 0
        let rows = pinners.map { pinner in
            let error = formatInterval(pinner.interval, around: pinner.pinned.value, unit: "bytes")
            let alone = pinner.alone.map { formatBytes($0.value) } ?? ""
            return "<tr><td><span class=\"name\">\(escapedForMarkup(printable(pinner.name)))</span>"
                + Self.meter(ResidentMemory.Part.pinned.style, UInt64(saturating: pinner.pinned.value), of: pinned)
                + "<td class=\"figure\">\(formatBytes(pinner.pinned.value))<td class=\"figure\">\(escapedForMarkup(error))"
                + (knowsAlone ? "<td class=\"figure wide\">\(alone)" : "")
                + "<td class=\"figure wide\">\(pinner.pinned.samples)"
        }
        return "<h2>Whose blocks pin free memory</h2>\n<table>\n<thead><tr><th>Function<th class=\"figure\">Pinned"
            + "<th class=\"figure\">±95%\(knowsAlone ? "<th class=\"figure wide\">Alone" : "")"
            + "<th class=\"figure wide\">Samples</thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>\n"
            + "<p class=\"quiet\">\(pinnedWords).</p>"
    }

    private var mappersTable: String {
        guard !mappers.isEmpty else { return "" }
        let all = memory.parts[.mapped] ?? 0
        let rows = mappers.map { mapper in
            "<tr><td><span class=\"name\">\(escapedForMarkup(printable(mapper.name)))</span>"
                + Self.meter(ResidentMemory.Part.mapped.style, UInt64(saturating: mapper.resident), of: all)
                + "<td class=\"figure\">\(formatBytes(mapper.resident))<td class=\"figure\">\(formatBytes(mapper.mapped))"
        }
        return "\n<h2>Whose mappings are resident</h2>\n<table>\n<thead><tr><th>Function<th class=\"figure\">Resident"
            + "<th class=\"figure\">Mapped</thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
    }

    private static func list(_ title: String, _ sentences: [String], style: String) -> String {
        guard !sentences.isEmpty else { return "" }
        return "<h2>\(title)</h2>\n<ul class=\"\(style)\">\n"
            + sentences.map { "<li>\(escapedForMarkup(printable($0)))\n" }.joined() + "</ul>"
    }

    private static func meter(_ style: String, _ bytes: UInt64, of all: UInt64) -> String {
        "<span class=\"meter \(style)\" style=\"width:\(percent(bytes, of: all))%\"></span>"
    }

    /// With two digits behind the point; 0 of nothing.
    private static func percent(_ bytes: UInt64, of all: UInt64) -> Double {
        all == 0 ? 0 : (min(Double(bytes) / Double(all), 1) * 10_000).rounded() / 100
    }
}

extension ResidentMemory.Part {
    /// Its class in the page.
    fileprivate var style: String {
        switch self {
        case .heapInUse: "in-use"
        case .returnable: "returnable"
        case .pinned: "pinned"
        case .allocator: "allocator"
        case .stacks: "stacks"
        case .files: "files"
        case .mapped: "mapped"
        case .shared: "shared"
        case .profiler: "profiler"
        case .unknown: "unknown"
        }
    }
}
