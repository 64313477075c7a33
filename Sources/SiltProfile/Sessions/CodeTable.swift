// SPDX-License-Identifier: Apache-2.0
//
// One numbering for the code addresses of several sessions: the same place in the same file is one location,
// wherever each process had it loaded. It finds the module of an address; names come from the symbolizer.

internal import SiltFile
internal import SiltHost
internal import SiltSymbols

/// Modules and locations of all sessions that go into one profile.
struct CodeTable {
    /// What makes two modules the same object, across processes that loaded it at different addresses.
    private struct ObjectKey: Hashable {
        var path: String
        var buildID: [UInt8]
        var linkAddress: UInt64
        var fileOffset: UInt64
    }

    /// A place in an object (its address as linked), or a bare address.
    private struct Place: Hashable {
        var object: Int?
        var address: UInt64
    }

    /// Of each object, the module with which it was first met; its addresses are those of the profile.
    private var objects: [Module] = []
    private var objectKeys = Interner<ObjectKey>()
    private var places = Interner<Place>()

    /// What is needed to look up the addresses of one session.
    struct Lookup {
        fileprivate var modules: [(module: Module, object: Int)]
        fileprivate var known: [UInt32: [UInt64: Int]] = [:]
    }

    /// Takes in a session's modules, its executable first.
    mutating func lookup(for session: Session) -> Lookup {
        lookup(of: session.modules, executable: session.header.exe)
    }

    /// Takes in modules, those of this path first.
    mutating func lookup(of modules: [Module], executable: String) -> Lookup {
        let main = modules.filter { $0.path == executable }
        let others = modules.filter { $0.path != executable }
        return Lookup(modules: (main + others).map { ($0, number(of: $0)) })
    }

    /// The location number of an address that stands in a stack of the given epoch.
    mutating func location(of pc: UInt64, epoch: UInt32, in lookup: inout Lookup) -> Int {
        if let known = lookup.known[epoch]?[pc] { return known }
        let owner = lookup.modules.first { $0.module.addresses.contains(pc) && $0.module.epochs.contains(epoch) }
        let place = owner.map { Place(object: $0.object, address: pc &- $0.module.bias) } ?? Place(address: pc)
        let location = places.index(of: place)
        lookup.known[epoch, default: [:]][pc] = location
        return location
    }

    /// Mappings and locations for a profile, the latter named by `symbols`, which is asked once for each object.
    func resolved(by symbols: any FrameSource) -> (mappings: [Profile.Mapping], locations: [Profile.Location]) {
        var locations = places.values.map { place in
            let bias = place.object.map { objects[$0].bias } ?? 0
            return Profile.Location(address: place.address &+ bias, mapping: place.object, frames: [])
        }
        for (object, module) in objects.enumerated() {
            let mine = locations.indices.filter { locations[$0].mapping == object }
            guard !mine.isEmpty else { continue }
            let frames = symbols.frames(at: mine.map { locations[$0].address }, in: module)
            for (location, frames) in zip(mine, frames) { locations[location].frames = frames }
        }
        let mappings = objects.map {
            Profile.Mapping(
                addresses: $0.text, fileOffset: $0.textFileOffset, path: $0.path, buildID: hexadecimal($0.buildID))
        }
        return (mappings, locations)
    }

    private mutating func number(of module: Module) -> Int {
        let key = ObjectKey(
            path: module.path, buildID: module.buildID, linkAddress: module.text.lowerBound &- module.bias,
            fileOffset: module.textFileOffset)
        let number = objectKeys.index(of: key)
        if number == objects.count { objects.append(module) }
        return number
    }
}
