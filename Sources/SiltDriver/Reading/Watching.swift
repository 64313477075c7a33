// SPDX-License-Identifier: Apache-2.0
//
// One look of a live view: the report that its state asks for, and how the process stands. It shows nothing, and keeps nothing
// from one look to the next.

import SiltFile
import SiltHost
package import SiltReport
import SiltSymbols

/// What one look has found.
package struct Look: Sendable {
    /// As it would be printed.
    package var report: String
    /// How its process has ended, in words; nil: it runs, or nobody knows.
    package var ending: String?
}

extension Driver {
    /// - Parameters:
    ///   - baseline: the dump that is compared with; nil: none was taken.
    ///   - width: columns of the terminal; nil: lines are not cut.
    ///   - isBrief: for a screen of few rows: no lines that say what is looked at.
    /// - Throws: as the reports do; also if the filter is no regular expression.
    package func look(
        at target: String, as state: WatchState, since baseline: String? = nil, width: Int? = nil,
        isBrief: Bool = false
    ) throws(Failure) -> Look {
        let catalog = catalog
        let path = Catalog.isPath(target) ? target : try resolve(target, in: catalog, advice: [])
        let status = catalog.all(matching: path).first?.status
        return Look(
            report: try report(of: path, as: state, since: baseline, width: width, isBrief: isBrief),
            ending: status.flatMap { $0 == .running ? nil : "its process: \($0)" })
    }

    private func report(
        of path: String, as state: WatchState, since baseline: String?, width: Int?, isBrief: Bool
    ) throws(Failure) -> String {
        var frames = FrameChoice(runtimes: Runtimes(areHidden: state.foldsRuntimes ? nil : false))
        if !state.filter.isEmpty { frames.filter.focus = try Pattern(state.filter, of: "filter") }
        switch state.view {
        case .top, .help:
            let options = ReportOptions(order: state.order, nodeCount: 200)
            return try top([path], view: HeapView(kind: state.kind, frames: frames, options: options)).text(
                width: width, isBrief: isBrief)
        case .threads: return try threads([path], frames: frames).text(width: width, count: 100, frames: 4)
        case .diff:
            guard let baseline else { return "\nThere is no baseline yet: b takes one.\n" }
            let view = ComparisonView(frames: frames, options: DiffReport.Options(stacks: 1, frames: 4, count: 50))
            return try compare([baseline, path], view: view).text(width: width, isBrief: isBrief)
        }
    }
}
