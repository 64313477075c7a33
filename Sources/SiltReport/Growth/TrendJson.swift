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
    ///     moments     seconds from the first snapshot to each
    ///     levels      in use at each snapshot, all functions together
    ///     growth      as fitted over the whole time; figure: {value, lower, upper, samples}
    ///     per_second  the same per second
    ///     course      "steady", "step", "churn", "flat" or "shrinking"
    ///     step        of a step: index of the snapshot at which it shows
    ///     limit       {limit, used, seconds, soonest, latest}: when the memory limit is reached
    ///     functions   [{group, place, growth: figure, per_second, course, step, levels, hint,
    ///                 stacks: [{growth, guessed, frames: [place]}]}]
    ///                 group is "grew", "shrank" or "noise"; a place is {function, file, line, module, offset}
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-trend", notes: notes) { json in
            json.field("compared", relation.key)
            json.field("moments") { $0.array(course.moments) { $0.seconds($1) } }
            json.field("levels") { $0.levels(course) }
            json.growth(course, shape, in: interval)
            json.field("limit") { $0.limit(limit) }
            json.field("functions") { $0.array(rows) { $0.row($1) } }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func row(_ row: TrendReport.Row) {
        object { json in
            json.field("group", row.group.rawValue)
            json.field("place") { $0.place(row.place) }
            json.growth(row.course, row.shape, in: row.interval)
            json.field("levels") { $0.levels(row.course) }
            json.field("hint", row.hint)
            json.field("stacks") { $0.stacks(row.stacks) }
        }
    }

    /// What the course of the whole heap and that of a function have in common.
    fileprivate mutating func growth(_ course: Course, _ shape: Course.Shape?, in interval: ClosedRange<Double>?) {
        let seconds = (course.moments.last ?? .zero) / .seconds(1)
        field("growth") { $0.figure(course.fitted, in: interval) }
        field("per_second") { $0.number(seconds > 0 ? course.fitted.value / seconds : nil) }
        self.course(shape)
    }

    fileprivate mutating func levels(_ course: Course) { array(course.levels) { $0.number($1.value) } }
}
