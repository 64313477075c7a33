// SPDX-License-Identifier: Apache-2.0
//
// What came and what went between two snapshots of a process: samples of both moments are matched one by one, and only sums
// are kept of them.

internal import SiltFile

/// The living samples of two snapshots of one process, added up.
struct Turnover {
    var before: LivingSums
    /// Those before that are not alive after.
    var gone: LivingSums
    var after: LivingSums
    /// Those after that were not alive before.
    var come: LivingSums

    /// Of a process that is in one snapshot only.
    init(allOf new: Session) {
        (before, gone) = (LivingSums(in: new), LivingSums(in: new))
        after = LivingSums(of: new)
        come = after
    }

    /// - Complexity: O(n) for n samples.
    init(from old: Session, to new: Session) {
        (before, gone) = (LivingSums(in: old), LivingSums(in: old))
        (after, come) = (LivingSums(in: new), LivingSums(in: new))
        var births = Births(old.live)
        var stays = [Bool](repeating: false, count: old.live.count)
        for sample in new.live {
            after.add(sample)
            if let place = births.place(of: sample) { stays[place] = true } else { come.add(sample) }
        }
        births.markCopies(in: &stays)
        for (place, sample) in old.live.enumerated() {
            before.add(sample)
            if !stays[place] { gone.add(sample) }
        }
    }
}
