// SPDX-License-Identifier: Apache-2.0
//
// Growth of resident memory as a line of a comparison and as JSON, with what malloc explains of it: a report on the heap
// must not say that nothing grew while the process does.

import SiltHost
package import SiltProfile

extension ResidentGrowth {
    /// `Resident memory: 12MB → 92MB, grew by 80MB; malloc explains 0 of it, 78MB or more lie elsewhere (…)`.
    package var line: String {
        let text = "Resident memory: \(formatBytes(Double(first.total))) → \(formatBytes(Double(last.total)))"
        guard growth > 0 else {
            return text + (growth < 0 ? ", shrank by \(formatBytes(-growth))" : ", unchanged")
        }
        return text + ", grew by \(formatBytes(growth)); " + explanation + rest
    }

    private var explanation: String {
        let interval = heapInterval.lower...heapInterval.upper
        let error = formatInterval(interval, around: heap.value, unit: "bytes")
        guard interval.upperBound.isFinite else { return "how much of it is malloc's is not known" }
        guard heap.value >= 0.5 else {
            let most = interval.upperBound >= 0.5 ? " (at most \(formatBytes(interval.upperBound)))" : ""
            return "malloc explains 0 of it\(most)"
        }
        let figure = formatBytes(heap.value) + (error.isEmpty ? "" : " \(error)")
        if !interval.lowerBound.isFinite { return "malloc explains at most \(formatBytes(interval.upperBound)) of it" }
        if heap.value < growth { return "malloc explains \(figure) of it" }
        return "malloc \(interval.lowerBound < growth ? "may explain" : "explains") it (\(figure))"
    }

    private var rest: String {
        var text = ""
        if let fileGrowth, fileGrowth > worthSaying {
            text += ", files and shared memory \(formatBytes(fileGrowth))"
        }
        if isMoreThanHeap {
            text += ", \(formatBytes(elsewhere)) or more lie elsewhere (mmap, thread stacks, fragmentation): silt rss"
        }
        return text
    }

    /// Whether memory grew that a report on the heap does not show. What an allocator needs beyond the sizes that it was
    /// asked for is not worth a word.
    package var isMoreThanHeap: Bool { elsewhere > worthSaying }

    private var worthSaying: Double { max(growth / 10, Double(1 << 20)) }
}

// MARK: Parts

extension ResidentGrowth {
    /// The line, and where it grew; that it is not known where only if it matters.
    var lines: [String] {
        switch parts {
        case nil: [line]
        case .known(let parts): [line] + (parts.line.map { [$0] } ?? [])
        case .unknown where !isMoreThanHeap: [line]
        case .unknown(let path):
            [
                line,
                "Where in the process: \(printable(path)) does not say; what silt dump makes of a running process does",
            ]
        }
    }
}

extension PartGrowth.Parts {
    /// `By part: heap in use +40MB, pinned +700MB (most by Session::remember), unknown +12MB`; nil: nothing changed.
    ///
    /// What is small beside the largest change is left out, and told as one.
    fileprivate var line: String? {
        let largest = growth.values.map(\.magnitude).max() ?? 0
        guard largest > 0 else { return nil }
        func signed(_ bytes: Double) -> String { (bytes < 0 ? "-" : "+") + formatBytes(bytes.magnitude) }
        var words: [String] = []
        var rest = 0.0
        for part in ResidentMemory.Part.allCases {
            guard let bytes = growth[part], bytes != 0 else { continue }
            guard bytes.magnitude >= max(largest / 100, 4096) else {
                rest += bytes
                continue
            }
            let by = part == .pinned ? pinner.map { " (most by \($0.words))" } ?? "" : ""
            words.append("\(part.shortWords) \(signed(bytes))\(by)")
        }
        if rest != 0 { words.append("the rest \(signed(rest))") }
        return "By part: " + words.joined(separator: ", ")
    }
}

extension PartGrowth.Pinner {
    /// `keep_most`, `keep_most or keep_some`, `keep_most or one of 3 others`.
    fileprivate var words: String {
        switch rivals.count {
        case 0: printable(name)
        case 1: "\(printable(name)) or \(printable(rivals[0]))"
        default: "\(printable(name)) or one of \(rivals.count) others"
        }
    }
}

extension JsonWriter {
    /// The growth of each part by its key in `silt-rss`; of what is pinned also whose blocks pin most more than before.
    fileprivate mutating func parts(_ growth: PartGrowth?) {
        guard case .known(let parts) = growth else { return null() }
        object { json in
            for part in ResidentMemory.Part.allCases {
                guard let bytes = parts.growth[part] else { continue }
                json.field(part.key) { $0.number(bytes) }
            }
            json.field("pinned_by") { json in
                guard let pinner = parts.pinner else { return json.null() }
                json.object {
                    $0.field("name", pinner.name)
                    $0.field("growth") { $0.number(pinner.growth) }
                    $0.field("or") { $0.array(pinner.rivals) { json, name in json.string(name) } }
                }
            }
        }
    }

    /// `{"levels", "growth", "files", "malloc": figure, "parts"}`: bytes resident at each snapshot, by how much they grew, how
    /// much of that are files and shared memory, by how much what is in use grew in the same time, and where it grew; parts
    /// are null where the first or the last snapshot does not tell.
    mutating func resident(_ resident: ResidentGrowth?) {
        guard let resident else { return null() }
        object {
            $0.field("levels") { $0.array(resident.levels) { $0.number(Int(clamping: $1.total)) } }
            $0.field("growth") { $0.number(resident.growth) }
            $0.field("files") { $0.number(resident.fileGrowth) }
            $0.field("malloc") {
                $0.figure(resident.heap, in: resident.heapInterval.lower...resident.heapInterval.upper)
            }
            $0.field("parts") { $0.parts(resident.parts) }
        }
    }
}
