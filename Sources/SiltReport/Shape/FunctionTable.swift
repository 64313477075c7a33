// SPDX-License-Identifier: Apache-2.0
//
// The functions of several profiles by number, so that their stacks can be compared without comparing names. It judges
// nothing but whose a function is, and that by a rule it is given.

import SiltProfile
import SiltSymbols

/// Functions by number; one that several profiles have in common has one number.
struct FunctionTable: Sendable {
    /// A function of an object file. Code without a name is told apart by its address.
    struct Function: Hashable, Sendable {
        /// Path of the object file; empty if there is none.
        var module: String
        var name: String
        /// Offset in the object file; only without a name.
        var offset: UInt64
        var origin: FrameOrigin

        var isNamed: Bool { !name.isEmpty }

        /// An order that does not depend on numbers, which are those of first appearance.
        func precedes(_ other: Function) -> Bool {
            (name, module, offset, origin.rawValue) < (other.name, other.module, other.offset, other.origin.rawValue)
        }
    }

    /// What is asked of every frame of every stack, without a name in it.
    struct Traits: Sendable {
        var origin: FrameOrigin
        /// Equal where the object file is the same.
        var module: Int
        var isNamed: Bool
    }

    private var functions = Interner<Function>()
    private var modules = Interner<String>()
    private var traits: [Traits] = []

    subscript(number: Int) -> Traits { traits[number] }

    /// Its names.
    func function(_ number: Int) -> Function { functions.values[number] }

    /// The functions of each location of a profile, innermost first; never empty.
    ///
    /// - Complexity: O(frames of all locations).
    mutating func frames(of profile: Profile, origin: Origin) -> [[Int]] {
        profile.locations.map { location in
            let path = profile.path(of: location)
            let frames = location.frames.isEmpty ? [Frame()] : location.frames
            return frames.map { frame in
                let name = frame.function ?? frame.systemName ?? ""
                let offset = name.isEmpty ? profile.offset(of: location) : 0
                return number(
                    of: Function(module: path ?? "", name: name, offset: offset, origin: origin(frame, path)))
            }
        }
    }

    private mutating func number(of function: Function) -> Int {
        let number = functions.index(of: function)
        if number == traits.count {
            let module = modules.index(of: function.module)
            traits.append(Traits(origin: function.origin, module: module, isNamed: function.isNamed))
        }
        return number
    }

    /// Tells whose a frame is by it and its module's path; a location without frames is asked for with an empty frame.
    typealias Origin = (Frame, _ modulePath: String?) -> FrameOrigin
}

extension Profile {
    /// The offset of a location in its object file; without one, its address.
    func offset(of location: Location) -> UInt64 {
        let mapping = location.mapping.flatMap { mappings.indices.contains($0) ? mappings[$0] : nil }
        return location.address &- (mapping?.addresses.lowerBound ?? 0) &+ (mapping?.fileOffset ?? 0)
    }
}
