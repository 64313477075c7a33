// SPDX-License-Identifier: Apache-2.0
//
// By responsible function: allocators, containers and language runtimes folded into the code that called them. It
// does not decide what a runtime is.

public import SiltProfile
public import SiltSymbols

extension Profile {
    /// The profile without the runtime frames at the leaf end of each stack, so that the first frame of the
    /// application's own code holds the memory that it asked for.
    ///
    /// Runtime frames further out stay. A stack of nothing but runtime frames stays whole: its memory is real.
    ///
    /// - Parameter isRuntime: tells from a frame and its module's path; a location without frames is asked for with
    ///   an empty frame.
    /// - Complexity: O(frames of all locations + samples).
    public func hidingRuntime(_ isRuntime: (Frame, _ modulePath: String?) -> Bool) -> Profile {
        var result = self
        // Of each location, the place of its version without leading runtime frames; nil: none is left of it.
        let versions: [Int?] = locations.indices.map { index in
            let path = path(of: locations[index])
            let frames = locations[index].frames
            guard !frames.isEmpty else { return isRuntime(Frame(), path) ? nil : index }
            guard let first = frames.firstIndex(where: { !isRuntime($0, path) }) else { return nil }
            guard first > 0 else { return index }
            var version = locations[index]
            version.frames.removeSubrange(..<first)
            result.locations.append(version)
            return result.locations.count - 1
        }
        for index in samples.indices {
            let stack = samples[index].locations
            guard let first = stack.firstIndex(where: { versions[$0] != nil }), let own = versions[stack[first]] else {
                continue
            }
            result.samples[index].locations = [own] + stack[(first + 1)...]
        }
        return result
    }
}
