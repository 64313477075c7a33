// SPDX-License-Identifier: Apache-2.0
//
// What filters leave behind: code that no stack goes through any more must not leave the machine in an export.

extension Profile {
    /// The profile with only those locations and files that its samples go through, in the same order.
    ///
    /// The first file stays whatever it holds: by convention it is the program.
    ///
    /// - Complexity: O(locations of all samples).
    package func withUsedPlacesOnly() -> Profile {
        var isUsed = Array(repeating: false, count: locations.count)
        for sample in samples {
            for location in sample.locations { isUsed[location] = true }
        }
        var isMapped = mappings.indices.map { $0 == 0 }
        for (location, isUsed) in zip(locations, isUsed) where isUsed {
            if let mapping = location.mapping { isMapped[mapping] = true }
        }
        if !isUsed.contains(false), !isMapped.contains(false) { return self }
        let (locationNumbers, mappingNumbers) = (Self.numbers(isUsed), Self.numbers(isMapped))
        var profile = self
        profile.mappings = mappings.indices.filter { isMapped[$0] }.map { mappings[$0] }
        profile.locations = locations.indices.filter { isUsed[$0] }.map { index in
            var location = locations[index]
            location.mapping = location.mapping.map { mappingNumbers[$0] }
            return location
        }
        for index in profile.samples.indices {
            profile.samples[index].locations = profile.samples[index].locations.map { locationNumbers[$0] }
        }
        return profile
    }

    /// The new number of each element that stays; of the others, it means nothing.
    private static func numbers(_ stays: [Bool]) -> [Int] {
        var next = 0
        return stays.map { stays in
            defer { if stays { next += 1 } }
            return next
        }
    }
}
