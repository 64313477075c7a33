// SPDX-License-Identifier: Apache-2.0
//
// pprof's filters: which stacks stay, and which of their frames. A pure function from profile to profile, so that
// every report and export has the same filters.

package import SiltProfile
package import SiltSymbols

/// Which part of a profile is looked at.
///
/// A pattern matches a frame by its function, its source file or its module's path, and a frame without a function
/// also by the name it is shown with.
package struct Filter: Sendable {
    /// Keep only stacks in which it matches.
    package var focus: Pattern?
    /// Drop stacks in which it matches.
    package var ignore: Pattern?
    /// Take matching frames out of their stacks.
    package var hide: Pattern?
    /// Take frames that do not match out of their stacks.
    package var show: Pattern?
    /// Begin each stack at its outermost match, and drop stacks without one.
    package var showFrom: Pattern?

    package init(
        focus: Pattern? = nil, ignore: Pattern? = nil, hide: Pattern? = nil, show: Pattern? = nil,
        showFrom: Pattern? = nil
    ) {
        self.focus = focus
        self.ignore = ignore
        self.hide = hide
        self.show = show
        self.showFrom = showFrom
    }

    /// The profile as filtered; a stack whose frames are all taken out is dropped with its figures.
    ///
    /// A pattern that matches nothing at all is told in the notes, as it is most likely a mistake.
    ///
    /// - Complexity: O(frames of all stacks), and one match for each pattern and distinct name.
    package func callAsFunction(_ profile: Profile) -> Profile {
        guard [focus, ignore, hide, show, showFrom].contains(where: { $0 != nil }) else { return profile }
        var result = profile
        choose(&result)
        if let showFrom { begin(&result, at: showFrom) }
        return result
    }

    /// Focus, ignore, hide and show: what they say of a location is the same in every stack.
    private func choose(_ profile: inout Profile) {
        var (focused, ignored) = (LocationMatcher(focus), LocationMatcher(ignore))
        var (hidden, shown) = (LocationMatcher(hide), LocationMatcher(show))
        var isFocused: [Bool] = []
        var isIgnored: [Bool] = []
        var isGone: [Bool] = []
        for (index, location) in profile.locations.enumerated() {
            isFocused.append(focus == nil || focused.matchesAny(location, profile))
            isIgnored.append(ignored.matchesAny(location, profile))
            let visible = hidden.frames(of: location, profile, matching: false)
            let left = show == nil ? visible : shown.frames(of: visible, profile, matching: true)
            isGone.append(left == nil)
            if let left { profile.locations[index].frames = left.frames }
        }
        profile.samples = profile.samples.compactMap { sample in
            if sample.locations.contains(where: { isIgnored[$0] }) { return nil }
            if focus != nil && !sample.locations.contains(where: { isFocused[$0] }) { return nil }
            var kept = sample
            kept.locations.removeAll { isGone[$0] }
            return kept.locations.isEmpty && !sample.locations.isEmpty ? nil : kept
        }
        let options = [("focus", focus, focused), ("ignore", ignore, ignored), ("hide", hide, hidden)]
        for (name, pattern, matcher) in options + [("show", show, shown)] {
            guard let pattern, !matcher.hasMatched else { continue }
            profile.notes.append(.matchesNothing(option: name, pattern: pattern.description))
        }
    }

    private func begin(_ profile: inout Profile, at pattern: Pattern) {
        var matcher = LocationMatcher(pattern)
        // Frames of each location up to its outermost match; 0: no match.
        let depths = profile.locations.map { matcher.outermost($0, profile) }
        var beginnings: [Int: Int] = [:]
        profile.samples = profile.samples.compactMap { sample in
            guard let last = sample.locations.lastIndex(where: { depths[$0] > 0 }) else { return nil }
            var kept = sample
            kept.locations.removeSubrange((last + 1)...)
            let location = sample.locations[last]
            if depths[location] < profile.locations[location].frames.count {
                if beginnings[location] == nil {
                    var cut = profile.locations[location]
                    cut.frames.removeSubrange(depths[location]...)
                    profile.locations.append(cut)
                    beginnings[location] = profile.locations.count - 1
                }
                kept.locations[last] = beginnings[location] ?? location
            }
            return kept
        }
        if !matcher.hasMatched {
            profile.notes.append(.matchesNothing(option: "show-from", pattern: pattern.description))
        }
    }
}

/// What a pattern says of the frames of a location.
private struct LocationMatcher {
    private var matcher: Matcher
    private(set) var hasMatched = false

    init(_ pattern: Pattern?) { matcher = Matcher(pattern) }

    mutating func matchesAny(_ location: Profile.Location, _ profile: Profile) -> Bool {
        outermost(location, profile) > 0
    }

    /// How many frames there are up to the outermost match; of a location without frames, 1 if its name matches.
    mutating func outermost(_ location: Profile.Location, _ profile: Profile) -> Int {
        guard matcher.isActive else { return 0 }
        let depth: Int
        if matchesModule(location, profile) {
            depth = max(1, location.frames.count)
        } else if location.frames.isEmpty {
            depth = matches(nil, location, profile) ? 1 : 0
        } else {
            depth = (location.frames.lastIndex { matches($0, location, profile) } ?? -1) + 1
        }
        hasMatched = hasMatched || depth > 0
        return depth
    }

    /// The location with only those frames that match, or do not; nil if none is left.
    mutating func frames(
        of location: Profile.Location?, _ profile: Profile, matching wanted: Bool
    ) -> Profile.Location? {
        guard var location, matcher.isActive else { return location }
        guard outermost(location, profile) > 0 else { return wanted ? nil : location }
        if matchesModule(location, profile) || location.frames.isEmpty { return wanted ? location : nil }
        let frames = location.frames.filter { matches($0, location, profile) == wanted }
        location.frames = frames
        return frames.isEmpty ? nil : location
    }

    private mutating func matchesModule(_ location: Profile.Location, _ profile: Profile) -> Bool {
        matcher.matches(profile.path(of: location))
    }

    private mutating func matches(_ frame: Frame?, _ location: Profile.Location, _ profile: Profile) -> Bool {
        if let frame, matcher.matches(frame) { return true }
        guard frame?.function == nil else { return false }
        return matcher.matches(Place(frame, at: location, in: profile, granularity: .functions).name)
    }
}

extension Profile {
    /// The object file that a location lies in.
    func path(of location: Location) -> String? {
        location.mapping.flatMap { mappings.indices.contains($0) ? mappings[$0].path : nil }
    }
}
