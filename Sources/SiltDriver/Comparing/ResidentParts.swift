// SPDX-License-Identifier: Apache-2.0
//
// Where resident memory grew between two snapshots: of what dumps keep of it, and of a process that still runs by a look at
// it. The look takes as long as the heap is large, and is not made if nothing can be compared with it.

import SiltAllocator
import SiltFile
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

extension Driver {
    /// - Returns: nil if these are no sessions.
    func partGrowth(
        from base: Input, to after: Input, runtimes: Runtimes, symbols: Symbolizer
    ) throws(Failure) -> PartGrowth? {
        guard let old = base.sessions, let new = after.sessions, !old.isEmpty, !new.isEmpty else { return nil }
        if let path = (old + new).first(where: { !$0.keepsParts && $0.process == nil })?.path {
            return .unknown(path: path)
        }
        var looks: [Look] = []
        for session in old + new {
            guard let look = Look(session) else { return .unknown(path: session.path) }
            looks.append(look)
        }
        let (before, since) = (looks.prefix(old.count), looks.dropFirst(old.count))
        var parts = PartGrowth.Parts(from: before.map(\.memory), to: since.map(\.memory))
        if looks.count == 2, parts.growth[.pinned] ?? 0 > 0 {
            let profiles = looks.compactMap { look in
                look.pages.map { Profile.pages(look.session, $0, symbols: symbols) }
            }
            if profiles.count == 2 { parts.pinner = try pinner(from: profiles[0], to: profiles[1], runtimes: runtimes) }
        }
        return .known(parts)
    }

    private struct Look {
        var session: Session
        var memory: ResidentMemory
        /// Nil: nobody knows whose blocks pin what.
        var pages: KnownPages?

        init?(_ session: Session) {
            self.session = session
            if let memory = ResidentMemory(figuresOf: session) {
                self.memory = memory
                pages = KnownPages(session)
                return
            }
            guard let process = session.process, let look = try? ResidentLook(of: session, pid: process.pid) else {
                return nil
            }
            memory = ResidentMemory(session, look: look)
            pages = look.blocks.isEmpty ? nil : KnownPages(look)
        }
    }

    private func pinner(
        from before: Profile, to after: Profile, runtimes: Runtimes
    ) throws(Failure) -> PartGrowth.Pinner? {
        func pinned(_ profile: Profile) throws(Failure) -> [String: Estimate] {
            guard profile.kinds.contains(.pinnedSpace) else { return [:] }
            let folded = try FrameChoice(runtimes: runtimes).apply(to: profile, by: [before, after])
            let rows = TopReport(folded, kind: .pinnedSpace, options: ReportOptions(nodeFraction: 0)).rows
            return Dictionary(rows.map { ($0.name, $0.flat) }, uniquingKeysWith: +)
        }
        return PartGrowth.Pinner(from: try pinned(before), to: try pinned(after))
    }
}

extension [Input] {
    /// What is asked of snapshots that have been compared: only where resident memory is needs their living samples, if a
    /// snapshot tells where it is, or its process still runs.
    var afterComparison: [Input] {
        let sessions = compactMap(\.sessions).joined()
        return sessions.contains { $0.keepsParts || $0.process != nil } ? self : withoutLiving
    }
}

extension Session {
    fileprivate var keepsParts: Bool { figures[.resident] != nil && header.dump != nil }
}
