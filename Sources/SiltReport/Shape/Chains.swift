// SPDX-License-Identifier: Apache-2.0
//
// The ways to malloc that profiles show: which functions stand near the leaf of their stacks, and who calls those. It
// counts ways, not bytes: a leak, however large, is one of them.

import SiltProfile
import SiltSymbols

/// The distinct stacks of profiles as functions, innermost first, without their outer ends.
struct Chains {
    /// Functions that are kept of each stack.
    private static let depth = 32
    /// Functions from the responsible one outward by which two ways are told apart.
    private static let span = 8
    /// The part of a function's ways that must show the same if it is an allocator.
    static let nearlyAll = 0.9

    private let stacks: [[Int]]

    /// - Complexity: O(frames of all locations + locations of all samples).
    init(_ profiles: [Profile], _ functions: inout FunctionTable, _ origin: FunctionTable.Origin) {
        var known = Interner<[Int]>()
        for profile in profiles {
            let frames = functions.frames(of: profile, origin: origin)
            for sample in profile.samples {
                let stack = Self.innermost(sample.locations, frames)
                if !stack.isEmpty { _ = known.index(of: stack) }
            }
        }
        stacks = known.values
    }

    /// The first functions of a stack; what calls itself is one function on the way.
    private static func innermost(_ locations: [Int], _ frames: [[Int]]) -> [Int] {
        var stack: [Int] = []
        stack.reserveCapacity(depth)
        var room = depth
        for location in locations {
            for function in frames[location] {
                guard room > 0 else { return stack }
                room -= 1
                if stack.last != function { stack.append(function) }
            }
        }
        return stack
    }

    /// What the ways show of a function.
    struct Facts {
        /// Numbers of the ways on which it stands near the leaf, in the module in which they end.
        var ways: Set<Int> = []
        /// Ways on which it stands elsewhere only.
        var elsewhere = 0
        /// Functions of the application that call it there, and those of them that are in its own module.
        var callers: Set<Int> = []
        var ownCallers = 0
        /// What it calls there, up to the leaf: an allocator has one way inward, or few.
        var inward: Set<[Int]> = []

        /// Whether it stands near the leaf wherever it stands.
        var isNearLeaf: Bool { Double(ways.count) >= Chains.nearlyAll * Double(ways.count + elsewhere) }
    }

    /// The ways that are left when what is known already is folded.
    ///
    /// - Returns: of each function near a leaf its facts, and of each module, as ``FunctionTable`` numbers it, the number of ways that end there.
    func facts(
        folding allocators: Allocators, in functions: FunctionTable
    ) -> (functions: [Int: Facts], ways: [Int: Int]) {
        var ways = Interner<[Int]>()
        var facts: [Int: Facts] = [:]
        var counts: [Int: Int] = [:]
        var seenWays = 0
        for stack in stacks {
            guard let first = allocators.responsible(in: stack, of: functions) else { continue }
            let way = Array(stack[first...].prefix(Self.span))
            let number = ways.index(of: way)
            guard number == seenWays else { continue }
            seenWays += 1
            let module = functions[way[0]].module
            counts[module, default: 0] += 1
            var isNear = true
            var seen: Set<Int> = []
            for (depth, function) in way.enumerated() {
                isNear = isNear && depth < Folding.reach && functions[function].module == module
                guard seen.insert(function).inserted else { continue }
                let caller = way[(depth + 1)...].first {
                    $0 != function && functions[$0].origin == .application
                }
                guard isNear, let caller else {
                    facts[function, default: Facts()].elsewhere += 1
                    continue
                }
                facts[function, default: Facts()].note(way: number, inward: way[..<depth], caller: caller)
            }
        }
        for number in facts.keys {
            let module = functions[number].module
            facts[number]?.countOwnCallers { functions[$0].module == module }
        }
        return (facts, counts)
    }
}

extension Chains.Facts {
    fileprivate mutating func note(way: Int, inward functions: ArraySlice<Int>, caller: Int) {
        ways.insert(way)
        callers.insert(caller)
        inward.insert(Array(functions))
    }

    fileprivate mutating func countOwnCallers(_ isOwn: (Int) -> Bool) { ownCallers = callers.count(where: isOwn) }
}
