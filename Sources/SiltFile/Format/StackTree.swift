// SPDX-License-Identifier: Apache-2.0
//
// The stacks of a version 4 file: a tree of words, each a frame or a link. A walk goes down only, so that it ends on any
// bytes; it believes no index, and refuses what no writer makes.

import CSiltFormat
import SiltHost

struct StackTree {
    private let words: [UInt8]
    /// By frame id; nil: nothing was stored there.
    private let frames: [FrameAddress?]
    /// Frames whose bytes make no sense; they count as omitted where they stand in a stack.
    private(set) var tornFrames = 0

    /// - Parameters:
    ///   - modules: where each element of the modules region went in `loaded`; nil: it could not be read.
    init(words: [UInt8], frames bytes: [UInt8], modules: [Int?], loaded: [Module]) {
        self.words = words
        var frames: [FrameAddress?] = []
        let count = bytes.count / RegionKind.frames.elementSize
        frames.reserveCapacity(count)
        for index in 0..<count {
            let word = bytes.load(UInt64.self, at: index * RegionKind.frames.elementSize) ?? 0
            guard word != 0 else {
                frames.append(nil)
                continue
            }
            let place = Self.place(word, id: index, modules: modules, loaded: loaded)
            if place == nil { tornFrames += 1 }
            frames.append(FrameAddress(place ?? .omitted))
        }
        self.frames = frames
    }

    private static func place(
        _ word: UInt64, id: Int, modules: [Int?], loaded: [Module]
    ) -> FrameAddress.Place? {
        let (owner, address) = (UInt32(word >> UInt64(SILT_FRAME_SHIFT)), word & Format.sizeMask)
        switch owner {
        case SILT_FRAME_BARE: return .bare(address)
        case SILT_FRAME_PAGE: return .page(address)
        case SILT_FRAME_SPECIAL:
            guard address == UInt64(id), address < UInt64(SILT_FRAME_FIRST) else { return nil }
            return address == UInt64(SILT_FRAME_GENERATED) ? .generated : .omitted
        default:
            guard Int(owner) <= modules.count, let index = modules[Int(owner) - 1], loaded[index].covers(link: address)
            else { return nil }
            return .module(index, address: address)
        }
    }

    /// The stack with the id `id` and its hash, which its sites know; nil: there is none, or not a whole one.
    func stack(_ id: UInt32) -> (stack: Stack, hash: UInt32)? {
        var ids: [UInt32] = []
        var at = id
        while at >= SILT_STACK_ROOTS {
            // The lowest frame has its run's two links below it.
            guard at >= SILT_STACK_ROOTS + 2, let word = word(at), word & SILT_WORD_LINK == 0,
                word != SILT_FRAME_UNUSED, ids.count < Format.maximumDepth
            else { return nil }
            ids.append(word)
            guard let below = self.word(at - 1) else { return nil }
            if below & SILT_WORD_LINK == 0 {
                at -= 1
                continue
            }
            guard let link = self.word(at - 2), link & SILT_WORD_LINK != 0, link & ~SILT_WORD_LINK < at - 2 else {
                return nil
            }
            at = link & ~SILT_WORD_LINK
        }
        guard let root = Self.root(at) else { return nil }
        var addresses: [FrameAddress] = []
        addresses.reserveCapacity(ids.count)
        for id in ids {
            guard let index = Int(exactly: id), index < frames.count, let frame = frames[index] else { return nil }
            addresses.append(frame)
        }
        // Safe: the function reads as many elements as the array has, and keeps no pointer.
        let hash = unsafe silt_stack_hash(ids, UInt32(ids.count), at)
        return (Stack(frames: addresses, end: root.end, guessed: root.guessed, tier: root.tier), hash)
    }

    private func word(_ index: UInt32) -> UInt32? {
        words.load(UInt32.self, at: Int(index) * RegionKind.stacks.elementSize)
    }

    private static func root(_ word: UInt32) -> (end: Stack.End, guessed: Bool, tier: Stack.Tier)? {
        let end = silt_root_end(word)
        guard let tier = Stack.Tier(rawValue: Int(silt_root_tier(word))),
            silt_stack_root(silt_root_tier(word), end) == word,
            let known = Format.end(end)
        else { return nil }
        return (known, end & UInt32(SILT_END_GUESSED) != 0, tier)
    }
}

extension Format {
    /// - Parameter raw: enum silt_stack_end, perhaps or'ed with SILT_END_GUESSED.
    static func end(_ raw: UInt32) -> Stack.End? {
        switch raw & ~UInt32(SILT_END_GUESSED) {
        case SILT_END_COMPLETE.rawValue: .complete
        case SILT_END_DEPTH.rawValue: .depth
        case SILT_END_UNWIND.rawValue: .unwind
        case SILT_END_BOUNDS.rawValue: .bounds
        default: nil
        }
    }
}
