// SPDX-License-Identifier: Apache-2.0
//
// What the flame graph's page is given: the merged tree as compact JSON. The page's script is its only reader.

import SiltProfile

extension FlameTree {
    /// The tree, its figures and what the page says about them.
    ///
    /// Lists that go together are columns of equal length. `frames` has four numbers a frame (name, file, line,
    /// module); `values` and `errors` (standard deviations) have a list for each kind and a number for each leaf.
    ///
    /// - Parameter kind: what the page shows first.
    func json(of profile: Profile, kind: Profile.Kind, title: String) -> [UInt8] {
        let all = profile.samples.lazy.flatMap(\.values)
        let header = ReportHeader(profile, kind: kind)
        // The kind is what the page's own control says.
        let about = header.lines([.file, .time, .duration, .sampling])
        var writer = JsonWriter()
        writer.object { json in
            json.field("title", title)
            json.field("about") { $0.array(about) { $0.string($1) } }
            json.field("notes") { $0.array(profile.notes(kind: kind)) { $0.string($1) } }
            json.field("isDiff") { $0.bool(all.contains { $0.isDifference || $0.value < 0 }) }
            json.field("kind", profile.kinds.firstIndex(of: kind) ?? 0)
            json.field("kinds") { json in
                json.array(profile.kinds) { json, kind in
                    json.object {
                        $0.field("name", kind.name)
                        $0.field("unit", kind.unit)
                    }
                }
            }
            json.field("names") { $0.array(names.values) { $0.string($1) } }
            json.field("files") { $0.array(files.values) { $0.string($1) } }
            json.field("modules") { $0.array(modules.values) { $0.string($1) } }
            json.field("frames") { json in
                json.array { for frame in frames { frame.write(to: &$0) } }
            }
            json.field("parents") { $0.array(parents) { $0.number($1) } }
            json.field("nodes") { $0.array(frameOfNode) { $0.number($1) } }
            json.field("leaves") { $0.array(leaves) { $0.number($1) } }
            json.field("values") { json in
                json.array(profile.kinds.indices) { json, kind in
                    json.array(figures) { $0.number($1[kind].value.rounded()) }
                }
            }
            json.field("errors") { json in
                json.array(profile.kinds.indices) { json, kind in
                    json.array(figures) { $0.number(tenths($1[kind].variance.squareRoot())) }
                }
            }
        }
        return writer.bytes
    }
}

extension FlameTree.Frame {
    fileprivate func write(to json: inout JsonWriter) {
        for number in [name, file, line, module] { json.number(number) }
    }
}

/// A figure to one decimal: enough for a person, and short.
private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
