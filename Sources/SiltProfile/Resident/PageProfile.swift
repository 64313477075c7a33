// SPDX-License-Identifier: Apache-2.0
//
// Who holds pages: resident, swapped, unshared and pinned bytes by stack. Each sampled block that lives stands for 1/p
// blocks as it does in the heap profile; what it has of the pages is known from a look at the process.

package import SiltAllocator
package import SiltFile
package import SiltSymbols

extension Profile.Kind {
    /// Bytes of living blocks that are in memory, and that are in swap.
    package static let residentSpace = Profile.Kind(name: "resident_space", unit: "bytes")
    package static let swappedSpace = Profile.Kind(name: "swapped_space", unit: "bytes")
    /// Bytes of living blocks that are in neither: never written, as far as the kernel knows.
    package static let untouchedSpace = Profile.Kind(name: "untouched_space", unit: "bytes")
    /// Resident bytes that no other process shares: of what a process had when it forked, all that was copied since, by it or a
    /// child.
    package static let unsharedSpace = Profile.Kind(name: "unshared_space", unit: "bytes")
    /// Free bytes of resident pages that cannot be given back, since living blocks lie on them.
    package static let pinnedSpace = Profile.Kind(name: "pinned_space", unit: "bytes")
    /// Of these, what would be free without this one block.
    package static let pinnedAlone = Profile.Kind(name: "pinned_alone", unit: "bytes")
    /// Those that need no walk of the heap, and those that do.
    fileprivate static let statesOfPages = [residentSpace, swappedSpace, untouchedSpace, unsharedSpace]
    fileprivate static let sharesOfPages = [pinnedSpace, pinnedAlone]
    /// All of them, of a look at pages.
    package static let pages = statesOfPages + sharesOfPages

    /// Whether only a walk of the heap tells.
    package var needsHeapWalk: Bool { Self.sharesOfPages.contains(self) }
}

extension Note {
    /// Nil: there are no children.
    package init?(onCopies copies: (read: Int, unread: Int)) {
        guard copies.read + copies.unread > 0 else { return nil }
        self = .copiesOfChildren(read: copies.read, unread: copies.unread)
    }
}

/// What is known of the pages of living blocks, by a look at their process or of a dump that keeps what one found. It is added
/// up: the living samples may be given up then.
package struct KnownPages: Sendable {
    fileprivate let sums: PageSums
    /// All that is pinned, of this what is ``Profile/Kind/pinnedAlone``; nil: not known.
    fileprivate var pinned: UInt64?
    fileprivate var pinnedAlone: UInt64?
    /// What is not told, and why.
    package private(set) var note: Note?

    /// - Parameter session: whose living samples are those that were looked at.
    package init(_ look: ResidentLook, of session: Session) {
        switch look.heaps {
        case .success(let heaps): (pinned, pinnedAlone) = (heaps.pinned, heaps.pinnedAlone)
        case .failure(let reason): note = .heapsNotWalked(reason)
        }
        sums = PageSums(of: session, kinds: Self.kinds(pinned, pinnedAlone)) { look.blocks[$1.address] }
    }

    /// - Returns: nil if it is no dump that keeps them.
    package init?(_ session: Session) {
        guard let pages = session.pages else { return nil }
        let pinned = session.figures[.pinned]
        self.pinned = pinned
        sums = PageSums(of: session, kinds: Self.kinds(pinned, nil)) { place, _ in
            guard place < pages.count, let pages = pages[place] else { return nil }
            return BlockPages(
                resident: Double(pages.resident), swapped: Double(pages.swapped),
                unshared: Double(pages.resident - pages.shared),
                share: pinned == nil ? nil : pages.pinned.map { PageShare(pinned: Double($0), alone: 0) })
        }
        if pinned == nil { note = .dumpHasNoHeaps }
    }

    /// The figures that it has.
    package var kinds: [Profile.Kind] { sums.kinds }

    private static func kinds(_ pinned: UInt64?, _ pinnedAlone: UInt64?) -> [Profile.Kind] {
        Profile.Kind.statesOfPages + (pinned == nil ? [] : [.pinnedSpace]) + (pinnedAlone == nil ? [] : [.pinnedAlone])
    }

    fileprivate func total(of kind: Profile.Kind) -> UInt64? {
        kind == .pinnedSpace ? pinned : kind == .pinnedAlone ? pinnedAlone : nil
    }
}

extension Profile {
    /// The living blocks of a process by what they have of its pages.
    ///
    /// A figure of a site is Σ x/p over its sampled blocks, where x are a block's bytes of that kind and p is its
    /// probability to be sampled, with the estimated variance Σ x²(1−p)/p² (Horvitz and Thompson, 1952). One sample more
    /// of pinned bytes could stand for Σw²/Σw with w = x/p over all sites, which is how large those that were seen are.
    /// Pinned figures are then scaled so that all of them together are what the walk of the heap found (a ratio estimate):
    /// that total is exact, and figures are shares of it, see ``Estimate/asShare(of:)``.
    ///
    /// - Parameters:
    ///   - session: its living samples are not asked for.
    ///   - pages: of the same session.
    package static func pages(_ session: Session, _ pages: KnownPages, symbols: any FrameSource) -> Profile {
        let kinds = pages.kinds
        var builder = ProfileBuilder(kinds: kinds)
        var source = builder.source(session)
        for site in pages.sums.sites {
            let row = builder.row(of: site.id, in: &source)
            for (kind, figure) in zip(kinds, pages.sums.figures(of: site)) {
                builder.add(Estimate(added: figure), in: builder.column(of: kind), row: row)
            }
            builder.countBlocks(site.blocks, bytes: site.bytes, row: row)
        }
        var profile = builder.profile(symbols: symbols)
        profile.interval = session.header.largestInterval
        profile.time = session.realtime
        let isExact = profile.interval <= 1
        // A child has none of the blocks that it inherited in its session: then nobody knows whose part of the total is.
        // In a busy one blocks are freed before the walk meets them, and others that nobody knows pin in their place.
        let isScaled = !isExact && !session.header.flags.contains(.forked) && pages.sums.notMet * 100 <= pages.sums.all
        for (index, kind) in kinds.enumerated() {
            let (sum, squares) = pages.sums.weights[index]
            let oneMore = isExact || sum == 0 ? 0 : squares / sum
            // All that is pinned is known: the samples only say how it is shared out.
            let known = isScaled ? pages.total(of: kind) : nil
            let factor = known.map { sum > 0 ? Double($0) / sum : 1 } ?? 1
            for sample in profile.samples.indices {
                var figure = profile.samples[sample].values[index]
                // Blocks that hold resident bytes may be of any size, see SamplingLaw.
                figure.added.oneMore = kind.needsHeapWalk ? oneMore : max(oneMore, figure.added.oneMore)
                profile.samples[sample].values[index] = figure.scaled(by: factor)
            }
            if known != nil { profile.wholes[kind] = profile.total(kind: kind) }
        }
        profile.notes = Note.onHeap(of: [session], symbols: symbols)
        if let note = pages.note { profile.notes.append(note) }
        return profile
    }
}
