// SPDX-License-Identifier: Apache-2.0
//
// The verdict for scripts.

import SiltProfile

extension CheckReport {
    /// One object with these keys, in this order; unknown is null, figures are in bytes over the whole time.
    ///
    ///     format      "silt-check"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     outcome     "passed", "failed" or "undecided"
    ///     passes      whether the gate opens: the exit status
    ///     missed_frees {count, may_matter}: frees that went past the shim; if they may matter, what shows as in use may
    ///                 have been freed, and figures have no lower limit; null: none was noticed
    ///     compared    "same_process": samples matched; "independent": variances added; "mixed"
    ///     snapshots   how many
    ///     seconds     from the first to the last
    ///     resident    {levels, growth, files, malloc: figure}: as in the diff; null: not known
    ///     rules       [{name, rule, limit, growth: figure, state, hint, function_growth}]
    ///                 rule is "growth", "rate", "resident", "site", "baseline" or "stack"; state "within", "exceeded" or
    ///                 "undecided"; a figure is {value, lower, upper, samples}; growth is null where nothing is known of
    ///                 resident memory; function_growth, of a stack beyond its limit: what the stack's function grew by
    ///                 over all its stacks, if that is within the limit: memory moved between them
    ///     accepted    stacks that are within what the baseline accepts
    ///     stacks      [{growth: figure, proven, course, step, since, likeliest, probability, guessed,
    ///                 frames: [place]}]: who is to blame, or may be
    ///                 a place is {function, file, line, module, offset}, leaf first
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-check", notes: notes) { json in
            json.field("outcome", outcome.rawValue)
            json.field("passes") { $0.bool(passes) }
            json.missedFrees(header.missedFrees)
            json.field("compared", relation.key)
            json.field("snapshots", snapshots)
            json.field("seconds") { $0.seconds(elapsed) }
            json.field("resident") { $0.resident(resident) }
            json.field("rules") { $0.array(rules) { $0.rule($1) } }
            json.field("accepted", accepted)
            json.field("stacks") { $0.array(stacks) { $0.stack($1) } }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func rule(_ rule: CheckReport.Rule) {
        object {
            $0.field("name", rule.name)
            $0.field("rule", rule.kind.key)
            $0.field("limit") { $0.number(rule.limit) }
            $0.field("growth") { json in
                if let growth = rule.growth { json.figure(growth, in: rule.interval) } else { json.null() }
            }
            $0.field("state", rule.state.rawValue)
            $0.field("hint", rule.hint)
            $0.field("function_growth") { $0.number(rule.functionGrowth) }
        }
    }

    fileprivate mutating func stack(_ stack: CheckReport.Stack) {
        object {
            $0.field("growth") { $0.figure(stack.growth, in: stack.interval) }
            $0.field("proven") { $0.bool(stack.isProven) }
            $0.course(stack.verdict)
            $0.field("guessed") { $0.bool(stack.isGuessed) }
            $0.field("frames") { $0.array(stack.frames) { $0.place($1) } }
        }
    }
}

extension Verdict.Rule {
    /// In machine formats.
    var key: String {
        switch self {
        case .growth: "growth"
        case .rate: "rate"
        case .resident: "resident"
        case .site: "site"
        case .accepted: "baseline"
        case .stack, .stackRate: "stack"
        }
    }
}
