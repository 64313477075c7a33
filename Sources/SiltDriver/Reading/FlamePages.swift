// SPDX-License-Identifier: Apache-2.0
//
// The page of a flame graph: which pictures it has, of what was read. What they look like is SiltReport's.

import SiltFile
import SiltProfile
import SiltReport
import SiltSymbols

extension Driver {
    /// The heap, or what changed in it with the heap before and after; and of sessions the threads alive.
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
            let heap = try heapAndEvidence(after)
            var pictures = [try picture(.heap, heap.profile, by: [heap.evidence], for: request)]
            if let threads = try threads(in: after, for: request) { pictures.append(threads) }
            return FlamePage(pictures, kind: try pictures[0].profile.kind(asked: request.kind))
        }
        let before = try read([base])
        let symbols = symbolizer(for: [before, after])
        let diff = try change(from: before, to: after, symbols: symbols)
        let evidence = [diff.before, diff.after]
        var pictures: [FlamePage.Picture] = []
        // With all that is known of each moment alone, as its own page shows it.
        let (earlier, later) = (whole(before, symbols) ?? diff.before, whole(after, symbols) ?? diff.after)
        for (name, profile) in [(FlamePage.Picture.Name.change, diff.profile), (.before, earlier), (.after, later)] {
            pictures.append(try picture(name, profile, by: evidence, for: request))
        }
        if let threads = try threads(in: after, for: request) { pictures.append(threads) }
        var page = FlamePage(pictures, kind: try pictures[0].profile.kind(asked: request.kind))
        let change = try threadChange(over: [before, after], frames: request.frames, symbols: symbols)
        page.remarks = [change?.line].compactMap { $0 }
        return page
    }

    /// The heap of sessions; nil of pprof files.
    private func whole(_ input: Input, _ symbols: Symbolizer) -> Profile? {
        input.sessions.map { Profile.heap($0, symbols: symbols, keepProcessesApart: keepsProcessesApart) }
    }

    private func picture(
        _ name: FlamePage.Picture.Name, _ profile: Profile, by evidence: [Profile], for request: ExportRequest
    ) throws(Failure) -> FlamePage.Picture {
        let chosen = try request.frames.apply(to: profile, by: evidence, foldingByDefault: false)
        return FlamePage.Picture(name, chosen, folded: try foldedAsInDiff(chosen, evidence, request))
    }

    /// Nil of pprof files, and where no thread but the first is known.
    private func threads(in input: Input, for request: ExportRequest) throws(Failure) -> FlamePage.Picture? {
        guard let sessions = input.sessions else { return nil }
        let threads = ThreadProfile(
            sessions, symbols: symbolizer(for: sessions), keepProcessesApart: keepsProcessesApart
        ).profile
        guard threads.samples.count > 1 else { return nil }
        return try picture(.threads, threads, by: [], for: request)
    }
}
