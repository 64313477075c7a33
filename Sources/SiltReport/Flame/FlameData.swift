// SPDX-License-Identifier: Apache-2.0
//
// The data in the flame graph's page: the merged tree as compact JSON. Read by page/tree.js and page/estimates.js only.

import SiltProfile

extension FlamePage {
    /// The tree, its figures and what the page says about them.
    ///
    /// Lists that go together are columns of equal length, packed: see `page/model/packed.js`. `frames` has four numbers a
    /// frame (name, file, line, module), `parents` and `nodes` the parent and the frame of each node of the tree, which
    /// all `pictures` share.
    /// `sources` has the text of source lines, by file and line.
    package func json() -> [UInt8] {
        var tree = FlameTree()
        let ends = pictures.map { tree.add($0.profile.withUsedPlacesOnly()) }
        var writer = JsonWriter()
        writer.object { json in
            json.field("title", title)
            json.field("kind", kind.name)
            json.field("remarks") { $0.array(remarks) { $0.string($1) } }
            json.field("pictures") { json in
                json.array(zip(pictures, ends)) { json, picture in picture.0.write(picture.1, to: &json) }
            }
            json.field("names") { $0.array(tree.names.values) { $0.string($1) } }
            json.field("files") { $0.array(tree.files.values) { $0.string($1) } }
            json.field("modules") { $0.array(tree.modules.values) { $0.string($1) } }
            json.field("frames") { $0.packed(tree.frames.flatMap { [$0.name, $0.file, $0.line, $0.module] }) }
            json.field("parents") { $0.packed(tree.parents.enumerated().map { $0.offset - $0.element }) }
            json.field("nodes") { $0.packed(tree.frameOfNode.map { $0 + 1 }) }
            json.field("sources") { sources.write(to: &$0) }
        }
        return writer.bytes
    }
}

extension FlamePage.Picture {
    /// `{"name", "about", "notes", "isDiff", "kinds", "leaves", "folded", "figures"}`.
    ///
    /// `kinds` says of each what one sample more could stand for where there was none, null if nothing is known of how
    /// it was sampled. `folded` has for each leaf how many frames `top` folds into their caller. `figures` has an object
    /// for each kind, with a number for each leaf in each column: what `came` and what `went` (null: nothing can have
    /// gone), as what was seen, what is estimated beyond that, and the standard deviation; what one sample `more` could
    /// stand for; of objects the `sizes` of all blocks ever sampled, as ``BlockSizes`` has them (null: not known); and
    /// `diff`'s `verdicts`, 1: grew, -1: shrank (null: nothing changed).
    fileprivate func write(_ ends: FlameTree.Ends, to json: inout JsonWriter) {
        // The kind is what the page's own control says.
        let about = ReportHeader(profile, kind: profile.kinds[0]).lines([.file, .time, .duration, .sampling])
        json.object { json in
            json.field("name", name.rawValue)
            json.field("about") { $0.array(about) { $0.string($1) } }
            // Where nothing has changed, no figure tells that it is one.
            json.field("isDiff") { $0.bool(name == .change || profile.kinds.contains(where: profile.isDifference)) }
            json.field("kinds") { json in
                json.array(profile.kinds) { json, kind in
                    json.object {
                        $0.field("name", kind.name)
                        $0.field("unit", kind.unit)
                        // The page cannot say how much was lost; then it has no intervals, and the notes say why.
                        let isComplete = profile.unknownInAll(kind: kind) == .none
                        $0.field("ofNothing") {
                            $0.number(isComplete ? profile.confidence(in: kind)?.ofNothing : nil)
                        }
                        let header = ReportHeader(profile, kind: kind)
                        let missed = header.lines([.missedFrees])
                        $0.field("mayBeFreed") { $0.bool(header.isPerhapsFreed) }
                        $0.field("notes") { $0.array(missed + profile.notes(kind: kind)) { $0.string($1) } }
                    }
                }
            }
            // Steps from one to the next, whose sign is in the lowest bit.
            json.field("leaves") { json in
                json.packed(zip(ends.leaves, [0] + ends.leaves).map { $0 >= $1 ? 2 * ($0 - $1) : 2 * ($1 - $0) - 1 })
            }
            json.field("folded") { $0.column(ends.sampleOfLeaf.map { Double(foldedFrames(ofSample: $0)) }) }
            json.field("figures") { json in
                json.array(profile.kinds) { json, kind in
                    let changes = profile.isDifference(kind: kind) ? folded.changeOfSamples(kind: kind) : nil
                    ends.write(
                        profile.column(of: kind), changes: changes.map { all in ends.sampleOfLeaf.map { all[$0] } },
                        to: &json)
                }
            }
        }
    }

