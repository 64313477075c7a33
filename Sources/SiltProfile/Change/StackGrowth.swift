// SPDX-License-Identifier: Apache-2.0
//
// Growth stack by stack, size classes and processes put together, with the names that patterns are matched against.

internal import SiltHost
internal import SiltSymbols

/// A stack and what it grew by.
struct StackGrowth {
    /// Indices into the profile's locations, leaf first.
    let locations: [Int]
    /// Names of its functions, leaf first; code without a name is `file+0xoffset`.
    let functions: [String]
    /// All columns of the profile.
    var values: [Estimate]
    /// Whether some of its callers are likely, not proven.
    var isGuessed: Bool
}

extension Profile {
    /// All stacks in order of appearance.
    func stackGrowth() -> [StackGrowth] {
        let names = locations.map(names)
        var numbers = Interner<[Int]>()
        var stacks: [StackGrowth] = []
        for sample in samples {
            let number = numbers.index(of: sample.locations)
            if number == stacks.count {
                stacks.append(
                    StackGrowth(
                        locations: sample.locations, functions: sample.locations.flatMap { names[$0] },
                        values: sample.values, isGuessed: sample.isGuessed))
            } else {
                for column in kinds.indices { stacks[number].values[column] += sample.values[column] }
                stacks[number].isGuessed = stacks[number].isGuessed || sample.isGuessed
            }
        }
        return stacks
    }

    private func names(of location: Location) -> [String] {
        let named = location.frames.compactMap(\.function)
        if !named.isEmpty { return named }
        guard let mapping = location.mapping.map({ mappings[$0] }) else {
            return [hexadecimal(location.address)]
        }
        let offset = location.address &- mapping.addresses.lowerBound &+ mapping.fileOffset
        return ["\(mapping.path.split(separator: "/").last ?? "")+\(hexadecimal(offset))"]
    }
}
