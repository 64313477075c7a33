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

    /// `{"value", "lower", "upper", "samples"}`; the limits are null without an interval.
    mutating func figure(_ estimate: Estimate, in interval: ClosedRange<Double>?) {
        object {
            $0.field("value") { $0.number(estimate.value) }
            $0.field("lower") { $0.number(interval?.lowerBound) }
            $0.field("upper") { $0.number(interval?.upperBound) }
            $0.field("samples", estimate.samples)
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

    /// `{"limit", "used", "seconds", "soonest", "latest"}`, the latest null where the limit may never be reached.
    mutating func limit(_ limit: TimeToLimit?) {
        guard let limit else { return null() }
        object {
            $0.field("limit", Int(clamping: limit.limit))
            $0.field("used", Int(clamping: limit.used))
            $0.field("seconds") { $0.seconds(limit.estimate) }
            $0.field("soonest") { $0.seconds(limit.soonest) }
            $0.field("latest") { $0.seconds(limit.latest) }
        }
    }

    /// The fields `course` and, of a step, `step`: the index of the snapshot at which it shows.
    mutating func course(_ shape: Course.Shape?) {
        field("course", shape?.key)
        field("step") { json in
            if case .step(let index) = shape { json.number(index) } else { json.null() }
        }
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
    fileprivate var key: String {
        switch self {
        case .steady: "steady"
        case .step: "step"
        case .churn: "churn"
        case .flat: "flat"
        case .shrinking: "shrinking"
        }
    }
}
