// SPDX-License-Identifier: Apache-2.0
//
// One row a stack, where a profile has one for each size of blocks. Figures are added up and nothing else changes.

extension Profile {
    /// The profile with the samples of each stack added up, whatever the sizes of their blocks; in order of appearance.
    package func withBlockSizesTogether() -> Profile {
        struct Key: Hashable {
            var locations: [Int]
            var truncated: Cut?
            var isGuessed: Bool
            var process: Int
        }
        var rows = Interner<Key>()
        var ages: [[Ages]] = []
        var merged = self
        merged.samples = []
        rows.reserve(samples.count)
        for sample in samples {
            let row = rows.index(
                of: Key(
                    locations: sample.locations, truncated: sample.truncated, isGuessed: sample.isGuessed,
                    process: sample.process))
            if row == merged.samples.count {
                merged.samples.append(sample)
                merged.samples[row].blockSize = 0
                ages.append([sample.ages])
            } else {
                for index in sample.values.indices { merged.samples[row].values[index] += sample.values[index] }
                ages[row].append(sample.ages)
            }
        }
        for (row, parts) in ages.enumerated() where parts.count > 1 { merged.samples[row].ages = Ages(merging: parts) }
        return merged
    }
}
