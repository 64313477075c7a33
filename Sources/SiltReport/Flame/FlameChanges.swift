// SPDX-License-Identifier: Apache-2.0
//
// What a diff says of each sample, for the colours of pictures. It judges as `diff` does, function by function, and has
// no rule of its own: a picture must not show as growth what `diff` calls noise.

import SiltProfile

extension Profile {
    /// By sample: whether the function that allocated it grew, shrank, or is within noise.
    ///
    /// Runtime frames must be folded as `diff` folds them, or other functions are judged than `diff` shows. Where
    /// nothing is known of how figures were sampled, every change counts, as it does there.
    func changeOfSamples(kind: Kind) -> [Judgement.Change] {
        guard isDifference(kind: kind) else { return samples.map { _ in .withinNoise } }
        let changes = Changes(self, kind: kind, options: DiffReport.Options(frames: 0))
        let growths = changes.functions.map(\.growth)
        let verdicts =
            confidence(in: kind)?.judge(growths).map(\.change) ?? growths.map { $0.value < 0 ? .shrank : .grew }
        return changes.functionOfSample.map { $0.map { verdicts[$0] } ?? .withinNoise }
    }

    /// Whether figures of a kind are changes.
    func isDifference(kind: Kind) -> Bool {
        let column = column(of: kind)
        return samples.contains { $0.values[column].isDifference || $0.values[column].value < 0 }
    }
}
