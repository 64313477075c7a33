// SPDX-License-Identifier: Apache-2.0
//
// Profile → folded stacks, the line format that flame graph scripts read: `main;serve;grow 67108864`.

import SiltHost
package import SiltProfile

extension Profile {
    /// One line a stack, root first, equal stacks summed up, in the order of their text.
    ///
    /// Values are rounded to whole numbers; a stack whose sum is 0 is left out, and in a diff values may be negative.
    /// `;` in a name becomes `:`, and what would add a line or steer a terminal is neutralised. A stack that was cut short begins with a frame that says so.
    ///
    /// - Precondition: the profile has this kind.
    package func folded(kind: Profile.Kind, granularity: Granularity = .functions) -> String {
        let table = NodeTable(self, granularity: granularity)
        let column = column(of: kind)
        var names = Interner<String>()
        let places = table.places.map { names.index(of: foldedName($0.name)) }
        // Stacks are summed up as numbers; their text, many times as long, is made once for each.
        var sums: [[Int]: Double] = [:]
        for sample in samples {
            var stack = sample.truncated.map { [names.index(of: foldedName(cutFrameName($0)))] } ?? []
            for location in sample.locations.reversed() {
                for node in table.nodes[location].reversed() { stack.append(places[node]) }
            }
            sums[stack, default: 0] += sample.values[column].value
        }
        var lines: [String] = []
        for (stack, sum) in sums {
            let value = fixed(sum, decimals: 0)
            if value != "0" { lines.append(stack.map { names.values[$0] }.joined(separator: ";") + " " + value) }
        }
        return lines.sorted().map { $0 + "\n" }.joined()
    }

    private func foldedName(_ name: String) -> String {
        String(printable(name).map { $0 == ";" ? ":" : $0 })
    }
}

/// The frame that stands at the root of a stack whose callers are not known, so that it is not taken for a whole one.
func cutFrameName(_ reason: Profile.Cut) -> String { "[incomplete stack: \(reason.words)]" }
