// SPDX-License-Identifier: Apache-2.0
//
// Profile → speedscope's JSON (https://www.speedscope.app/file-format-schema.json), one sampled profile a kind.

package import SiltProfile
internal import SiltSymbols

extension Profile {
    /// The profile for speedscope. It shows widths, so a diff becomes two profiles a kind: what grew and what shrank.
    ///
    /// - Parameter kind: what is shown first; nil: the last, as pprof does.
    package func speedscope(kind: Profile.Kind? = nil) -> [UInt8] {
        var table = SpeedscopeFrames(self)
        let stacks = samples.map { table.stack(of: $0) }
        let columns = kinds.flatMap { kind in
            let column = column(of: kind)
            let values = samples.map(\.values[column].value)
            let grew = SpeedscopeColumn(name: kind.name, unit: kind.unit, weights: values)
            guard values.contains(where: { $0 < 0 }) else { return [grew] }
            let shrank = SpeedscopeColumn(
                name: kind.name + " (shrunk)", unit: kind.unit, weights: values.map { -$0 })
            return [grew, shrank]
        }
        let shown = (kind ?? kinds.last)?.name
        var writer = JsonWriter()
        writer.object { json in
            json.field("$schema", "https://www.speedscope.app/file-format-schema.json")
            json.field("exporter", "silt")
            json.field("name", processes.map(\.name).joined(separator: ", "))
            json.field("activeProfileIndex", columns.firstIndex { $0.name == shown } ?? 0)
            json.field("shared") {
                $0.object { $0.field("frames") { $0.array(table.frames.values) { $1.write(to: &$0) } } }
            }
            json.field("profiles") { $0.array(columns) { $1.write(to: &$0, stacks: stacks) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

/// The frames that stacks refer to, each function once.
private struct SpeedscopeFrames {
    struct Entry: Hashable {
        var name: String
        var file: String?
        var line: Int

        func write(to json: inout JsonWriter) {
            json.object {
                $0.field("name", name)
                if let file { $0.field("file", file) }
                if line > 0 { $0.field("line", line) }
            }
        }
    }

    private(set) var frames = Interner<Entry>()
    /// Of each location, outermost first.
    private var framesOfLocation: [[Int]] = []

    init(_ profile: Profile) {
        for location in profile.locations {
            let frames: [Frame?] = location.frames.isEmpty ? [nil] : location.frames
            framesOfLocation.append(
                frames.reversed().map { frame in
                    let place = Place(frame, at: location, in: profile, granularity: .functions)
                    return self.frames.index(
                        of: Entry(name: place.name, file: frame?.file, line: frame?.startLine ?? 0))
                })
        }
    }

    /// Indices of a sample's frames, root first.
    mutating func stack(of sample: Profile.Sample) -> [Int] {
        var stack = sample.truncated.map { [frames.index(of: Entry(name: cutFrameName($0), file: nil, line: 0))] } ?? []
        for location in sample.locations.reversed() { stack += framesOfLocation[location] }
        return stack
    }
}

private struct SpeedscopeColumn {
    var name: String
    var unit: String
    /// One for each sample; only positive ones are written.
    var weights: [Double]

    func write(to json: inout JsonWriter, stacks: [[Int]]) {
        let shown = weights.indices.filter { weights[$0] > 0 }
        json.object { json in
            json.field("type", "sampled")
            json.field("name", name)
            json.field("unit", unit == "bytes" ? "bytes" : "none")
            json.field("startValue", 0)
            json.field("endValue") { $0.number(shown.reduce(0) { $0 + weights[$1] }) }
            json.field("samples") { $0.array(shown) { json, sample in json.array(stacks[sample]) { $0.number($1) } } }
            json.field("weights") { $0.array(shown) { $0.number(weights[$1]) } }
        }
    }
}
