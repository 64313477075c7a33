// SPDX-License-Identifier: Apache-2.0
//
// How reports write figures, places and times as JSON: the same keys everywhere. Each report documents its own object.

import SiltHost
import SiltProfile

extension JsonWriter {
    /// `{"name", "unit"}`
    mutating func kind(_ kind: Profile.Kind) {
        object {
            $0.field("name", kind.name)
            $0.field("unit", kind.unit)
        }
    }

    /// `{"value", "lower", "upper", "samples"}`; the limits are null without an interval, and where there is no telling.
    ///
    /// More keys stand only where they apply: `"at_least": true`, the figure is a lower bound, `lower` at 95 %; and of
    /// objects of one size `"upper_any_size"`, the upper limit if far smaller ones, which samples cannot exclude, are there too.
    /// `variance` comes last, if it is asked for.
    mutating func figure(_ estimate: Estimate, in interval: ClosedRange<Double>?, showsVariance: Bool = false) {
        object {
            $0.field("value") { $0.number(estimate.value) }
            $0.field("lower") { $0.number(interval?.lowerBound) }
            $0.field("upper") { $0.number(interval?.upperBound) }
            $0.field("samples", estimate.samples)
            if showsVariance { $0.field("variance") { $0.number(estimate.variance) } }
            guard let interval, interval.lowerBound.isFinite else { return }
            if !interval.upperBound.isFinite { $0.field("at_least") { $0.bool(true) } }
            if let beyond = estimate.sizes.beyondOneSize, interval.upperBound.isFinite {
                $0.field("upper_any_size") { $0.number(interval.upperBound + beyond) }
            }
        }
    }

    /// The field `missed_frees`: `{"count", "may_matter"}`, null where none was noticed.
    mutating func missedFrees(_ missed: MissedFrees?) {
        field("missed_frees") { json in
            guard let missed else { return json.null() }
            json.object {
                $0.field("count", Int(clamping: missed.count))
                $0.field("may_matter") { $0.bool(missed.mayMatter) }
            }
        }
    }

    /// The fields `kind` and `total` of a report on one heap.
    mutating func heading(_ header: ReportHeader, _ summary: ReportSummary) {
        field("kind") { $0.kind(header.kind) }
        field("total") { $0.figure(summary.total, in: summary.totalInterval) }
    }

    /// The field `left_out`: `{"nodes", "small"}`.
    mutating func leftOut(_ summary: ReportSummary) {
        field("left_out") {
            $0.object {
                $0.field("nodes", summary.candidates - summary.count + summary.dropped)
                $0.field("small", summary.dropped)
            }
        }
    }

    /// `{"function", "file", "line", "module", "offset"}`; what is not known is null.
    mutating func place(_ place: Place) {
        func known(_ text: String) -> String? { text.isEmpty ? nil : text }
        object {
            $0.field("function", known(place.function))
            $0.field("file", known(place.file))
            $0.field("line") { json in if place.line != 0 { json.number(place.line) } else { json.null() } }
            $0.field("module", known(place.module))
            $0.field("offset", place.offset.map(hexadecimal))
        }
    }

    /// `[{"growth", "guessed", "frames": [place]}]`
    mutating func stacks(_ stacks: [DiffReport.Stack]) {
        array(stacks) { json, stack in
            json.object {
                $0.field("growth") { $0.number(stack.growth.value) }
                $0.field("guessed") { $0.bool(stack.isGuessed) }
                $0.field("frames") { $0.array(stack.frames) { $0.place($1) } }
            }
        }
    }

    /// `{"limit", "used", "seconds", "soonest", "latest", "bound", "group", "used_least", "swap"}`; the times are null where
    /// they cannot be told, the latest also where the limit may never be reached. The bound is `control_group`,
    /// `control_group_high` (memory.high: processes are slowed down nearly to a stop) or `address_space`.
    mutating func limit(_ limit: TimeToLimit?) {
        guard let limit else { return null() }
        object {
            $0.field("limit", Int(clamping: limit.use.limit))
            $0.field("used", Int(clamping: limit.use.used.upperBound))
            $0.field("seconds") { $0.seconds(limit.forecast?.estimate) }
            $0.field("soonest") { $0.seconds(limit.forecast?.soonest) }
            $0.field("latest") { $0.seconds(limit.forecast?.latest) }
            switch limit.use.bound {
            case .controlGroup(let path):
                $0.field("bound", "control_group")
                $0.field("group", path)
            case .controlGroupThrottle(let path):
                $0.field("bound", "control_group_high")
                $0.field("group", path)
            case .addressSpace:
                $0.field("bound", "address_space")
                $0.field("group") { $0.null() }
            }
            $0.field("used_least", Int(clamping: limit.use.used.lowerBound))
            $0.field("swap") { $0.number(limit.use.swap.map { Double($0) }) }
        }
    }

    /// The fields `course`, `step` and `since`, the indices of the snapshots at which a step shows and since which it
    /// grows, `likeliest` and `probability`.
    mutating func course(_ verdict: Course.Verdict?) {
        field("course", verdict?.shape.key)
        field("step") { $0.number(verdict?.shape.step.map { Double($0) }) }
        field("since") { $0.number(verdict?.shape.beginning.map { Double($0) }) }
        field("likeliest", verdict?.likeliest.key)
        field("probability") { $0.number(verdict?.probability) }
    }

    mutating func number(_ value: Double?) {
        if let value { number(value) } else { null() }
    }

    mutating func seconds(_ time: Duration?) { number(time.map { $0 / .seconds(1) }) }
}

extension Diff.Relation {
    /// In machine formats.
    var key: String {
        switch self {
        case .sameProcess: "same_process"
        case .independent: "independent"
        case .mixed: "mixed"
        }
    }
}

extension Course.Shape {
    /// In machine formats.
    var key: String {
        switch self {
        case .steady: "steady"
        case .since: "since"
        case .slowing: "slowing"
        case .step: "step"
        case .churn: "churn"
        case .flat: "flat"
        case .shrinking: "shrinking"
        case .undecided: "undecided"
        }
    }

    fileprivate var step: Int? { if case .step(let index) = self { index } else { nil } }
    fileprivate var beginning: Int? { if case .since(let index) = self { index } else { nil } }
}
