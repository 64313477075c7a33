// SPDX-License-Identifier: Apache-2.0
//
// Which stacks and frames of a profile count, and which of its figures is meant, as a person chose them.

package import SiltProfile
package import SiltReport
package import SiltSymbols

/// Which stacks count, and which of their frames.
package struct FrameChoice: Sendable {
    package var filter: Filter
    package var runtimes: Runtimes

    package init(filter: Filter = Filter(), runtimes: Runtimes = Runtimes()) {
        self.filter = filter
        self.runtimes = runtimes
    }

    /// The profile as folded and filtered.
    ///
    /// - Parameters:
    ///   - evidence: as ``Runtimes/fold(_:by:byDefault:)``.
    ///   - folds: whether runtimes are folded if `areHidden` does not say.
    /// - Throws: ``Failure`` if a runtime's pattern is no regular expression.
    package func apply(
        to profile: Profile, by evidence: [Profile], foldingByDefault folds: Bool = true
    ) throws(Failure) -> Profile {
        filter(try runtimes.fold(profile, by: evidence, byDefault: folds))
    }
}

/// Which frames are allocators and runtimes: what they hold stands with the application's code that called them.
package struct Runtimes: Sendable {
    /// Whether they are folded into their callers; nil: as the report does by default.
    package var areHidden: Bool?
    /// Regular expressions of functions that are folded besides.
    package var patterns: [String]
    /// Whether notes say what was folded, and why.
    package var areExplained: Bool

    package init(areHidden: Bool? = nil, patterns: [String] = [], areExplained: Bool = false) {
        self.areHidden = areHidden
        self.patterns = patterns
        self.areExplained = areExplained
    }

    /// The profile with runtimes folded into the code that called them.
    ///
    /// - Parameter evidence: whole heaps, whose stacks show which functions are allocators. For what is compared, those
    ///   of all its moments: a function must not be folded in one and shown in another. Empty: only what is known by
    ///   its name is folded, which is right for stacks that do not lead to malloc.
    /// - Throws: ``Failure`` if a pattern is no regular expression.
    package func fold(
        _ profile: Profile, by evidence: [Profile], byDefault folds: Bool = true
    ) throws(Failure) -> Profile {
        guard areHidden ?? folds else { return profile }
        let rules = FrameRules(
            try patterns.map { text throws(Failure) in (try Pattern(text, of: "--runtime"), .runtime) })
        let folding = Folding(evidence: evidence) { rules.origin(of: $0, module: $1 ?? "") }
        return folding(profile, explains: areExplained)
    }
}

extension Pattern {
    /// As a person typed it after an option.
    ///
    /// - Throws: ``Failure`` with the option, the place of the mistake and the reason.
    package init(_ text: String, of option: String) throws(Failure) {
        do {
            try self.init(text)
        } catch {
            throw .use("\(option): \(error)")
        }
    }
}

extension Profile {
    /// The column of figures that a name means; nil: what is in use, or was allocated, or threads, or the last.
    ///
    /// - Throws: ``Failure`` with the names that there are.
    func kind(asked name: String?) throws(Failure) -> Kind {
        guard let name else {
            return ["inuse_space", "alloc_space", "threads"].lazy.compactMap { self.kind(named: $0) }.first
                ?? kinds[kinds.count - 1]
        }
        guard let kind = kind(named: name) else {
            throw .use("--by \(name): this profile has \(kinds.map(\.name).joined(separator: ", "))")
        }
        return kind
    }

    /// The rule that gives figures of a kind their 95 % interval; nil if nothing is known of how they were sampled.
    func intervals(kind: Kind) -> IntervalRule? {
        guard let confidence = confidence(in: kind) else { return nil }
        return { estimate in
            let interval = confidence.interval(of: estimate)
            return interval.lower...interval.upper
        }
    }

    /// What tells growth of a kind from noise; nil if nothing is known of how the figures were sampled.
    func judge(kind: Kind, elapsed: Duration?) -> DiffReport.Judge? {
        guard let confidence = confidence(in: kind) else { return nil }
        return { confidence.judge($0, elapsed: elapsed).map(DiffReport.Verdict.init) }
    }
}
