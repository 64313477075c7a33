// SPDX-License-Identifier: Apache-2.0
//
// What living samples have of pages, added up by site in one pass: there may be a million of them, and a few thousand sites.
// What the sums mean for a profile is decided there.

internal import SiltAllocator
internal import SiltFile

/// What the living samples of each site stand for of pages.
struct PageSums {
    struct Site {
        let id: UInt32
        /// Its place among the sites.
        fileprivate let place: Int
        /// Most sites have blocks of one size, whose probability is asked for once: that of the first sample.
        fileprivate let size: UInt64
        fileprivate let law: SamplingLaw
        fileprivate let one: Estimate.Sum
        /// Samples that were looked at, and their bytes.
        fileprivate(set) var blocks: UInt64 = 0
        fileprivate(set) var bytes: UInt64 = 0
    }

    let kinds: [Profile.Kind]
    /// Those with a sample that was looked at, in the order of their first.
    private(set) var sites: [Site] = []
    /// Of each kind, the sum of what samples stand for, and of its square.
    private(set) var weights: [(sum: Double, squares: Double)]
    /// How many blocks the samples stand for, and those of them that no walk of the heap met.
    private(set) var all = 0.0
    private(set) var notMet = 0.0
    /// Site after site, one of each kind.
    private var figures: [Estimate.Sum] = []

    /// - Parameter pages: of the living sample at a place; nil: nobody has looked at it.
    /// - Complexity: O(n) for n samples.
    init(of session: Session, kinds: [Profile.Kind], _ pages: (_ place: Int, _ sample: LiveSample) -> BlockPages?) {
        self.kinds = kinds
        weights = kinds.map { _ in (0, 0) }
        let parts = kinds.map(BlockPages.part)
        /// By site: its place and one, or 0. The sites of a file are numbered without a gap.
        var places: [UInt32] = []
        for (index, sample) in session.live.enumerated() {
            guard let block = pages(index, sample) else { continue }
            let site = Int(sample.site)
            if site >= places.count { places += repeatElement(0, count: site + 1 - places.count) }
            if places[site] == 0 {
                addSite(of: sample, by: session.law(of: sample.site))
                places[site] = UInt32(clamping: sites.count)
            }
            add(block, of: sample, to: Int(places[site]) - 1, parts)
        }
    }

    /// The sums of a site, in the order of the kinds.
    func figures(of site: Site) -> ArraySlice<Estimate.Sum> {
        figures[site.place * kinds.count..<(site.place + 1) * kinds.count]
    }

    private mutating func addSite(of sample: LiveSample, by law: SamplingLaw) {
        let one = law.objects(samples: 1, ofSize: Double(sample.size)).added
        sites.append(Site(id: sample.site, place: sites.count, size: sample.size, law: law, one: one))
        figures += repeatElement(.zero, count: kinds.count)
    }

    private mutating func add(
        _ block: BlockPages, of sample: LiveSample, to place: Int, _ parts: [BlockPages.Part]
    ) {
        let site = sites[place]
        let one =
            site.size == sample.size ? site.one : site.law.objects(samples: 1, ofSize: Double(sample.size)).added
        all += one.value
        if block.share == nil { notMet += one.value }
        for (index, part) in parts.enumerated() {
            let bytes = part(block, sample.size)
            guard bytes > 0 else { continue }
            let figure = one.scaled(by: bytes)
            figures[place * parts.count + index] = figures[place * parts.count + index] + figure
            weights[index].sum += figure.value
            weights[index].squares += figure.value * figure.value
        }
        sites[place].blocks += 1
        sites[place].bytes = site.bytes.addingSaturated(sample.size)
    }
}

extension BlockPages {
    /// Bytes of a block of a size.
    fileprivate typealias Part = (_ block: BlockPages, _ size: UInt64) -> Double

    fileprivate static func part(_ kind: Profile.Kind) -> Part {
        switch kind {
        case .residentSpace: { block, _ in block.resident }
        case .swappedSpace: { block, _ in block.swapped }
        case .untouchedSpace: { block, size in max(0, Double(size) - block.resident - block.swapped) }
        case .unsharedSpace: { block, _ in block.unshared + block.copied }
        case .pinnedSpace: { block, _ in block.share?.pinned ?? 0 }
        case .pinnedAlone: { block, _ in block.share?.alone ?? 0 }
        default: { _, _ in 0 }
        }
    }
}
