// SPDX-License-Identifier: Apache-2.0
//
// Growth between two finished profiles, such as two pprof files of another tool, in the form that a check judges. Nothing
// can be matched in them: the errors of both add up.

extension Trend {
    /// The growth of what is in use from one profile to another.
    ///
    /// - Precondition: both have ``Profile/Kind/inuseSpace``.
    package init(from base: Profile, to after: Profile) {
        let columns = TrendColumns(snapshots: 2)
        var merger = ProfileMerger(kinds: columns.kinds)
        merger.add(base.asSnapshot(0, columns))
        merger.add(after.asSnapshot(1, columns))
        profile = merger.profile()
        relation = .independent
        isDamaged = false
        let isTimed = base.time > 0 && after.time > 0
        moments = [.zero, isTimed ? SiltProfile.elapsed(from: base.time, to: after.time) : .zero]
        profile.interval = max(base.interval, after.interval)
        profile.time = after.time
        profile.duration = elapsed.inNanoseconds
        profile.notes = base.notes + after.notes.filter { !base.notes.contains($0) }
    }
}

extension Profile {
    /// The profile with the columns of a trend of two, as the first or the second snapshot.
    fileprivate func asSnapshot(_ number: Int, _ columns: TrendColumns) -> Profile {
        let bytes = column(of: .inuseSpace)
        let objects = kinds.contains(.inuseObjects) ? column(of: .inuseObjects) : nil
        func growth(_ estimate: Estimate) -> Estimate {
            number == 0 ? .noDifference - estimate : .noDifference + estimate
        }
        var profile = self
        profile.kinds = columns.kinds
        for index in samples.indices {
            let values = samples[index].values
            var row = columns.kinds.map { _ in Estimate.zero }
            row[columns.objects] = growth(objects.map { values[$0] } ?? .zero)
            row[columns.bytes] = growth(values[bytes])
            row[columns.lastLessFirst] = row[columns.bytes]
            row[columns.levels.lowerBound + number] = values[bytes]
            row[columns.changes.lowerBound] = row[columns.bytes]
            profile.samples[index].values = row
        }
        return profile
    }
}
