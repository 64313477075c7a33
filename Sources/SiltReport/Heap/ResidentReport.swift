// SPDX-License-Identifier: Apache-2.0
//
// `rss`: the parts of resident memory as a table that adds up.

import SiltHost
package import SiltProfile

/// Where resident memory is.
package struct ResidentReport: Sendable {
    /// `payments (pid 812)`.
    package var title: String
    package var memory: ResidentMemory

    package init(title: String, memory: ResidentMemory) {
        self.title = title
        self.memory = memory
    }

    /// Parts in their own order, not by size, so that two reports stand side by side.
    package func text() -> String {
        let interval = memory.inUseInterval
        var table = Table([
            Table.Column("bytes", isFigure: true), Table.Column("share", isFigure: true), Table.Column("part"),
        ])
        for part in ResidentMemory.Part.allCases {
            guard let bytes = memory.parts[part] else { continue }
            var name = part.words
            if part == .heapInUse {
                let error = formatInterval(
                    interval.lower...interval.upper, around: memory.inUse.value, unit: "bytes")
                name += " (sampled: \(formatBytes(memory.inUse.value))\(error.isEmpty ? "" : ", " + error))"
            }
            let total = Double(memory.total)
            table.rows.append([formatBytes(Double(bytes)), formatShare(Double(bytes), of: total), name])
        }
        table.rows.append([formatBytes(Double(memory.total)), formatShare(1, of: 1), "resident"])
        return "File: \(printable(title))\n" + table.text() + noteLines(memory.notes.map(\.sentence))
    }
}

extension ResidentMemory.Part {
    fileprivate var words: String {
        switch self {
        case .heapInUse: "heap in use"
        case .allocator: "allocator overhead and fragmentation"
        case .stacks: "thread stacks"
        case .files: "files: program, libraries, data"
        case .shared: "shared memory"
        case .profiler: "the profiler itself"
        case .unknown: "unknown"
        }
    }
}
