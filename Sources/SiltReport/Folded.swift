// SPDX-License-Identifier: Apache-2.0
//
// Profile → folded stacks, the line format that flame graph scripts read: `main;serve;grow 67108864`.

public import SiltProfile

extension Profile {
    /// One line a stack, root first, equal stacks summed up, in the order of their text.
    ///
    /// Values are rounded to whole numbers; a stack whose sum is 0 is left out, and in a diff values may be negative.
    /// `;` in a name becomes `:`. A stack that was cut short begins with a frame that says so.
    ///
    /// - Precondition: `kind` is an index into ``kinds``.
    public func folded(kind: Int, granularity: Granularity = .functions) -> String {
        let table = NodeTable(self, granularity: granularity)
        let names = table.places.map { foldedName($0.name) }
        var sums: [String: Double] = [:]
        for sample in samples {
            var frames = sample.truncated.map { [foldedName(cutFrameName($0))] } ?? []
            for location in sample.locations.reversed() {
                for node in table.nodes[location].reversed() { frames.append(names[node]) }
            }
            sums[frames.joined(separator: ";"), default: 0] += sample.values[kind].value
        }
        return sums.sorted { $0.key < $1.key }.map { stack, sum in
            let value = fixed(sum, decimals: 0)
            return value == "0" ? "" : "\(stack) \(value)\n"
        }.joined()
    }

    private func foldedName(_ name: String) -> String {
        String(name.map { $0 == ";" ? ":" : $0.isNewline ? " " : $0 })
    }
}

/// The frame that stands at the root of a stack whose callers are not known, so that it is not taken for a whole one.
func cutFrameName(_ reason: String) -> String { "[stack cut short: \(reason)]" }
