// SPDX-License-Identifier: Apache-2.0
//
// Growth of resident memory as a line of a comparison and as JSON, with what malloc explains of it: a report on the heap
// must not say that nothing grew while the process does.

package import SiltProfile

extension ResidentGrowth {
    /// `Resident memory: 12MB → 92MB, grew by 80MB; malloc explains 0 of it, 78MB or more lie elsewhere (…)`.
    var line: String {
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
        return heap.value < growth ? "malloc explains \(figure) of it" : "malloc explains it (\(figure))"
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

extension JsonWriter {
    /// `{"levels", "growth", "files", "malloc": figure}`: bytes resident at each snapshot, by how much they grew, how much
    /// of that are files and shared memory, and by how much what is in use grew in the same time.
    mutating func resident(_ resident: ResidentGrowth?) {
        guard let resident else { return null() }
        object {
            $0.field("levels") { $0.array(resident.levels) { $0.number(Int(clamping: $1.total)) } }
            $0.field("growth") { $0.number(resident.growth) }
            $0.field("files") { $0.number(resident.fileGrowth) }
            $0.field("malloc") {
                $0.figure(resident.heap, in: resident.heapInterval.lower...resident.heapInterval.upper)
            }
        }
    }
}
