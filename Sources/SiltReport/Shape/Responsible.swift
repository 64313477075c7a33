// SPDX-License-Identifier: Apache-2.0
//
// By responsible function: allocators, containers and language runtimes folded into the code that called them. It
// decides neither what a runtime is (FrameRules) nor which functions are a module's allocator (Allocators).

package import SiltProfile
package import SiltSymbols

/// Folds runtimes and allocators; decided once, and then the same for all profiles that are shown together.
package struct Folding {
    /// Deeper in a stack than this from what it hands out, a function is nobody's allocator.
    static let reach = 5

    private let functions: FunctionTable
    private let allocators: Allocators
    private let origin: FunctionTable.Origin

    /// - Parameters:
    ///   - evidence: profiles whose stacks show which functions are allocators, for example those of both moments of a
    ///     difference; none: the rule for single frames decides alone.
    ///   - origin: tells from a frame and its module's path; a location without frames is asked for with an empty frame.
    /// - Complexity: O(frames of all locations + locations of all samples).
    package init(evidence: [Profile] = [], origin: @escaping (Frame, _ modulePath: String?) -> FrameOrigin) {
        var functions = FunctionTable()
        let chains = Chains(evidence, &functions, origin)
        allocators = Allocators(chains, in: functions)
        self.functions = functions
        self.origin = origin
    }

    /// The profile without the frames at the leaf end of each stack that are not the application's, so that the first
    /// frame of its own code holds the memory that it asked for.
    ///
    /// A frame without a name that an allocator called is the allocator's: libraries are delivered with the names that
    /// they export, and allocate in functions that they do not. Frames further out stay. A stack with nothing of the
    /// application stays whole: its memory is real.
    ///
    /// - Parameter explains: adds a note on each function that was folded since the stacks show it to be an allocator,
    ///   and one with those that are known by name.
    /// - Complexity: O(frames of all locations + frames of all samples).
    package func callAsFunction(_ profile: Profile, explains: Bool = false) -> Profile {
        var functions = functions
        let frames = functions.frames(of: profile, origin: origin)
        var result = profile
        var versions: [Version: Int] = [:]
        var folded: Set<Int> = []
        for index in profile.samples.indices {
            let stack = profile.samples[index].locations
            let flat = stack.flatMap { frames[$0] }
            guard var first = allocators.responsible(in: flat, of: functions), first > 0 else { continue }
            if explains { folded.formUnion(flat[..<first]) }
            var depth = 0
            while first >= frames[stack[depth]].count {
                first -= frames[stack[depth]].count
                depth += 1
            }
            var own = stack[depth]
            if first > 0 {
                let version = Version(location: own, folded: first)
                own = versions[version] ?? result.locations.count
                if own == result.locations.count {
                    versions[version] = own
                    result.locations.append(profile.locations[version.location])
                    result.locations[own].frames.removeSubrange(..<first)
                }
            }
            result.samples[index].locations = [own] + stack[(depth + 1)...]
        }
        if explains { result.notes += allocators.notes(on: folded, in: functions) }
        return result
    }

    /// A location without its innermost frames.
    private struct Version: Hashable {
        var location: Int
        var folded: Int
    }
}

extension Allocators {
    /// The place in a stack of the first function that is the application's; nil if there is none.
    ///
    /// - Parameter stack: functions by number, innermost first.
    func responsible(in stack: [Int], of functions: FunctionTable) -> Int? {
        var first = 0
        while first < stack.count {
            let function = functions[stack[first]]
            if let last = lastOfAllocator(from: first, in: stack, of: functions) {
                first = last + 1
            } else if function.origin != .application {
                first += 1
            } else if !function.isNamed, let caller = stack[first...].firstIndex(where: { functions[$0].isNamed }),
                allocates(from: caller, in: stack, of: functions)
            {
                first = caller
            } else {
                return first
            }
        }
        return nil
    }

    /// The outermost function found to be an allocator that is near a place, in the same module: what it calls there is
    /// its own.
    private func lastOfAllocator(from first: Int, in stack: [Int], of functions: FunctionTable) -> Int? {
        let module = functions[stack[first]].module
        var last: Int?
        for place in first..<min(first + Folding.reach, stack.count) {
            guard functions[stack[place]].module == module else { break }
            if contains(stack[place]) { last = place }
        }
        return last
    }

    /// Whether an allocator is among the functions from a place outward to the application's first.
    private func allocates(from place: Int, in stack: [Int], of functions: FunctionTable) -> Bool {
        for number in stack[place...] {
            let origin = functions[number].origin
            if origin == .allocator || contains(number) { return true }
            if origin == .application { return false }
        }
        return false
    }
}
