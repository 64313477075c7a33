// SPDX-License-Identifier: Apache-2.0
//
// From targets to profiles of mappings: what is mapped now, and what changed since a base. All of it is exact, and the
// figures of a moment are in its dump as well as in the running process.

import SiltFile
package import SiltProfile
import SiltSymbols

extension Driver {
    /// Whether a name is that of a figure of mappings.
    static func isOfMappings(_ kind: String?) -> Bool { Profile.Kind.mappings.contains { $0.name == kind } }

    /// What the program has mapped.
    ///
    /// - Throws: ``Failure`` if the targets cannot be read, are pprof files, or none of them records mappings.
    package func mappings(_ targets: [String]) throws(Failure) -> Profile {
        let input = try read(targets)
        return try mappings(of: input, symbols: symbolizer(for: [input]))
    }

    /// The same of what has been read.
    func mappings(of input: Input, symbols: Symbolizer) throws(Failure) -> Profile {
        guard let sessions = input.sessions else {
            throw .use("figures of mappings are in session files and dumps, not in pprof files")
        }
        if let first = sessions.first, sessions.allSatisfy({ $0.mappings == nil }) {
            throw .input("\(first.path): does not record mappings; it was written by an earlier libsilt.so")
        }
        return Profile.mappings(sessions, symbols: symbols, keepProcessesApart: keepsProcessesApart)
    }

    /// What changed of it between two snapshots.
    ///
    /// - Throws: as ``mappings(_:)``.
    func mappingChange(from base: Input, to after: Input, symbols: Symbolizer) throws(Failure) -> Diff {
        let (before, now) = (base.identities, after.identities)
        let areRelated = !before.isDisjoint(with: now)
        var diff = Diff(
            from: try mappings(of: base, symbols: symbols), to: try mappings(of: after, symbols: symbols),
            isOfSameProcess: areRelated)
        // What stayed cancels exactly.
        diff.profile.samples.removeAll { sample in sample.values.allSatisfy { $0.value == 0 } }
        if areRelated { diff.relation = before == now ? .sameProcess : .mixed }
        return diff
    }

    /// How it grew from the first to the last of several snapshots, in the form that a check judges: as what is in use.
    ///
    /// - Throws: as ``mappings(_:)``.
    func mappingTrend(over snapshots: [Input], symbols: Symbolizer) throws(Failure) -> Trend {
        let ordered = snapshots.sorted { $0.moment < $1.moment }
        let base = try mappings(of: ordered[0], symbols: symbols)
        let after = try mappings(of: ordered[ordered.count - 1], symbols: symbols)
        var trend = Trend(from: base.asInUse, to: after.asInUse)
        if ordered[0].identities == ordered[ordered.count - 1].identities { trend.relation = .sameProcess }
        return trend
    }
}

extension Input {
    var identities: Set<Session.Identity> { Set((sessions ?? []).map(\.identity)) }
}

extension Profile {
    /// What is mapped, in the columns of what is in use.
    fileprivate var asInUse: Profile {
        let columns = [column(of: .mappedObjects), column(of: .mappedSpace)]
        let kinds: [Kind] = [.inuseObjects, .inuseSpace]
        var profile = self
        profile.kinds = kinds
        profile.unknown = [
            .inuseObjects: unknown[.mappedObjects] ?? .none, .inuseSpace: unknown[.mappedSpace] ?? .none,
        ]
        for index in samples.indices { profile.samples[index].values = columns.map { samples[index].values[$0] } }
        return profile
    }
}
