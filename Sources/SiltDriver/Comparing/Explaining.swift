// SPDX-License-Identifier: Apache-2.0
//
// One question for everything: what is wrong with the memory of this process, and what to do next. It chooses the report
// that answers; Proposals has the commands that lead on.

import SiltFile
import SiltHost
import SiltProfile
package import SiltReport

extension Driver {
    /// What targets come to: one of them as it is now, several as snapshots of different moments, in any order.
    ///
    /// - Throws: as ``top(_:view:times:)`` and ``compare(_:view:)``.
    package func explain(_ targets: [String], frames: FrameChoice = FrameChoice()) throws(Failure) -> Explanation {
        let targets = try inOrder(targets)
        guard let last = targets.last else { throw .use("name a process, or snapshots of it") }
        let proposals = Proposals(self, targets: targets, frames: frames)
        var explanation: Explanation
        if targets.count == 1 {
            let input = try read([last])
            explanation = Explanation(
                try top(of: try heapAndEvidence(input), view: HeapView(frames: frames)),
                resident: input.residentLevel?.total)
            if proposals.hasEnded { explanation.facts.append("The process has ended.") }
            explanation.next = proposals.later
            return explanation
        }
        switch try compare(targets, view: ComparisonView(frames: frames)) {
        case .diff(let report): explanation = Explanation(report)
        case .trend(let report): explanation = Explanation(report)
        }
        explanation.next = proposals.next(after: explanation)
        return explanation
    }

    /// Each file once, by the moment that it shows; what does not tell its moment leaves all as it was named.
    private func inOrder(_ targets: [String]) throws(Failure) -> [String] {
        guard targets.count > 1, !merges else { return targets }
        var known: Set<String> = []
        var moments: [(target: String, time: UInt64)] = []
        for target in targets {
            let path = try path(of: target)
            guard known.insert(path).inserted else { continue }
            guard let summary = try? SessionSummary(contentsOf: path) else { return targets }
            // A session itself is later than its dumps.
            moments.append((target, summary.header.kind == .dump ? summary.header.dump?.realtime ?? 0 : .max))
        }
        return moments.sorted { $0.time < $1.time }.map(\.target)
    }
}