    /// How many frames at the leaf end of a stack are not there once it is folded.
    private func foldedFrames(ofSample index: Int) -> Int {
        func depth(_ profile: Profile) -> Int {
            profile.samples[index].locations.reduce(0) { $0 + max(1, profile.locations[$1].frames.count) }
        }
        return max(0, depth(profile) - depth(folded))
    }
}

extension FlameTree.Ends {
    fileprivate func write(_ column: Profile.Column, changes: [Judgement.Change]?, to json: inout JsonWriter) {
        let estimates = figures.map { $0[column] }
        json.object { json in
            json.field("came") { $0.sums(estimates.map(\.added)) }
            json.field("went") { json in
                if estimates.contains(where: \.isDifference) {
                    json.sums(estimates.map(\.removed))
                } else {
                    json.null()
                }
            }
            json.field("more") { json in
                json.column(estimates.map { rounded(max($0.added.oneMore, $0.removed?.oneMore ?? 0), digits: 7) })
            }
            json.field("sizes") { json in
                if estimates.contains(where: { $0.sizes.count > 0 }) {
                    json.sizes(estimates.map(\.sizes))
                } else {
                    json.null()
                }
            }
            json.field("verdicts") { json in
                guard let changes else { return json.null() }
                json.column(changes.map { $0 == .grew ? 1 : $0 == .shrank ? -1 : 0 })
            }
        }
    }
}

extension JsonWriter {
    /// `{"count", "sum", "squares", "least", "greatest", "limit"}`, each a column; the ends are null where nothing is known.
    fileprivate mutating func sizes(_ sizes: [BlockSizes]) {
        object { json in
            for (name, figure) in [
                ("count", \BlockSizes.count), ("sum", \.sum), ("squares", \.squares), ("least", \.least),
                ("greatest", \.greatest), ("limit", \.limit),
            ] {
                json.field(name) { json in
                    json.column(
                        sizes.map { $0[keyPath: figure].isFinite ? rounded($0[keyPath: figure], digits: 9) : nil })
                }
            }
        }
    }

    /// `{"seen", "unseen", "deviation"}`, each a column.
    fileprivate mutating func sums(_ sums: [Estimate.Sum?]) {
        object { json in
            json.field("seen") { json in
                json.column(sums.map { $0.map { rounded(min($0.seen, $0.value), digits: 12) } })
            }
            json.field("unseen") { json in
                json.column(sums.map { $0.map { rounded($0.value - min($0.seen, $0.value), digits: 9) } })
            }
            json.field("deviation") { json in
                json.column(sums.map { $0.map { rounded($0.variance.squareRoot(), digits: 7) } })
            }
        }
    }
}

/// A figure in so many significant digits: short, and enough for the page to come to the same interval as a report.
private func rounded(_ value: Double, digits: Int) -> Double {
    guard value.isFinite, value.magnitude > 1e-99 else { return 0 }
    let least = (1..<digits).reduce(1.0) { power, _ in power * 10 }
    var unit = 1.0
    while value.magnitude * unit < least { unit *= 10 }
    while value.magnitude * unit >= least * 10 { unit /= 10 }
    return (value * unit).rounded() / unit
}
