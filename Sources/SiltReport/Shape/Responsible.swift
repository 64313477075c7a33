// SPDX-License-Identifier: Apache-2.0
//
// By responsible function: allocators, containers and language runtimes folded into the code that called them. It
// does not decide what a runtime is.

package import SiltProfile
package import SiltSymbols

extension Profile {
    /// The profile without the frames at the leaf end of each stack that are not the application's, so that the first
    /// frame of its own code holds the memory that it asked for.
    ///
    /// A frame without a name that an allocator called is the allocator's: libraries are delivered with the names that
    /// they export, and allocate in functions that they do not. Frames further out stay. A stack with nothing of the
    /// application stays whole: its memory is real.
    ///
    /// - Parameter origin: tells from a frame and its module's path; a location without frames is asked for with an
    ///   empty frame.
    /// - Complexity: O(frames of all locations + locations of all samples).
    package func hidingRuntime(_ origin: (Frame, _ modulePath: String?) -> FrameOrigin) -> Profile {
        var result = self
        let leaves = locations.indices.map { index in
            let path = path(of: locations[index])
            let frames = locations[index].frames
            let origins = (frames.isEmpty ? [Frame()] : frames).map { origin($0, path) }
            let isNamed = frames.contains { $0.function != nil || $0.systemName != nil }
            guard let first = origins.firstIndex(of: .application) else {
                return Leaf(own: nil, isNamed: isNamed, allocates: origins.contains(.allocator))
            }
            var own = index
            if first > 0 {
                var version = locations[index]
                version.frames.removeSubrange(..<first)
                result.locations.append(version)
                own = result.locations.count - 1
            }
            return Leaf(own: own, isNamed: isNamed, allocates: origins[..<first].contains(.allocator))
        }
        for index in samples.indices {
            let stack = samples[index].locations
            guard let first = Leaf.responsible(in: stack.map { leaves[$0] }), let own = leaves[stack[first]].own
            else { continue }
            result.samples[index].locations = [own] + stack[(first + 1)...]
        }
        return result
    }
}

/// What a location is if it stands at the leaf end of a stack.
private struct Leaf {
    /// The place of its version without the frames that are not the application's; nil: none is left of it.
    var own: Int?
    var isNamed: Bool
    /// Whether the innermost of its frames, up to the application's, include an allocator.
    var allocates: Bool

    /// Where the first location is that has a frame of the application and is not an allocator's for want of a name;
    /// nil if there is none.
    static func responsible(in stack: [Leaf]) -> Int? {
        var first = 0
        while first < stack.count {
            if let caller = stack[first...].firstIndex(where: \.isNamed), caller > first, stack[caller].allocates {
                first = caller
            } else if stack[first].own != nil {
                return first
            } else {
                first += 1
            }
        }
        return nil
    }
}
