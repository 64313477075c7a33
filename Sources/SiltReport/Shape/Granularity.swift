// SPDX-License-Identifier: Apache-2.0
//
// What counts as one node of a report: how finely frames are told apart, and what a node is called. The one place
// that turns a frame into a name.

import SiltHost
package import SiltProfile
package import SiltSymbols

/// How finely a report tells frames apart, in pprof's words (`modules` is ours).
package enum Granularity: String, Sendable, CaseIterable {
    case functions, filefunctions, lines, files, modules, addresses

    /// Whether a caller and its callee are two nodes even if they are called the same.
    var tellsCallsApart: Bool { self != .files && self != .modules }
}

/// A node's place in the program. What the granularity does not ask for is empty, so that equal means the same node.
package struct Place: Hashable, Sendable {
    /// The function's name; empty if not known or not asked for.
    package var function = ""
    /// The source file as the compiler recorded it.
    package var file = ""
    /// 1-based; 0 if not known or not asked for.
    package var line = 0
    /// The code address; only at ``Granularity/addresses``.
    package var address: UInt64?
    /// Path of the object file; only where the module is asked for or nothing better is known.
    package var module = ""
    /// What people call that file, if not by the last part of its path.
    package var startedAs = ""
    /// Offset in the object file, or the bare address without one, of code whose function is not known.
    package var offset: UInt64?

    /// Whether the code stands in a header of the C++ library, from where it is compiled into every program.
    var isOfCxxHeader: Bool { file.contains("/include/c++/") }

    /// What a person reads: `parse main.c:12`, `libfoo.so+0x1234`.
    package var name: String {
        var parts: [String] = []
        if let address { parts.append(String(address, radix: 16)) }
        if !function.isEmpty {
            parts.append(function)
        } else if let offset {
            parts.append((module.isEmpty ? "" : moduleName + "+") + hexadecimal(offset))
        }
        if line != 0 {
            parts.append("\(file.isEmpty ? "?" : file):\(line)")
        } else if !file.isEmpty {
            parts.append(file)
        } else if parts.isEmpty {
            parts.append(module.isEmpty ? "<unknown>" : "[\(moduleName)]")
        }
        return parts.joined(separator: " ")
    }

    private var moduleName: Substring { startedAs.isEmpty ? baseName(module) : startedAs[...] }

    /// A total order behind equal names, so that output never depends on hashing.
    func precedes(_ other: Place) -> Bool {
        (function, file, line, module, address ?? 0, offset ?? 0)
            < (other.function, other.file, other.line, other.module, other.address ?? 0, other.offset ?? 0)
    }
}

extension Place {
    /// - Parameter frame: nil where the location has none.
    package init(_ frame: Frame?, at location: Profile.Location, in profile: Profile, granularity: Granularity) {
        let mapping = location.mapping.flatMap { profile.mappings.indices.contains($0) ? profile.mappings[$0] : nil }
        switch granularity {
        case .files:
            file = frame?.file ?? ""
            if file.isEmpty { (module, startedAs) = (mapping?.path ?? "", mapping?.startedAs ?? "") }
            return
        case .modules:
            (module, startedAs) = (mapping?.path ?? "", mapping?.startedAs ?? "")
            return
        case .functions:
            function = frame?.function ?? ""
        case .filefunctions:
            function = frame?.function ?? ""
            file = frame?.file ?? ""
        case .lines, .addresses:
            function = frame?.function ?? ""
            file = frame?.file ?? ""
            line = frame?.line ?? 0
            if granularity == .addresses { address = location.address }
        }
        if function.isEmpty {
            (module, startedAs) = (mapping?.path ?? "", mapping?.startedAs ?? "")
            let start = mapping?.addresses.lowerBound ?? 0
            offset = location.address &- start &+ (mapping?.fileOffset ?? 0)
        }
    }
}

/// Every frame of a profile as a node number, so that stacks can be walked without comparing names.
struct NodeTable {
    let granularity: Granularity
    private(set) var places: [Place]
    /// Node of each frame of each location, innermost first; never empty.
    private(set) var nodes: [[Int]] = []
    /// The node that stands for stacks of no frame at all.
    let stackless: Int

    /// - Complexity: O(frames of all locations).
    init(_ profile: Profile, granularity: Granularity) {
        self.granularity = granularity
        var known = Interner<Place>()
        nodes.reserveCapacity(profile.locations.count)
        for location in profile.locations {
            let frames: [Frame?] = location.frames.isEmpty ? [nil] : location.frames
            nodes.append(
                frames.map { frame in
                    known.index(of: Place(frame, at: location, in: profile, granularity: granularity))
                })
        }
        stackless = known.index(of: Place())
        places = known.values
    }
}

/// The last component of a path.
func baseName(_ path: String) -> Substring {
    path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
}
