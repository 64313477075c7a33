// SPDX-License-Identifier: Apache-2.0
//
// Profile → JSON lines, one a stack, which ClickHouse, DuckDB and BigQuery load as a table as it is. Rows of many hosts
// stand in one table, so each says by itself where and when it was taken.

import SiltHost
package import SiltProfile

extension Profile {
    /// One object a line, with these keys in this order; what is not known is null.
    ///
    ///     time               "2026-11-26T15:04:05.000250Z", the moment that is shown
    ///     duration_seconds   of a change: the time it took; null: the row shows a state
    ///     host, service      see ``SiltProfile/Origin``
    ///     pid, exe, build_id of the process
    ///     function           the function responsible: the first of the application's own code
    ///     frames             names, leaf first: frames[0] called the allocator
    ///     places             "file:line" of each frame, or null
    ///     truncated          why the stack ends early
    ///     inuse_space, …     a figure of each kind, and its variance as inuse_space_variance, …
    ///
    /// - Parameter folded: the same samples with runtimes folded; nil: the profile itself is.
    package func jsonLines(origin: Origin, judgedAs folded: Profile? = nil) -> [UInt8] {
        let table = NodeTable(self, granularity: .lines)
        let judged = folded ?? self
        let judges = NodeTable(judged, granularity: .functions)
        var writer = JsonWriter()
        let moment = time == 0 ? nil : formatTimestamp(time)
        let builds = processes.map { buildID(of: $0) }
        for (sample, own) in zip(samples, judged.samples) {
            let process = processes.indices.contains(sample.process) ? processes[sample.process] : nil
            let frames = sample.locations.flatMap { table.nodes[$0] }.map { table.places[$0] }
            writer.line { json in
                json.field("time", moment)
                json.field("duration_seconds") { $0.number(isChange ? Double(duration) / 1e9 : nil) }
                json.field("host", origin.host)
                json.field("service", process.map { origin.service(of: $0) })
                json.field("pid") { $0.number(process?.pid.map(Double.init)) }
                json.field("exe", process?.exe)
                json.field("build_id", process == nil ? nil : builds[sample.process].nonEmpty)
                json.field("function", own.locations.first.map { judges.places[judges.nodes[$0][0]].name })
                json.field("frames") { $0.array(frames) { $0.string($1.nameOfFunction) } }
                json.field("places") { $0.array(frames) { $0.place($1.lineOfSource) } }
                json.field("truncated", sample.truncated?.words)
                for (kind, value) in zip(kinds, sample.values) {
                    json.field(kind.name) { $0.number(value.value) }
                    let isKnown = value.samples > 0 || value.value == 0 || interval == 1
                    json.field("\(kind.name)_variance") { $0.number(isKnown ? value.variance : nil) }
                }
            }
        }
        return writer.bytes
    }
}

extension Place {
    /// The name without the line, as ``Granularity/functions`` has it.
    fileprivate var nameOfFunction: String {
        var place = self
        place.line = 0
        place.file = ""
        return place.name
    }

    /// `cache.cpp:99`; nil if it is not known.
    fileprivate var lineOfSource: String? {
        if file.isEmpty { return nil }
        return line == 0 ? file : "\(file):\(line)"
    }
}

extension JsonWriter {
    fileprivate mutating func place(_ text: String?) { if let text { string(text) } else { null() } }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
