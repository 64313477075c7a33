// SPDX-License-Identifier: Apache-2.0
//
// The diff for scripts: every function, also those that a terminal is not shown.

import SiltProfile

extension DiffReport {
    /// One object with these keys, in this order; unknown is null, figures are in the unit of the kind.
    ///
    ///     format      "silt-diff"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     kind        {name, unit}
    ///     compared    "same_process": samples matched; "independent": variances added; "mixed"
    ///     missed_frees {count, may_matter}: frees that went past the shim; if they may matter, what shows as in use may
    ///                 have been freed, and figures have no lower limit; null: none was noticed
    ///     seconds     between the two
    ///     before      in use at the base, all functions together
    ///     after       the same at the other
    ///     growth      figure: {value, lower, upper, samples}
    ///     limit       {limit, used, seconds, soonest, latest}: when the memory limit is reached
    ///     resident    {levels, growth, files, malloc: figure, parts}: bytes resident at each snapshot, by how much they
    ///                 grew, how much of that are files and shared memory, by how much malloc's memory grew, and the growth
    ///                 of each part as silt-rss has them, with pinned_by: {name, growth, or: [name]}; null: not known
    ///     threads     {levels, growth, places: [place]}: threads at each snapshot, and the place that created most of
    ///                 the change, with its caller; null if all threads are the same
    ///     functions   [{group, place, growth: figure, objects, per_second, hint,
    ///                 stacks: [{growth, guessed, frames: [place]}]}]
    ///                 group is "grew", "shrank" or "noise"; a place is {function, file, line, module, offset}
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-diff", notes: notes) { json in
            json.field("kind") { $0.kind(header.kind) }
            json.field("compared", comparison.relation.key)
            json.missedFrees(header.missedFrees)
            json.field("seconds") { $0.number(comparison.seconds) }
            json.field("before") { $0.number(comparison.before?.value) }
            json.field("after") { $0.number(comparison.after?.value) }
            json.field("growth") { $0.figure(growth, in: growthInterval) }
            json.field("limit") { $0.limit(comparison.limit) }
            json.field("resident") { $0.resident(comparison.resident) }
            json.field("threads") { $0.threads(comparison.threads) }
            json.field("functions") { $0.array(rows) { $0.row($1) } }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func row(_ row: DiffReport.Row) {
        object {
            $0.field("group", row.group.rawValue)
            $0.field("place") { $0.place(row.place) }
            $0.field("growth") { $0.figure(row.growth, in: row.interval) }
            $0.field("objects") { $0.number(row.objects?.value) }
            $0.field("per_second") { $0.number(row.perSecond) }
            $0.field("hint", row.hint)
            $0.field("stacks") { $0.stacks(row.stacks) }
        }
    }
}
