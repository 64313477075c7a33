// SPDX-License-Identifier: Apache-2.0
//
// The trend for scripts: every function, also those that a terminal is not shown.

import SiltProfile

extension TrendReport {
    /// One object with these keys, in this order; unknown is null, figures are in bytes.
    ///
    ///     format      "silt-trend"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     compared    "same_process": samples matched; "independent": variances added; "mixed"
    ///     missed_frees {count, may_matter}: frees that went past the shim; if they may matter, what shows as in use may
    ///                 have been freed, and figures have no lower limit; null: none was noticed
    ///     moments     seconds from the first snapshot to each
    ///     levels      in use at each snapshot, all functions together
    ///     change      in use at the last snapshot less at the first, with its limits by sampling: the growth that the text
    ///                 shows; figure: {value, lower, upper, samples}
    ///     growth      the same as fitted over the whole time, with limits that contain lack of fit
    ///     per_second  of steady growth how fast it grows now, else the same per second
    ///     rate        {value, lower, upper}: per_second with its limits, which contain lack of fit
    ///     course      "steady"; "since": steady since a snapshot; "slowing", "step", "churn", "flat", "shrinking";
    ///                 "undecided": the data do not exclude the other courses
    ///     step        of a step: index of the snapshot at which it shows
    ///     since       of "since": index of the snapshot since which it grows
    ///     likeliest   the course that explains the data best, also of what is undecided
    ///     probability that of likeliest
    ///     limit       {limit, used, seconds, soonest, latest, bound, group, used_least, swap}: when the memory limit is
    ///                 reached; the times are null unless growth goes on; soonest alone: not before
    ///     resident    {levels, growth, files, malloc: figure, parts}: bytes resident at each snapshot, by how much they
    ///                 grew, how much of that are files and shared memory, by how much malloc's memory grew, and the growth
    ///                 of each part as silt-rss has them, with pinned_by: {name, growth, or: [name]}; null: not known
    ///     threads     {levels, growth, places: [place]}: threads at each snapshot, and the place that created most of
    ///                 the change, with its caller; null if all threads are the same
    ///     functions   [{group, place, change: figure, growth: figure, per_second, rate, course, step, since, likeliest,
    ///                 probability, levels, hint,
    ///                 stacks: [{growth, guessed, frames: [place]}]}]
    ///                 group is "grew", "shrank" or "noise"; a place is {function, file, line, module, offset}
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-trend", notes: notes) { json in
            json.field("compared", relation.key)
            json.missedFrees(header.missedFrees)
            json.field("moments") { $0.array(course.moments) { $0.seconds($1) } }
            json.field("levels") { $0.levels(course) }
            json.field("change") { $0.figure(course.growth, in: change) }
            json.growth(course, verdict, in: interval, rate)
            json.field("limit") { $0.limit(limit) }
            json.field("resident") { $0.resident(resident) }
            json.field("threads") { $0.threads(threads) }
            json.field("functions") { $0.array(rows) { $0.row($1) } }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func row(_ row: TrendReport.Row) {
        object { json in
            json.field("group", row.group.rawValue)
            json.field("place") { $0.place(row.place) }
            json.field("change") { $0.figure(row.course.growth, in: row.change) }
            json.growth(row.course, row.verdict, in: row.interval, row.rate)
            json.field("levels") { $0.levels(row.course) }
            json.field("hint", row.hint)
            json.field("stacks") { $0.stacks(row.stacks) }
        }
    }

    /// What the course of the whole heap and that of a function have in common.
    fileprivate mutating func growth(
        _ course: Course, _ verdict: Course.Verdict?, in interval: ClosedRange<Double>?, _ rate: TrendReport.Rate
    ) {
        field("growth") { $0.figure(course.fitted, in: interval) }
        field("per_second") { $0.number(rate.value) }
        field("rate") {
            $0.object {
                $0.field("value") { $0.number(rate.value) }
                $0.field("lower") { $0.number(rate.interval?.lowerBound) }
                $0.field("upper") { $0.number(rate.interval?.upperBound) }
            }
        }
        self.course(verdict)
    }

    fileprivate mutating func levels(_ course: Course) { array(course.levels) { $0.number($1.value) } }
}
