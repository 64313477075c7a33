// SPDX-License-Identifier: Apache-2.0
//
// pprof as servers that store profiles take it: Pyroscope refuses what is too large or too deep, and looks for names by
// itself where some are missing, at wrong addresses. What is left out to fit is the least, and the profile says so.

package import SiltProfile
internal import SiltReport
internal import SiltSymbols

/// How large a profile may be.
package struct PprofLimits: Hashable, Sendable {
    package var samples: Int
    /// Before it is compressed.
    package var bytes: Int
    /// Frames of a stack.
    package var depth: Int

    package init(samples: Int, bytes: Int, depth: Int = 1000) {
        self.samples = samples
        self.bytes = bytes
        self.depth = depth
    }

    /// Those of Pyroscope unless its operator sets others; no server that is known has lower ones.
    package static let servers = PprofLimits(samples: 16_000, bytes: 4 << 20)
}

/// Whether samples of one stack stay apart by the sizes of their blocks.
package enum PprofBlockSizes: Sendable {
    /// Unless there are too many. Silt needs the sizes to say how sure the figures of the file are.
    case apartIfTheyFit
    /// For scrapers that subtract one profile from the next: they know a sample by its labels, and average sizes change.
    case together
}

extension Profile {
    /// The profile as a pprof file that servers take: all code has a name, and there is no more of it than they allow.
    ///
    /// Where it is too large, samples of one stack are added up first, whatever their sizes; then the stacks that hold the
    /// least share of any figure are left out. A comment in the file says how many, and what they hold.
    ///
    /// - Parameters:
    ///   - defaultSampleType: the kind that pprof shows first; nil means the last.
    ///   - dropFrames: a pattern of functions that pprof leaves out, with what they call.
    /// - Complexity: as ``pprof(symbols:defaultSampleType:dropFrames:compressed:)``, a few times where it is too large.
    package func pprofForServers(
        sizes: PprofBlockSizes = .apartIfTheyFit, defaultSampleType: String? = nil, dropFrames: String? = nil,
        limits: PprofLimits = .servers, compressed: Bool = true
    ) -> [UInt8] {
        let fitted = fitting(limits, sizes: sizes) { profile in
            profile.pprof(defaultSampleType: defaultSampleType, dropFrames: dropFrames, compressed: false)
        }
        return compressed ? Gzip.pack(fitted) : fitted
    }

    /// What `encode` makes of the profile, or of as much of it as is within the limits.
    func fitting(_ limits: PprofLimits, sizes: PprofBlockSizes, encode: (Profile) -> [UInt8]) -> [UInt8] {
        var whole = withEveryPlaceNamed().notDeeper(than: limits.depth)
        var isMerged = false
        if sizes == .together || whole.samples.count > limits.samples {
            whole = whole.withBlockSizesTogether()
            isMerged = true
        }
        var kept = min(whole.samples.count, limits.samples)
        var ranking: [Int]?
        while true {
            let isWhole = kept == whole.samples.count
            if !isWhole, ranking == nil { ranking = whole.ranking }
            let message = encode(isWhole ? whole : whole.keeping(ranking?.prefix(kept) ?? []))
            if message.count <= limits.bytes || kept == 0 { return message }
            if isMerged {
                // A little less than the share that fits, since names are shared by samples.
                kept = min(kept - 1, kept * limits.bytes / message.count * 15 / 16)
            } else {
                whole = whole.withBlockSizesTogether()
                isMerged = true
                kept = whole.samples.count
            }
        }
    }

    /// Stacks without their outermost frames: servers would cut off the innermost ones.
    private func notDeeper(than depth: Int) -> Profile {
        guard samples.contains(where: { $0.locations.count > depth }) else { return self }
        var shortened = self
        for index in samples.indices where samples[index].locations.count > depth {
            shortened.samples[index].locations = Array(samples[index].locations.prefix(depth))
            shortened.samples[index].truncated = samples[index].truncated ?? .told("deeper than servers take")
        }
        return shortened
    }

    /// Code without a name is named by its file and offset, so that no server looks for names where they are not.
    private func withEveryPlaceNamed() -> Profile {
        func isNamed(_ frame: Frame) -> Bool { frame.function != nil || frame.systemName != nil }
        guard locations.contains(where: { $0.frames.isEmpty || !$0.frames.allSatisfy(isNamed) }) else { return self }
        var named = self
        for (index, location) in locations.enumerated() {
            let frames = location.frames.isEmpty ? [Frame()] : location.frames
            named.locations[index].frames = frames.map { frame in
                if isNamed(frame) { return frame }
                var frame = frame
                frame.function = Place(frame, at: location, in: self, granularity: .functions).name
                return frame
            }
        }
        return named
    }

    /// Samples with the greatest share of any figure first.
    private var ranking: [Int] {
        let totals = kinds.indices.map { kind in samples.reduce(0) { $0 + $1.values[kind].value.magnitude } }
        let weights = samples.map { sample in
            zip(sample.values, totals).map { $1 > 0 ? $0.value.magnitude / $1 : 0 }.max() ?? 0
        }
        return samples.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    }

    /// These samples only, in their old order, and a note on the others.
    private func keeping(_ chosen: some Sequence<Int>) -> Profile {
        var isKept = [Bool](repeating: false, count: samples.count)
        for index in chosen { isKept[index] = true }
        let left = samples.indices.filter { !isKept[$0] }
        let parts = kinds.indices.map { kind in
            let all = samples.reduce(0) { $0 + $1.values[kind].value.magnitude }
            let gone = left.reduce(0) { $0 + samples[$1].values[kind].value.magnitude }
            return LeftOutPart(kind: kinds[kind], share: all > 0 ? gone / all : 0)
        }
        var profile = self
        profile.samples = samples.indices.filter { isKept[$0] }.map { samples[$0] }
        profile.notes.append(.leftOut(stacks: left.count, of: samples.count, parts: parts))
        return profile.withUsedPlacesOnly()
    }
}
