// SPDX-License-Identifier: Apache-2.0
//
// From nested address ranges to the innermost one at an address. Ranges that overlap without nesting, as in damaged
// debug information, must not crash it: at worst they give a wrong name. It knows nothing of ELF or DWARF.

/// Sorted, disjoint address segments, each with the value of the innermost range that covers it.
struct RangeMap<Value> {
    /// A range to put in; of two equal ranges the later one is the inner one.
    struct Entry {
        var range: Range<UInt64>
        var value: Value
    }

    private var starts: [UInt64] = []
    private var ends: [UInt64] = []
    private var values: [Value] = []

    /// - Complexity: O(n log n) for n entries, O(n) if they come in order of their starts.
    init(_ entries: [Entry]) {
        let ordered = entries.indices.sorted { a, b in
            let (x, y) = (entries[a].range, entries[b].range)
            if x.lowerBound != y.lowerBound { return x.lowerBound < y.lowerBound }
            if x.upperBound != y.upperBound { return x.upperBound > y.upperBound }
            return a < b
        }
        var open: [Int] = []
        var position: UInt64 = 0
        func emit(upTo end: UInt64) {
            guard position < end, let top = open.last else { return }
            starts.append(position)
            ends.append(end)
            values.append(entries[top].value)
            position = end
        }
        func close(upTo address: UInt64) {
            while let top = open.last, entries[top].range.upperBound <= address {
                emit(upTo: entries[top].range.upperBound)
                open.removeLast()
            }
            emit(upTo: address)
            position = address
        }
        for index in ordered where !entries[index].range.isEmpty {
            close(upTo: entries[index].range.lowerBound)
            open.append(index)
        }
        close(upTo: .max)
    }

    var count: Int { starts.count }

    /// The segment that covers `address`, and the innermost value there.
    ///
    /// - Complexity: O(log n).
    func find(_ address: UInt64) -> (segment: Range<UInt64>, value: Value)? {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < ends[low - 1] else { return nil }
        return (starts[low - 1]..<ends[low - 1], values[low - 1])
    }
}
