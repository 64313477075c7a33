// SPDX-License-Identifier: Apache-2.0
//
// One profile out of several finished ones, Silt's or other tools'. Places are matched by their offset in a file, or by
// their names where a profile has no addresses. It adds and subtracts, and never looks at what figures mean.

internal import SiltSymbols

/// A sum or difference of profiles in the making.
struct ProfileMerger {
    private struct Place: Hashable {
        var mapping: Int?
        var offset: UInt64
        /// Only of a place without address.
        var frames: [Frame]
    }

    private struct RowKey: Hashable {
        var locations: [Int]
        var truncated: Profile.Cut?
        var isGuessed: Bool
        var blockSize: UInt64
        var process: Int
    }

    private let zeros: [Estimate]
    private var merged: Profile
    private var processes: ProfiledProcesses
    private var places = Interner<Place>()
    private var rows = Interner<RowKey>()

    /// - Parameter kinds: those that every profile to be added has.
    init(kinds: [Profile.Kind], isDifference: Bool = false, keepProcessesApart: Bool = false) {
        processes = ProfiledProcesses(keepApart: keepProcessesApart)
        merged = Profile(kinds: kinds)
        zeros = kinds.map { _ in isDifference ? .noDifference : .zero }
    }

    /// Adds a profile, or subtracts it.
    mutating func add(_ profile: Profile, negated: Bool = false) {
        for kind in merged.kinds {
            let unknown = profile.unknown[kind] ?? .none
            merged.unknown[kind, default: .none] += negated ? unknown.reversed : unknown
        }
        let columns = merged.kinds.compactMap { profile.kinds.firstIndex(of: $0) }
        let mappings = profile.mappings.map { number(of: $0) }
        let locations = profile.locations.map { location in
            number(of: location, mapping: location.mapping.map { mappings[$0] }, in: profile)
        }
        let numbers = profile.processes.map { processes.number(of: $0) }
        for sample in profile.samples {
            let key = RowKey(
                locations: sample.locations.map { locations[$0] }, truncated: sample.truncated,
                isGuessed: sample.isGuessed, blockSize: sample.blockSize,
                process: numbers.isEmpty ? 0 : numbers[sample.process])
            let row = number(of: key)
            for (column, source) in columns.enumerated() {
                let value = sample.values[source]
                merged.samples[row].values[column] += negated ? -value : value
            }
            if !negated {
                merged.samples[row].ages = Ages(merging: [merged.samples[row].ages, sample.ages])
            }
        }
    }

    /// The result: rows in order of appearance, without those of which all figures are zero.
    func profile() -> Profile {
        var profile = merged
        profile.processes = processes.processes
        profile.samples.removeAll { $0.values.allSatisfy { $0.value == 0 && $0.samples == 0 } }
        return profile
    }

    private mutating func number(of mapping: Profile.Mapping) -> Int {
        let known = merged.mappings.firstIndex {
            $0.path == mapping.path && $0.buildID == mapping.buildID && $0.fileOffset == mapping.fileOffset
        }
        if let known { return known }
        merged.mappings.append(mapping)
        return merged.mappings.count - 1
    }

    private mutating func number(of location: Profile.Location, mapping: Int?, in profile: Profile) -> Int {
        let start = location.mapping.map { profile.mappings[$0].addresses.lowerBound } ?? 0
        let place = Place(
            mapping: mapping, offset: location.address &- start, frames: location.address == 0 ? location.frames : [])
        let number = places.index(of: place)
        guard number == merged.locations.count else {
            if merged.locations[number].frames.isEmpty { merged.locations[number].frames = location.frames }
            return number
        }
        var location = location
        location.mapping = mapping
        if let mapping, location.address != 0 {
            location.address = place.offset &+ merged.mappings[mapping].addresses.lowerBound
        }
        merged.locations.append(location)
        return number
    }

    private mutating func number(of key: RowKey) -> Int {
        let row = rows.index(of: key)
        if row == merged.samples.count {
            merged.samples.append(
                Profile.Sample(
                    locations: key.locations, values: zeros, blockSize: key.blockSize, truncated: key.truncated,
                    isGuessed: key.isGuessed, process: key.process))
        }
        return row
    }
}

extension Profile {
    /// The sum of several profiles, such as those of a prefork server's processes; of their kinds, those they share.
    package static func merged(_ profiles: [Profile], keepProcessesApart: Bool = false) -> Profile {
        let kinds = profiles.first?.kinds.filter { kind in profiles.allSatisfy { $0.kinds.contains(kind) } } ?? []
        var merger = ProfileMerger(kinds: kinds, keepProcessesApart: keepProcessesApart)
        for profile in profiles { merger.add(profile) }
        var merged = merger.profile()
        merged.interval = profiles.map(\.interval).max() ?? 0
        merged.time = profiles.map(\.time).max() ?? 0
        merged.duration = profiles.map(\.duration).max() ?? 0
        merged.isChange = profiles.contains(where: \.isChange)
        for note in profiles.flatMap(\.notes) where !merged.notes.contains(note) { merged.notes.append(note) }
        return merged
    }
}
