// SPDX-License-Identifier: Apache-2.0
//
// Call stacks as recorded: frames that are told by what they are in, not by where that lay, and what is known of how
// the stack ended and how much of it was kept. No frame has a name here.

/// Where a frame of a stack is: inside the call instruction, never to be adjusted.
///
/// Eight bytes, since a session may hold a hundred million.
package struct FrameAddress: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// A link address of the module with this index in ``Session/modules``.
        case module(Int, address: UInt64)
        /// An address in no module that was recorded, such as that of generated code.
        case bare(UInt64)
        /// The same, but only the address of its page was kept.
        case page(UInt64)
        /// Generated code, or that of a module that could not be recorded: no more is known.
        case generated
        /// A frame was here, and there was no room to record it; or the record of it is damaged.
        case omitted
    }

    private static let shift: UInt64 = 48
    private static let mask: UInt64 = (1 << shift) - 1
    private static let bare: UInt64 = 0
    private static let page: UInt64 = 0xfffe
    private static let special: UInt64 = 0xffff
    /// Modules of one session that can be told apart.
    static let maximumModules = 0xff00

    private let word: UInt64

    /// An address that does not fit into 48 bits, which no program's code has, counts as omitted.
    package init(_ place: Place) {
        let omitted = Self.special << Self.shift
        switch place {
        case .module(let index, let address):
            let isKnown = index >= 0 && index < Self.maximumModules && address <= Self.mask
            word = isKnown ? UInt64(index + 1) << Self.shift | address : omitted
        case .bare(let address): word = address <= Self.mask ? Self.bare << Self.shift | address : omitted
        case .page(let address): word = address <= Self.mask ? Self.page << Self.shift | address : omitted
        case .generated: word = Self.special << Self.shift | 1
        case .omitted: word = omitted
        }
    }

    package var place: Place {
        let address = word & Self.mask
        switch word >> Self.shift {
        case Self.bare: return .bare(address)
        case Self.page: return .page(address)
        case Self.special: return address == 1 ? .generated : .omitted
        case let module: return .module(Int(module) - 1, address: address)
        }
    }
}

/// A call stack.
package struct Stack: Sendable, Hashable {
    /// Why the walk ended.
    package enum End: String, Sendable {
        /// The outermost frame was reached.
        case complete
        /// Cut at the greatest depth that the shim records.
        case depth
        /// Cut at a frame that could not be unwound.
        case unwind
        /// Cut where the stack's memory could not be trusted.
        case bounds
    }

    /// How much of the stack was kept when there was little room.
    package enum Tier: Int, Sendable, CaseIterable {
        case whole
        /// Recursion is left out: above the innermost frames, each function stands once.
        case folded
        /// Only some innermost frames.
        case innermost
        /// Only the innermost frame.
        case leaf
        /// Nothing of the stack: what was sampled there stands together with others.
        case none
    }

    /// Leaf first.
    package var frames: [FrameAddress]
    package var end: End
    /// A frame without unwind information was passed by its frame pointer: the frames above it are likely, not proven.
    package var guessed: Bool
    package var tier: Tier

    package init(frames: [FrameAddress], end: End = .complete, guessed: Bool = false, tier: Tier = .whole) {
        self.frames = frames
        self.end = end
        self.guessed = guessed
        self.tier = tier
    }

    /// A stack of addresses, leaf first, of which it is not known yet in which modules they are.
    package init(pcs: [UInt64], end: End = .complete, guessed: Bool = false) {
        self.init(frames: pcs.map { FrameAddress(.bare($0)) }, end: end, guessed: guessed)
    }

    /// The same stack with each bare address in the module that covers it.
    ///
    /// - Parameter modules: as they lay when the stack was read.
    package func resolved(in modules: [Module]) -> Stack {
        var result = self
        for (index, frame) in frames.enumerated() {
            guard case .bare(let pc) = frame.place,
                let module = modules.firstIndex(where: { $0.addresses.contains(pc) })
            else { continue }
            result.frames[index] = FrameAddress(.module(module, address: pc &- modules[module].bias))
        }
        return result
    }
}
