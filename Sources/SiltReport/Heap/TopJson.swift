// SPDX-License-Identifier: Apache-2.0
//
// `top` for scripts.

import SiltProfile

extension TopReport {
    /// One object with these keys, in this order; unknown is null, figures are in the unit of the kind.
    ///
    ///     format      "silt-top"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     kind        {name, unit}
    ///     total       figure: {value, lower, upper, samples}
    ///     missed_frees {count, may_matter}: frees that went past the shim; if they may matter, what shows as in use may
    ///                 have been freed, and figures have no lower limit; null: none was noticed
    ///     nodes       [{name, place, inlined, flat: figure, cum: figure, age_median, age_oldest}]
    ///                 in the order of the report; a place is {function, file, line, module, offset}, inlined is
    ///                 "never", "partly" or "always", ages are in seconds
    ///     left_out    {nodes, small}: nodes that are not shown, and those of them that are below --nodefraction
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-top", notes: notes) { json in
            json.heading(header, summary)
            json.missedFrees(header.missedFrees)
            json.field("nodes") { $0.array(rows) { $0.node($1) } }
            json.leftOut(summary)
        }
    }
}

extension JsonWriter {
    fileprivate mutating func node(_ row: TopReport.Row) {
        object {
            $0.field("name", row.name)
            $0.field("place") { $0.place(row.place) }
            $0.field("inlined", row.inlining.key)
            $0.field("flat") { $0.figure(row.flat, in: row.flatInterval) }
            $0.field("cum") { $0.figure(row.cum, in: row.cumInterval) }
            $0.field("age_median") { $0.seconds(row.ages.median) }
            $0.field("age_oldest") { $0.seconds(row.ages.oldest) }
        }
    }
}

extension TopReport.Inlining {
    fileprivate var key: String {
        switch self {
        case .none: "never"
        case .partly: "partly"
        case .always: "always"
        }
    }
}
