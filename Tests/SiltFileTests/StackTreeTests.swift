// SPDX-License-Identifier: Apache-2.0
//
// Stacks as paths in a tree: known trees, and trees that no shim makes.

import CSiltFormat
import TestSupport
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct StackTreeTests {
    private static let link = UInt32(SILT_WORD_LINK)

    /// The stack that a walk from `id` finds, frames as bare addresses 0x1000 and so on.
    private func stack(_ id: UInt32, words: [UInt32], frames: [UInt64] = (0..<10).map { 0x1000 + $0 }) -> Stack? {
        var bytes: [UInt8] = []
        for word in [UInt32](repeating: 0, count: 128) + words { bytes.append(word) }
        var table: [UInt8] = []
        for frame in frames { table.append(frame) }
        return StackTree(words: bytes, frames: table, modules: [], loaded: []).stack(id)?.stack
    }

    private func pcs(_ stack: Stack?) -> [UInt64]? {
        stack?.frames.map { if case .bare(let pc) = $0.place { pc } else { 0 } }
    }

    @Test func everyWordOfARunEndsAStackAndMayBeAParent() throws {
        let whole = silt_stack_root(0, 0)
        // 128: main, serve, insert; 133: from serve on, log, write.
        let words = [
            Self.link | whole, Self.link, 3, 4, 5,
            Self.link | 131, Self.link | 7, 6, 7,
        ]
        #expect(pcs(stack(130, words: words)) == [0x1003])
        #expect(pcs(stack(132, words: words)) == [0x1005, 0x1004, 0x1003])
        #expect(pcs(stack(136, words: words)) == [0x1007, 0x1006, 0x1004, 0x1003])
        #expect(stack(136, words: words)?.end == .complete)
        #expect(stack(136, words: words)?.tier == .whole)
    }

    @Test func theRootSaysWhatIsKnownOfTheStack() throws {
        let ends: [(UInt32, Stack.End)] = [(0, .complete), (1, .depth), (2, .unwind), (3, .bounds)]
        for tier in Stack.Tier.allCases {
            for (raw, end) in ends {
                for guess in [0, UInt32(SILT_END_GUESSED)] {
                    let root = silt_stack_root(UInt32(tier.rawValue), raw | guess)
                    let expected = Stack(frames: [], end: end, guessed: guess != 0, tier: tier)
                    #expect(stack(root, words: []) == expected)
                    #expect(stack(130, words: [Self.link | root, Self.link, 3])?.end == end)
                }
            }
        }
        // Not a root: 0 is no stack, the others no writer uses.
        for root in UInt32(0)..<128 where root < 64 || silt_root_tier(root) > 4 {
            #expect(stack(root, words: []) == nil)
        }
    }

    @Test func whatNoShimWritesIsNoStack() {
        let root = Self.link | silt_stack_root(0, 0)
        // Its own parent, one above it, one of another run's links, a root that is none.
        for parent: UInt32 in [128, 129, 130, 131, 127, 0] {
            #expect(stack(130, words: [Self.link | parent, Self.link, 3]) == nil, "parent \(parent)")
        }
        #expect(stack(130, words: [Self.link | 133, Self.link, 3, root, Self.link, 4]) == nil)
        #expect(stack(133, words: [root, Self.link, 3, Self.link | 128, Self.link, 4]) == nil)
        // A link or a frame that is none at the leaf; a run without its second link; no frame stored.
        #expect(stack(128, words: [root, Self.link, 3]) == nil)
        #expect(stack(130, words: [root, Self.link, 0]) == nil)
        #expect(stack(129, words: [root, 3]) == nil)
        #expect(stack(130, words: [3, Self.link, 3]) == nil)
        #expect(stack(130, words: [root, Self.link, 10]) == nil)
        #expect(stack(130, words: [root, Self.link, 3], frames: [1, 2, 3, 0]) == nil)
        #expect(stack(.max, words: [root, Self.link, 3]) == nil)
    }

    @Test func everyPrefixOfTheWordsHasTheStacksThatAreWholeInIt() {
        let root = Self.link | silt_stack_root(0, 0)
        let words = [root, Self.link, 3, 4, Self.link | 131, Self.link, 5]
        for count in 0...words.count {
            #expect((stack(131, words: Array(words.prefix(count))) != nil) == (count >= 4))
            #expect((stack(134, words: Array(words.prefix(count))) != nil) == (count >= 7))
        }
    }

    @Test func deeperThanAnyShimRecordsIsRefused() {
        let root = Self.link | silt_stack_root(0, 0)
        let words = [root, Self.link] + [UInt32](repeating: 3, count: 129)
        #expect(stack(130 + 127, words: words)?.frames.count == 128)
        #expect(stack(130 + 128, words: words) == nil)
    }

    @Test func framesSayWhatIsKnownOfThem() {
        let places: [(UInt64, FrameAddress.Place)] = [
            (0x7fff_ffff_f123, .bare(0x7fff_ffff_f123)), (0xfffe << 48 | 0x5000, .page(0x5000)),
        ]
        for (word, place) in places {
            let frames = (0..<3).map { 0xffff << 48 | $0 } + [word]
            let words = [Self.link | silt_stack_root(0, 0), Self.link, 3, 1, 2]
            let found = stack(132, words: words, frames: frames)
            #expect(found?.frames.map(\.place) == [.omitted, .generated, place])
        }
        #expect(FrameAddress(.bare(1 << 48)).place == .omitted)
        #expect(FrameAddress(.module(0xff00, address: 1)).place == .omitted)
        #expect(FrameAddress(.module(0xfeff, address: 1)).place == .module(0xfeff, address: 1))
    }

    /// Any words at all: no walk traps or goes on for ever, and none finds what is not a path downwards.
    @Test(arguments: [UInt64(4), 20_261_126])
    func randomWordsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for round in 0..<300 {
            let words = (0..<60).map { index -> UInt32 in
                switch Int.random(in: 0..<4, using: &random) {
                case 0: Self.link | UInt32.random(in: 60..<200, using: &random)
                case 1: Self.link | silt_stack_root(UInt32.random(in: 0..<8, using: &random), 0)
                case 2: UInt32.random(in: 0..<12, using: &random)
                default: UInt32.random(in: 0...(.max), using: &random)
                }
            }
            for id in UInt32(0)..<190 {
                guard let stack = stack(id, words: words) else { continue }
                #expect(stack.frames.count <= 60, "seed \(seed), round \(round)")
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append<Word: FixedWidthInteger>(_ word: Word) {
        for shift in stride(from: 0, to: Word.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
