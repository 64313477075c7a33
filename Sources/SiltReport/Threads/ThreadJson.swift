// SPDX-License-Identifier: Apache-2.0
//
// `threads` for scripts: by who created them, or by where they are.

import SiltProfile

extension ThreadReport {
    /// One object with these keys, in this order; what is not known is null.
    ///
    ///     format      "silt-threads"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     total       threads alive
    ///     recorded    those whose creation was recorded
    ///     unknown     older ones, and those made by a bare system call
    ///     processes   of how many, each of which has one more: its first
    ///     groups      [{threads, created_by: [place], guessed, oldest, median, reserved_bytes, resident_bytes, cpu_seconds,
    ///                 doing: [{what, threads}], names: [{what, threads}]}], largest first; ages are in seconds, a place is
    ///                 {function, file, line, module, offset}, the function responsible first
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-threads", notes: notes) { json in
            json.field("total", Int(clamping: total))
            json.field("recorded", recorded)
            json.field("unknown") { $0.number(unknown.map { Double($0) }) }
            json.field("processes", processes)
            json.field("groups") {
                $0.array(groups) { json, group in
                    json.object {
                        $0.field("threads", group.count)
                        $0.field("created_by") { $0.array(group.frames) { $0.place($1) } }
                        $0.field("guessed") { $0.bool(group.isGuessed) }
                        $0.field("oldest") { $0.seconds(group.oldest) }
                        $0.field("median") { $0.seconds(group.median) }
                        $0.field("reserved_bytes") { $0.number(Double(group.reserved)) }
                        $0.field("resident_bytes") { $0.number(group.resident.map { Double($0) }) }
                        $0.field("cpu_seconds") { $0.number(group.cpuTime) }
                        $0.tallies("doing", group.doing)
                        $0.tallies("names", group.names)
                    }
                }
            }
        }
    }
}

extension StackReport {
    /// One object with these keys, in this order; what is not known is null.
    ///
    ///     format      "silt-thread-stacks"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     total       threads
    ///     groups      [{threads, stack: [place], cpu_seconds, doing, names, creators: [{what, threads}]}], largest first,
    ///                 the innermost function first
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-thread-stacks", notes: notes) { json in
            json.field("total", total)
            json.field("groups") {
                $0.array(groups) { json, group in
                    json.object {
                        $0.field("threads", group.count)
                        $0.field("stack") { $0.array(group.frames) { $0.place($1) } }
                        $0.field("cpu_seconds") { $0.number(group.cpuTime) }
                        $0.tallies("doing", group.doing)
                        $0.tallies("names", group.names)
                        $0.tallies("creators", group.creators)
                    }
                }
            }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func tallies(_ key: String, _ tallies: [ThreadReport.Doing]) {
        field(key) {
            $0.array(tallies) { json, tally in
                json.object {
                    $0.field("what", tally.what)
                    $0.field("threads", tally.count)
                }
            }
        }
    }
}
