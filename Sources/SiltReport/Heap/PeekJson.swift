// SPDX-License-Identifier: Apache-2.0
//
// `peek` for scripts.

import SiltProfile

extension PeekReport {
    /// One object with these keys, in this order; figures are in the unit of the kind.
    ///
    ///     format      "silt-peek"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     kind        {name, unit}
    ///     total       figure: {value, lower, upper, samples}
    ///     functions   [{name, place, flat: figure, cum: figure, callers, callees}], where a caller or callee is
    ///                 {name, place, inlined, weight: figure}; a place is {function, file, line, module, offset}
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-peek", notes: notes) { json in
            json.heading(header, summary)
            json.field("functions") {
                $0.array(entries) { json, entry in
                    json.object {
                        $0.field("name", entry.name)
                        $0.field("place") { $0.place(entry.place) }
                        $0.field("flat") { $0.figure(entry.flat, in: nil) }
                        $0.field("cum") { $0.figure(entry.cum, in: nil) }
                        $0.field("callers") { $0.array(entry.callers) { $0.call($1) } }
                        $0.field("callees") { $0.array(entry.callees) { $0.call($1) } }
                    }
                }
            }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func call(_ call: PeekReport.Call) {
        object {
            $0.field("name", call.name)
            $0.field("place") { $0.place(call.place) }
            $0.field("inlined") { $0.bool(call.isInlined) }
            $0.field("weight") { $0.figure(call.weight, in: nil) }
        }
    }
}
