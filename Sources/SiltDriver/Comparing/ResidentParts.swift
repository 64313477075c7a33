// SPDX-License-Identifier: Apache-2.0
//
// Where resident memory grew between two snapshots: of what dumps keep of it, and of a process that still runs by a look at
// it. The look takes as long as the heap is large, and is not made if nothing can be compared with it. It needs the living
// samples, which a comparison gives up on the way: it is made before.

import SiltAllocator
import SiltFile
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

/// Looks at the resident memory of the processes of two snapshots.
enum ResidentLooks {
    case known(before: [Look], after: [Look])
    /// This snapshot does not say where resident memory is.
    case unknown(path: String)

    struct Look {
        /// Without what is alive.
        fileprivate var session: Session
        fileprivate var memory: ResidentMemory
        /// Nil: nobody knows whose blocks pin what.
        fileprivate var pages: KnownPages?

        fileprivate init?(_ session: Session) {
            self.session = session
            self.session.live = LiveSamples()
            self.session.pages = nil
            if let memory = ResidentMemory(figuresOf: session) {
                self.memory = memory
                pages = KnownPages(session)
                return
            }
            guard let process = session.process, let look = try? ResidentLook(of: session, pid: process.pid) else {
                return nil
            }
            memory = ResidentMemory(session, look: look)
            pages = look.blocks.isEmpty ? nil : KnownPages(look, of: session)
        }
    }

    /// - Returns: nil if these are no sessions.
    init?(at base: Input, _ after: Input) {
        guard let old = base.sessions, let new = after.sessions, !old.isEmpty, !new.isEmpty else { return nil }
        if let path = (old + new).first(where: { !$0.keepsParts && $0.process == nil })?.path {
            self = .unknown(path: path)
            return
        }
        var looks: [Look] = []
        for session in old + new {
            guard let look = Look(session) else {
                self = .unknown(path: session.path)
                return
            }
            looks.append(look)
        }
        self = .known(before: Array(looks.prefix(old.count)), after: Array(looks.dropFirst(old.count)))
    }
}

extension Driver {
    func partGrowth(
        by looks: ResidentLooks, runtimes: Runtimes, symbols: Symbolizer
    ) throws(Failure) -> PartGrowth {
        switch looks {
        case .unknown(let path): return .unknown(path: path)
        case .known(let before, let after):
            var parts = PartGrowth.Parts(from: before.map(\.memory), to: after.map(\.memory))
            if before.count == 1, after.count == 1, parts.growth[.pinned] ?? 0 > 0 {
                let profiles = (before + after).compactMap { look in
                    look.pages.map { Profile.pages(look.session, $0, symbols: symbols) }
                }
                if profiles.count == 2 {
                    parts.pinner = try pinner(from: profiles[0], to: profiles[1], runtimes: runtimes)
                }
            }
            return .known(parts)
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

extension Session {
    fileprivate var keepsParts: Bool { figures[.resident] != nil && header.dump != nil }
}
