// SPDX-License-Identifier: Apache-2.0
//
// `tree` for scripts.

import SiltProfile

extension TreeReport {
    /// One object with these keys, in this order; figures are in the unit of the kind.
    ///
    ///     format      "silt-tree"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     kind        {name, unit}
    ///     total       figure: {value, lower, upper, samples}
    ///     nodes       [{depth, name, place, inlined, flat: figure, cum: figure}], from the root down, a node before those
    ///                 below it; flat has no interval. A place is {function, file, line, module, offset}
    ///     left_out    {nodes, small}: nodes that are not shown, and those of them that are below --nodefraction
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-tree", notes: notes) { json in
            json.heading(header, summary)
            json.field("nodes") {
                $0.array(rows) { json, row in
                    json.object {
                        $0.field("depth", row.depth)
                        $0.field("name", row.name)
                        $0.field("place") { $0.place(row.place) }
                        $0.field("inlined") { $0.bool(row.isInlined) }
                        $0.field("flat") { $0.figure(row.flat, in: nil) }
                        $0.field("cum") { $0.figure(row.cum, in: row.cumInterval) }
                    }
                }
            }
            json.leftOut(summary)
        }
    }
}
