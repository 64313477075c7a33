// SPDX-License-Identifier: Apache-2.0
//
// The verdict on processes of two builds as rows for every format. SiltProfile makes the decision.

package import SiltProfile

/// What grew from the processes of a base to those after it, ready to be written as text, JSON, JUnit's XML or annotations.
package struct ReplicaReport: GateReport {
    /// A function; the first one is the whole heap.
    package struct Row: Sendable {
        package var name: String
        package var figures: Replicas.Row
        /// Of its largest stack, with file and line, leaf first.
        package var frames: [Place]
    }

    package var header: ReportHeader
    package var replicas: Replicas
    /// Whether what is undecided fails.
    package var isStrict: Bool
    package var rows: [Row]
    package var notes: [String]

    package var outcome: Verdict.Outcome { replicas.outcome }

    package init(_ replicas: Replicas, isStrict: Bool = false) {
        self.replicas = replicas
        self.isStrict = isStrict
        let profiles = replicas.profiles
        header = ReportHeader(profiles[replicas.baseCount], kind: .inuseSpace)
        header.processes = profiles.flatMap(\.processes)
        header.interval = profiles.map(\.interval).max() ?? 0
        rows = ([replicas.total] + replicas.rows).map { figures in
            let profile = profiles[figures.stack.profile]
            return Row(
                name: figures.function ?? "whole heap", figures: figures,
                frames: figures.stack.locations.flatMap { profile.places(at: $0) })
        }
        var seen: Set<String> = []
        notes = profiles.flatMap { $0.notes(kind: .inuseSpace) }.filter { seen.insert($0).inserted }
    }

    /// The verdict in one line.
    var sentence: String {
        let (base, after) = (replicas.baseCount, replicas.afterCount)
        switch outcome {
        case .failed:
            let count = rows.dropFirst().count(where: \.figures.isProven)
            let what = count > 0 ? "\(counted(count, "function")) grew" : "the whole heap grew"
            let limit = replicas.limit.map { " beyond \(formatBytes($0)) a process" } ?? ""
            return "FAILED: \(what)\(limit), by more than processes differ"
        case .undecided where replicas.isPowerless:
            return
                "UNDECIDED: so few processes decide nothing (\(base) and \(after)); name three or more on each side, "
                + "better eight" + strictness
        case .undecided where replicas.isIncomplete:
            return "UNDECIDED: a process does not tell all of its heap; see the notes" + strictness
        case .undecided:
            return
                "UNDECIDED: no growth beyond \(formatBytes(replicas.limit ?? 0)) a process is proven, but it cannot be "
                + "excluded either" + strictness
        case .passed:
            let seen = max(0, replicas.total.mostGrowth)
            return
                "PASSED: nothing grew by more than processes differ; the whole heap by \(formatBytes(seen)) a process at most"
        }
    }

    private var strictness: String { isStrict ? "; that fails, as --strict asks" : "" }

    /// One object with these keys, in this order; unknown is null.
    ///
    ///     format      "silt-check-replicas"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     outcome     "passed", "failed" or "undecided"
    ///     passes      whether the gate opens: the exit status
    ///     processes   {base, after}: how many
    ///     limit       bytes that a process may grow by; null: none was given
    ///     rows        [{name, base, after, samples, growth: factor, equal_load: factor, proven, frames: [place]}]
    ///                 the first is the whole heap, then functions; base and after are mean bytes of a process; a factor
    ///                 {value, lower, upper}, 1: no change, is null where it cannot be told; a place is
    ///                 {function, file, line, module, offset}, leaf first
    ///     notes       [sentence]
    package func json() -> [UInt8] {
        JsonWriter.document("silt-check-replicas", notes: notes) { json in
            json.field("outcome", outcome.rawValue)
            json.field("passes") { $0.bool(passes) }
            json.field("processes") {
                $0.object {
                    $0.field("base", replicas.baseCount)
                    $0.field("after", replicas.afterCount)
                }
            }
            json.field("limit") { $0.number(replicas.limit) }
            json.field("rows") { $0.array(rows) { $0.row($1) } }
        }
    }
}

extension JsonWriter {
    fileprivate mutating func row(_ row: ReplicaReport.Row) {
        object {
            $0.field("name", row.name)
            $0.field("base") { $0.number(row.figures.base) }
            $0.field("after") { $0.number(row.figures.after) }
            $0.field("samples", row.figures.samples)
            $0.field("growth") { $0.factor(row.figures.growth) }
            $0.field("equal_load") { $0.factor(row.figures.growthAtEqualLoad) }
            $0.field("proven") { $0.bool(row.figures.isProven) }
            $0.field("frames") { $0.array(row.frames) { $0.place($1) } }
        }
    }

    private mutating func factor(_ factor: Replicas.Factor?) {
        guard let factor else { return null() }
        object {
            $0.field("value") { $0.number(factor.value) }
            $0.field("lower") { $0.number(factor.interval.lower) }
            $0.field("upper") { $0.number(factor.interval.upper) }
        }
    }
}
