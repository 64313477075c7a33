// SPDX-License-Identifier: Apache-2.0
//
// The page of a flame graph, for a command and for the server alike: which pictures it has, of what was read. What they look
// like is SiltReport's.

import SiltProfile
package import SiltReport
package import SiltSymbols

extension Driver {
    /// The page of what targets show, with the source lines that matter.
    ///
    /// - Throws: as ``export(_:as:)``.
    func flamePage(of targets: [String], for request: ExportRequest) throws(Failure) -> FlamePage {
        var page = try flamePage(reading: targets, for: request)
        page.quoteSources { path in try sourceText(path) }
        return page
    }

    private func flamePage(reading targets: [String], for request: ExportRequest) throws(Failure) -> FlamePage {
        guard !request.showsThreads, !Self.isOfMappings(request.kind) else {
            let (profile, evidence) = try profile(of: targets, for: request)
            let picture = FlamePage.Picture(
                request.showsThreads ? .threads : request.base == nil ? .heap : .change, profile,
                folded: try foldedAsInDiff(profile, evidence, request))
            return FlamePage([picture], kind: try profile.kind(asked: request.kind))
        }
        let after = try read(targets)
        guard let base = request.base else {
            return try flamePage(
                of: after, frames: request.frames, kind: request.kind, symbols: symbolizer(for: [after]))
        }
        let before = try read([base])
        return try flamePage(
            of: after, since: before, frames: request.frames, kind: request.kind,
            symbols: symbolizer(for: [before, after]))
    }

    /// The heap, or what changed in it with the heap before and after; and of sessions the threads alive. It quotes no
    /// sources.
    ///
    /// - Parameters:
    ///   - before: what it is compared with; nil: with nothing.
    ///   - kind: name of the figure that is shown first; nil: see ``SiltProfile/Profile/kind(asked:)``.
    /// - Throws: as ``change(from:to:symbols:)``; also if a runtime's pattern is no regular expression, or there is no such
    ///   figure.
    package func flamePage(
        of after: Input, since before: Input? = nil, frames: FrameChoice = FrameChoice(), kind: String? = nil,
        symbols: any FrameSource
    ) throws(Failure) -> FlamePage {
        var pictures: [FlamePage.Picture] = []
        var remarks: [String] = []
        func add(_ name: FlamePage.Picture.Name, _ profile: Profile, by evidence: [Profile]) throws(Failure) {
            let chosen = try frames.apply(to: profile, by: evidence, foldingByDefault: false)
            // Colours are judged as `diff` judges, which folds runtimes unless told otherwise.
            let folded = try frames.runtimes.fold(chosen, by: evidence)
            pictures.append(FlamePage.Picture(name, chosen, folded: folded))
        }
        let heap = heap(of: after, symbols)
        if let before {
            let diff = try change(from: before, to: after, symbols: symbols)
            let evidence = [diff.before, diff.after]
            try add(.change, diff.profile, by: evidence)
            // With all that is known of each moment alone, as its own page shows it.
            try add(.before, self.heap(of: before, symbols), by: evidence)
            try add(.after, heap, by: evidence)
            let change = try threadChange(over: [before, after], frames: frames, symbols: symbols)
            // Without the parts: the look at memory takes as long as the heap is large, and a page is read again and again.
            let resident = [before, after].residentGrowth(
                heap: diff.profile.kind(named: Profile.Kind.inuseSpace.name).map { diff.profile.total(kind: $0) }
                    ?? .noDifference,
                confidence: diff.profile.confidence(in: .inuseSpace))
            remarks = [resident?.line, change?.line].compactMap { $0 }
        } else {
            try add(.heap, heap, by: [heap])
        }
        if let sessions = after.sessions {
            let threads = ThreadProfile(sessions, symbols: symbols, keepProcessesApart: keepsProcessesApart).profile
            // Where no thread but the first is known, there is nothing to show.
            if threads.samples.count > 1 { try add(.threads, threads, by: []) }
        }
        var page = FlamePage(pictures, kind: try pictures[0].profile.kind(asked: kind))
        page.remarks = remarks
        return page
    }

    private func heap(of input: Input, _ symbols: any FrameSource) -> Profile {
        switch input {
        case .sessions(let sessions):
            Profile.heap(sessions, symbols: symbols, keepProcessesApart: keepsProcessesApart)
        case .profile(let profile): profile
        }
    }
}
