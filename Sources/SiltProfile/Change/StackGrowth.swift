// SPDX-License-Identifier: Apache-2.0
//
// Growth stack by stack, size classes and processes put together, with the names that patterns are matched against.

internal import SiltSymbols

/// A stack and what it grew by.
struct StackGrowth {
    /// Indices into the profile's locations, leaf first.
    let locations: [Int]
    /// Names of its functions, leaf first; code without a name is `file+0xoffset`.
    let functions: [String]
    /// All columns of the profile.
    var values: [Estimate]
}

extension Profile {
    /// All stacks in order of appearance.
    func stackGrowth() -> [StackGrowth] {
        let names = locations.map(names)
        var numbers: [[Int]: Int] = [:]
        var stacks: [StackGrowth] = []
        for sample in samples {
            if let number = numbers[sample.locations] {
                for column in kinds.indices { stacks[number].values[column] += sample.values[column] }
            } else {
                numbers[sample.locations] = stacks.count
                stacks.append(
                    StackGrowth(
                        locations: sample.locations, functions: sample.locations.flatMap { names[$0] },
                        values: sample.values))
            }
        }
        return stacks
    }

    private func names(of location: Location) -> [String] {
        let named = location.frames.compactMap(\.function)
        if !named.isEmpty { return named }
        guard let mapping = location.mapping.map({ mappings[$0] }) else {
            return ["0x" + String(location.address, radix: 16)]
        }
        let offset = location.address &- mapping.addresses.lowerBound &+ mapping.fileOffset
        return ["\(mapping.path.split(separator: "/").last ?? "")+0x\(String(offset, radix: 16))"]
    }
}
