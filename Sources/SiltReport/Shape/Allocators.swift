// SPDX-License-Identifier: Apache-2.0
//
// Which functions hand out memory for the rest of their module, as the stacks show it, for programs that no table knows.
// Bytes have no say: whether a function is an allocator must not depend on what leaks.

import SiltHost
import SiltProfile
import SiltSymbols

/// Functions that were found to be allocators, and why.
///
/// A function is its module's allocator if nearly every way to malloc of that module goes through it, or through a few
/// like it, each called from many functions of the module. Where that is in doubt, its name decides. In any case it must
/// stand near the leaf of stacks and nowhere else, have one way inward or few (what many call, but what itself does many
/// things, is a dispatcher or an interpreter), and what it calls on that way must hardly be called by others. What is found is folded, and the rest judged again, for
/// allocators are built upon one another.
struct Allocators: Sendable {
    /// Callers in its own module that make a function the allocator of that module whatever its name is.
    private static let manyCallers = 8
    /// Of a module's ways: what goes through each of a few allocators at least, and through all of them.
    private static let (share, shareOfAll) = (0.1, 2.0 / 3)
    /// Callers that are enough where the name makes it likely.
    private static let callersOfLikelyName = 5
    /// Ways inward, at most.
    private static let (inward, inwardOfNamed) = (2, 4)
    /// Layers of allocators, at most: without a bound a program of one function upon another would be judged forever.
    private static let layers = 8

    /// What the stacks showed when it was found.
    struct Reason: Sendable {
        /// Ways to malloc of its module, and those through it.
        var ways: Int
        var through: Int
        var callers: Int
        /// Its name decided.
        var isByName: Bool
    }

    /// By number.
    private var found: [Int: Reason] = [:]

    /// - Complexity: O(distinct stacks), a few times.
    init(_ chains: Chains, in functions: FunctionTable) {
        for _ in 0..<Self.layers {
            let (facts, ways) = chains.facts(folding: self, in: functions)
            let new = Self.allocators(among: facts, ways: ways, in: functions).filter { found[$0.key] == nil }
            if new.isEmpty { return }
            found.merge(new) { first, _ in first }
        }
    }

    func contains(_ function: Int) -> Bool { found[function] != nil }

    private static func allocators(
        among facts: [Int: Chains.Facts], ways: [Int: Int], in functions: FunctionTable
    ) -> [Int: Reason] {
        func hint(_ number: Int) -> AllocatorName {
            functions[number].origin == .allocator ? .plain : AllocatorName(of: functions.function(number).name)
        }
        /// Whether what a function calls is its own: it would be folded with it.
        func isPart(_ inner: Int, of number: Int) -> Bool {
            guard functions[inner].origin == .application, hint(inner) != .plain else { return true }
            guard let outer = facts[number]?.ways, let ways = facts[inner]?.ways else { return false }
            return Double(ways.intersection(outer).count) >= Chains.nearlyAll * Double(ways.count)
        }
        var found: [Int: Reason] = [:]
        var candidates: [Int: [Int]] = [:]
        for (number, facts) in facts where facts.isNearLeaf && facts.inward.count <= inwardOfNamed {
            guard !facts.callers.isEmpty else { continue }
            let function = functions[number]
            guard facts.inward.joined().allSatisfy({ isPart($0, of: number) }) else { continue }
            let all = ways[function.module] ?? 0
            let hint = hint(number)
            let isNamed = hint == .plain || hint == .likely && facts.callers.count >= callersOfLikelyName
            if isNamed {
                found[number] = Reason(
                    ways: all, through: facts.ways.count, callers: facts.callers.count, isByName: true)
            }
            let isMany = facts.ownCallers >= manyCallers && facts.inward.count <= inward
            if (isMany || isNamed) && Double(facts.ways.count) >= share * Double(all) {
                candidates[function.module, default: []].append(number)
            }
        }
        for (module, candidates) in candidates {
            let all = ways[module] ?? 0
            let chosen = disjoint(candidates, facts, in: functions)
            guard Double(chosen.covered.count) >= shareOfAll * Double(all) else { continue }
            for number in chosen.functions where found[number] == nil {
                guard let facts = facts[number] else { continue }
                found[number] = Reason(
                    ways: all, through: facts.ways.count, callers: facts.callers.count, isByName: false)
            }
        }
        return found
    }

    /// Those that stand beside each other, the innermost first: what calls one of them has its ways from it.
    private static func disjoint(
        _ candidates: [Int], _ facts: [Int: Chains.Facts], in functions: FunctionTable
    ) -> (functions: [Int], covered: Set<Int>) {
        let ranked = candidates.compactMap { number in
            facts[number].map { (number: number, depth: $0.inward.map(\.count).min() ?? 0, ways: $0.ways) }
        }.sorted { a, b in
            if a.depth != b.depth { return a.depth < b.depth }
            if a.ways.count != b.ways.count { return a.ways.count > b.ways.count }
            return functions.function(a.number).precedes(functions.function(b.number))
        }
        var chosen: [Int] = []
        var covered: Set<Int> = []
        for (number, _, ways) in ranked where 2 * ways.intersection(covered).count < ways.count {
            chosen.append(number)
            covered.formUnion(ways)
        }
        return (chosen, covered)
    }

    /// Notes on functions that were folded.
    func notes(on folded: Set<Int>, in functions: FunctionTable) -> [Note] {
        var rows: [(reason: Reason, function: FunctionTable.Function)] = []
        var known: Set<String> = []
        for number in folded {
            let function = functions.function(number)
            if let reason = found[number] {
                rows.append((reason, function))
            } else if function.isNamed, function.origin != .application {
                known.insert(function.name)
            }
        }
        rows.sort { a, b in
            if a.reason.through != b.reason.through { return a.reason.through > b.reason.through }
            return a.function.precedes(b.function)
        }
        let notes = rows.map { reason, function in
            Note.foldedAllocator(
                function: function.isNamed ? function.name : hexadecimal(function.offset), module: function.module,
                ways: reason.ways, through: reason.through, callers: reason.callers, isByName: reason.isByName)
        }
        return notes + (known.isEmpty ? [] : [.foldedByName(known.sorted())])
    }
}
