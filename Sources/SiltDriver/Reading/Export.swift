// SPDX-License-Identifier: Apache-2.0
//
// Profiles as files for other tools and for browsers: the bytes only, which the caller writes.

import SiltFile
import SiltHost
import SiltPprof
package import SiltProfile
import SiltReport

/// What is exported, and as what.
package struct ExportRequest: Sendable {
    package enum Format: String, Sendable, CaseIterable {
        case pprof, otlp, folded, json, jsonl, speedscope
        /// Flame graphs: a page to click through, and a picture.
        case html, svg
    }

    package var format: Format
    /// Name of the figure; nil: the tool's own choice where the format holds several.
    package var kind: String?
    package var frames: FrameChoice
    /// What changed since this snapshot.
    package var base: String?
    /// The threads alive by the code that created them, not the heap.
    package var showsThreads: Bool
    /// Whether pprof gets names; without, its tools look them up themselves.
    package var hasNames: Bool
    /// Whether pprof or OTLP is as servers take it: small enough, and with a name for everything.
    package var isForServers: Bool
    /// As it was named; what is not named is found out.
    package var origin: Origin

    package init(
        format: Format, kind: String? = nil, frames: FrameChoice = FrameChoice(), base: String? = nil,
        showsThreads: Bool = false, hasNames: Bool = true, isForServers: Bool = false, origin: Origin = Origin()
    ) {
        self.format = format
        self.kind = kind
        self.frames = frames
        self.base = base
        self.showsThreads = showsThreads
        self.hasNames = hasNames
        self.isForServers = isForServers
        self.origin = origin
    }
}

extension Driver {
    /// The bytes of a profile in a format of other tools.
    ///
    /// These have ways of their own to fold: they get every frame unless runtimes are to be hidden.
    ///
    /// - Throws: ``Failure`` if targets or base cannot be read, or the profile has no such figure.
    package func export(_ targets: [String], as request: ExportRequest) throws(Failure) -> [UInt8] {
        if request.format == .html { return try flamePage(of: targets, for: request).html() }
        let (whole, evidence) = try profile(of: targets, for: request)
        let profile = whole.withUsedPlacesOnly()
        let kind = try profile.kind(asked: request.kind)
        switch request.format {
        case .pprof:
            let first = request.kind ?? (request.showsThreads ? "threads" : nil)
            guard request.isForServers else {
                return profile.pprof(symbols: request.hasNames, defaultSampleType: first)
            }
            guard request.hasNames else { throw .use("--for-servers and --no-symbols do not go together") }
            return profile.pprofForServers(defaultSampleType: first)
        case .otlp:
            return profile.otlp(
                origin: try origin(of: targets, named: request.origin), limits: request.isForServers ? .servers : nil)
        case .jsonl:
            let stacks = profile.withBlockSizesTogether()
            let judged = try foldedAsInDiff(stacks, evidence, request)
            return stacks.jsonLines(origin: try origin(of: targets, named: request.origin), judgedAs: judged)
        case .folded: return Array(profile.folded(kind: kind).utf8)
        case .json: return profile.json()
        case .speedscope: return profile.speedscope(kind: request.kind == nil ? nil : kind)
        case .html: preconditionFailure("a page is made of more than one profile, above")
        case .svg:
            let judged = try foldedAsInDiff(profile, evidence, request)
            return Array(profile.flameSVG(kind: kind, judgedAs: judged).utf8)
        }
    }

    /// Where targets were recorded. What is of another boot or of another machine does not say on which.
    private func origin(of targets: [String], named: Origin) throws(Failure) -> Origin {
        guard named.host == nil, let boot = ProcessTable().bootID else { return named }
        var origin = named
        let headers = try paths(of: targets).map { (try? SessionSummary(contentsOf: $0))?.header }
        if headers.allSatisfy({ $0?.bootID == boot }) { origin.host = hostName() }
        return origin
    }

    /// Colours are judged as `diff` judges, which folds runtimes unless told otherwise.
    func foldedAsInDiff(
        _ profile: Profile, _ evidence: [Profile], _ request: ExportRequest
    ) throws(Failure) -> Profile {
        try request.frames.runtimes.fold(profile, by: evidence, byDefault: !request.showsThreads)
    }

    /// What is exported, and whole heaps, which show what is folded.
    func profile(
        of targets: [String], for request: ExportRequest
    ) throws(Failure) -> (profile: Profile, evidence: [Profile]) {
        guard request.showsThreads else {
            let (heap, evidence) = try heap(targets, since: request.base, kind: request.kind)
            return (try request.frames.apply(to: heap, by: evidence, foldingByDefault: false), evidence)
        }
        guard request.base == nil else { throw .use("--threads and --base do not go together: see silt diff") }
        let sessions = try snapshots(targets).map(\.session)
        return (
            try threads(
                of: sessions, frames: request.frames, symbols: symbolizer(for: sessions), foldingByDefault: false
            ).profile, []
        )
    }
}
