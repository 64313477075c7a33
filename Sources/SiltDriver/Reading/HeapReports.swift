// SPDX-License-Identifier: Apache-2.0
//
// The reports on one heap: by function, by path, around a function, by source line.

import SiltHost
import SiltProfile
package import SiltReport
package import SiltSymbols

/// Which figure a report shows, of which frames, and how much of it.
package struct HeapView: Sendable {
    /// Name of the figure, such as `alloc_space`; nil: see ``SiltProfile/Profile/kind(asked:)``.
    package var kind: String?
    package var frames: FrameChoice
    package var options: ReportOptions
    /// Whether figures have their 95 % interval beside them.
    package var showsIntervals: Bool

    package init(
        kind: String? = nil, frames: FrameChoice = FrameChoice(), options: ReportOptions = ReportOptions(),
        showsIntervals: Bool = true
    ) {
        self.kind = kind
        self.frames = frames
        self.options = options
        self.showsIntervals = showsIntervals
    }
}

extension Driver {
    /// Who holds memory.
    ///
    /// - Throws: as ``heap(_:times:)``; also if the profile has no such figure.
    package func top(
        _ targets: [String], view: HeapView = HeapView(), times: TimeChoice = TimeChoice()
    ) throws(Failure) -> TopReport {
        try top(of: try profile(targets, of: view.kind, times: times), view: view)
    }

    /// The same of what has been read.
    func top(of heap: (profile: Profile, evidence: Profile), view: HeapView) throws(Failure) -> TopReport {
        let profile = try view.frames.apply(to: heap.profile, by: [heap.evidence])
        let kind = try profile.kind(asked: view.kind)
        return TopReport(
            profile, kind: kind, options: view.options,
            interval: view.showsIntervals ? profile.intervals(kind: kind) : nil)
    }

    /// Memory along the calls that led to it.
    ///
    /// - Throws: as ``top(_:view:times:)``.
    package func tree(_ targets: [String], view: HeapView = HeapView()) throws(Failure) -> TreeReport {
        let (heap, evidence) = try profile(targets, of: view.kind)
        let profile = try view.frames.apply(to: heap, by: [evidence])
        let kind = try profile.kind(asked: view.kind)
        return TreeReport(
            profile, kind: kind, options: view.options,
            interval: view.showsIntervals ? profile.intervals(kind: kind) : nil)
    }

    /// Callers and callees of the functions that match.
    ///
    /// - Throws: as ``top(_:view:times:)``.
    package func peek(
        _ pattern: Pattern, in targets: [String], kind: String? = nil, frames: FrameChoice = FrameChoice()
    ) throws(Failure) -> PeekReport {
        let (heap, evidence) = try profile(targets, of: kind)
        let profile = try frames.apply(to: heap, by: [evidence])
        return PeekReport(profile, kind: try profile.kind(asked: kind), matching: pattern)
    }

    /// Source lines of the functions that match, with what they hold. A source file that cannot be read is told in its
    /// place.
    ///
    /// - Throws: as ``top(_:view:times:)``.
    package func source(
        of pattern: Pattern, in targets: [String], kind: String? = nil
    ) throws(Failure) -> SourceListing {
        let profile = try heap(targets)
        return SourceListing(profile, kind: try profile.kind(asked: kind), matching: pattern) { path in
            try sourceText(path)
        }
    }

    /// The text of a source file.
    ///
    /// - Throws: ``Failure`` with the reason alone.
    func sourceText(_ path: String) throws(Failure) -> String {
        do throws(SystemError) {
            // A profile may name a device that never ends.
            if try FileStatus(ofPath: path, followingLinks: true).kind == .regular {
                return String(decoding: try contentsOfFile(path), as: UTF8.self)
            }
        } catch {
            throw .input(error.isMissing ? "no such file here" : error.text)
        }
        throw .input("not a regular file")
    }
}
