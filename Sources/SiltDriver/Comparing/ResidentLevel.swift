// SPDX-License-Identifier: Apache-2.0
//
// How much of what is compared was resident: what a dump recorded, or of a running session what the kernel said when it
// was read. The file of a process that has ended does not tell.

import SiltFile
import SiltHost
import SiltProfile

extension Input {
    /// All processes together; nil if any of them does not tell.
    var residentLevel: ResidentGrowth.Level? {
        guard let sessions, !sessions.isEmpty else { return nil }
        var sum = ResidentGrowth.Level(total: 0, files: 0)
        for session in sessions {
            guard let level = Self.residentLevel(of: session) else { return nil }
            sum.total = sum.total.addingSaturated(level.total)
            sum.files = sum.files.flatMap { sum in level.files.map { sum.addingSaturated($0) } }
        }
        return sum
    }

    private static func residentLevel(of session: Session) -> ResidentGrowth.Level? {
        if let dump = session.header.dump {
            return dump.rss.map { ResidentGrowth.Level(total: $0, files: dump.rssShared) }
        }
        guard let facts = session.process else { return nil }
        return facts.rss.map { ResidentGrowth.Level(total: $0, files: facts.rssShared) }
    }
}

extension [Input] {
    /// Over all of these in this order; nil if any of them does not tell.
    ///
    /// - Parameter heap: by how much the bytes in use grew, from the first to the last.
    func residentGrowth(heap: Estimate, confidence: Confidence?) -> ResidentGrowth? {
        confidence.flatMap { ResidentGrowth(map(\.residentLevel), heap: heap, confidence: $0) }
    }
}
