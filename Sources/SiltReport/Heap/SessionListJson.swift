// SPDX-License-Identifier: Apache-2.0
//
// `list` for scripts.

import SiltHost

extension SessionList {
    /// One object with these keys, in this order.
    ///
    ///     format      "silt-list"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     sessions    [{program, pid, state, running, started, age, inuse_bytes, file}], those that run first, then the
    ///                 newest; started is a time (RFC 3339), age in seconds from there to the last sign of life
    ///     notes       []
    package func json() -> [UInt8] {
        JsonWriter.document("silt-list", notes: []) { json in
            json.field("sessions") {
                $0.array(rows) { json, row in
                    json.object {
                        $0.field("program", row.program)
                        $0.field("pid", Int(row.pid))
                        $0.field("state", row.state)
                        $0.field("running") { $0.bool(row.isRunning) }
                        $0.field("started", formatTimestamp(row.start))
                        $0.field("age") { $0.number(row.age) }
                        $0.field("inuse_bytes") { $0.number(row.inUse) }
                        $0.field("file", row.path)
                    }
                }
            }
        }
    }
}
