// SPDX-License-Identifier: Apache-2.0
//
// Profile → Silt's own JSON, for scripts: everything that the profile holds, intervals and notes included.

import SiltHost
package import SiltProfile
internal import SiltSymbols

extension Profile {
    /// The whole profile as JSON; a mirror of the value, so that nothing is lost.
    ///
    /// One object with these keys, in this order. Numbers are plain, addresses are strings such as `"0x5555"` since
    /// they do not fit into every reader's numbers, indices count from 0, unknown is null.
    ///
    ///     format          "silt-profile"
    ///     version         1; it rises when a key changes its meaning, not when one is added
    ///     interval        mean bytes between samples; 1: exact; 0: not known
    ///     time_nanos      nanoseconds since 1970; 0: not known
    ///     duration_nanos  nanoseconds covered; 0: not known
    ///     processes       [{name, pid, exe}]
    ///     notes           [sentence]
    ///     kinds           [{name, unit, total: figure}]
    ///     mappings        [{start, limit, file_offset, path, build_id}]
    ///     locations       [{address, mapping, frames: [{function, system_name, file, line, start_line, inlined}]}]
    ///                     innermost frame first
    ///     samples         [{locations, block_size, truncated, guessed, process, values: [figure]}]
    ///                     leaf first; one figure for each kind; guessed: a frame was passed by its frame pointer,
    ///                     and its callers are likely, not proven
    ///     figure          {value, lower, upper, samples, variance}: lower and upper are the limits at 95 %, as in the other
    ///                     reports, with "at_least" and "upper_any_size" where they apply; null where nothing is known of the
    ///                     sampling, or of what is missing
    package func json() -> [UInt8] {
        var writer = JsonWriter()
        var intervals = Intervals(self)
        writer.object { json in
            json.field("format", "silt-profile")
            json.field("version", 1)
            json.field("interval", Int(clamping: interval))
            json.field("time_nanos", Int(clamping: time))
            json.field("duration_nanos", Int(clamping: duration))
            json.field("processes") { $0.array(processes) { $0.process($1) } }
            json.field("notes") { $0.array(notes) { $0.string($1.sentence) } }
            json.field("kinds") { json in
                json.array(kinds) { json, kind in
                    json.object {
                        $0.field("name", kind.name)
                        $0.field("unit", kind.unit)
                        $0.field("total") {
                            $0.figure(
                                total(kind: kind), in: intervals.interval(of: total(kind: kind), kind),
                                showsVariance: true)
                        }
                    }
                }
            }
            json.field("mappings") { $0.array(mappings) { $0.mapping($1) } }
            json.field("locations") { $0.array(locations) { $0.location($1) } }
            json.field("samples") { $0.array(samples) { $0.sample($1, kinds, &intervals) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

/// The intervals of figures. Most samples have figures that others have too, and an interval takes long.
private struct Intervals {
    private struct Figure: Hashable {
        var kind: Profile.Kind
        var estimate: Estimate
    }

    private let profile: Profile
    private var known: [Figure: ClosedRange<Double>] = [:]

    init(_ profile: Profile) { self.profile = profile }

    /// Nil if nothing is known of how the kind was sampled.
    mutating func interval(of estimate: Estimate, _ kind: Profile.Kind) -> ClosedRange<Double>? {
        let figure = Figure(kind: kind, estimate: estimate)
        if let interval = known[figure] { return interval }
        guard let limits = profile.confidence(in: kind)?.interval(of: estimate) else { return nil }
        known[figure] = limits.lower...limits.upper
        return known[figure]
    }
}

extension JsonWriter {
    fileprivate mutating func process(_ process: Profile.Process) {
        object {
            $0.field("name", process.name)
            $0.field("pid") { json in if let pid = process.pid { json.number(Int(pid)) } else { json.null() } }
            $0.field("exe", process.exe)
        }
    }

    fileprivate mutating func mapping(_ mapping: Profile.Mapping) {
        object {
            $0.field("start", hexadecimal(mapping.addresses.lowerBound))
            $0.field("limit", hexadecimal(mapping.addresses.upperBound))
            $0.field("file_offset", hexadecimal(mapping.fileOffset))
            $0.field("path", mapping.path)
            $0.field("build_id", mapping.buildID)
        }
    }

    fileprivate mutating func location(_ location: Profile.Location) {
        object {
            $0.field("address", hexadecimal(location.address))
            $0.field("mapping") { json in if let index = location.mapping { json.number(index) } else { json.null() } }
            $0.field("frames") { $0.array(location.frames) { $0.frame($1) } }
        }
    }

    private mutating func frame(_ frame: Frame) {
        object {
            $0.field("function", frame.function)
            $0.field("system_name", frame.systemName)
            $0.field("file", frame.file)
            $0.field("line", frame.line)
            $0.field("start_line", frame.startLine)
            $0.field("inlined") { $0.bool(frame.isInlined) }
        }
    }

    fileprivate mutating func sample(_ sample: Profile.Sample, _ kinds: [Profile.Kind], _ intervals: inout Intervals) {
        object {
            $0.field("locations") { $0.array(sample.locations) { $0.number($1) } }
            $0.field("block_size", Int(clamping: sample.blockSize))
            $0.field("truncated", sample.truncated?.words)
            $0.field("guessed") { $0.bool(sample.isGuessed) }
            $0.field("process", sample.process)
            $0.field("values") { json in
                json.array(zip(kinds, sample.values)) { json, figure in
                    let (kind, value) = figure
                    json.figure(value, in: intervals.interval(of: value, kind), showsVariance: true)
                }
            }
        }
    }
}
