// SPDX-License-Identifier: Apache-2.0
//
// One numbering for the code addresses of several sessions: the same place in the same file is one location,
// wherever each process had it loaded. Names are the symbolizer's.

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

    /// A place in an object (its address as linked), or a bare address, or neither: a name for what is not known.
    private struct Place: Hashable {
        var object: Int?
        var address: UInt64
        var name: String?
    }

    /// Of each object, the module with which it was first met; its addresses are those of the profile.
    private var objects: [Module] = []
    private var objectKeys = Interner<ObjectKey>()
    private var places = Interner<Place>()

    /// What is needed to look up the frames of one session.
    struct Lookup {
        /// By number of the session's module.
        fileprivate var objects: [Int]
        fileprivate var known: [FrameAddress: Int] = [:]
    }

    /// Takes in a session's modules, its executable first.
    mutating func lookup(for session: Session) -> Lookup {
        lookup(of: session.modules, executable: session.header.exe)
    }

    /// Takes in modules, those of this path first.
    mutating func lookup(of modules: [Module], executable: String) -> Lookup {
        var objects = modules.map { _ in 0 }
        let order = modules.indices.filter { modules[$0].path == executable }
        let others = modules.indices.filter { modules[$0].path != executable }
        for index in order + others { objects[index] = number(of: modules[index]) }
        return Lookup(objects: objects)
    }

    /// The location number of a frame.
    mutating func location(of frame: FrameAddress, in lookup: inout Lookup) -> Int {
        if let known = lookup.known[frame] { return known }
        let place =
            switch frame.place {
            case .module(let module, let address):
                lookup.objects.indices.contains(module)
                    ? Place(object: lookup.objects[module], address: address)
                    : Place(address: 0, name: "[frame unknown]")
            case .bare(let address): Place(address: address)
            case .page(let address): Place(address: address, name: "[code in page 0x\(String(address, radix: 16))]")
            case .generated: Place(address: 0, name: "[unknown code]")
            case .omitted: Place(address: 0, name: "[frame unknown]")
            }
        let location = places.index(of: place)
        lookup.known[frame] = location
        return location
    }

    /// Mappings and locations for a profile, the latter named by `symbols`, which is asked once for each object.
    func resolved(by symbols: any FrameSource) -> (mappings: [Profile.Mapping], locations: [Profile.Location]) {
        var locations = places.values.map { place in
            let bias = place.object.map { objects[$0].bias } ?? 0
            let frames = place.name.map { [Frame(function: $0)] } ?? []
            return Profile.Location(address: place.address &+ bias, mapping: place.object, frames: frames)
        }
        var places: [[Int]] = objects.map { _ in [] }
        for (number, location) in locations.enumerated() { location.mapping.map { places[$0].append(number) } }
        let questions = objects.indices.filter { !places[$0].isEmpty }.map { object in
            (addresses: places[object].map { locations[$0].address }, module: objects[object])
        }
        symbols.prepare(questions)
        for (mine, question) in zip(places.lazy.filter { !$0.isEmpty }, questions) {
            let frames = symbols.frames(at: question.addresses, in: question.module)
            for (location, frames) in zip(mine, frames) { locations[location].frames = frames }
        }
        let mappings = objects.map { object in
            var mapping = Profile.Mapping(
                addresses: object.text, fileOffset: object.textFileOffset, path: object.path,
                buildID: hexadecimal(object.buildID))
            mapping.startedAs = object.startedAs
            return mapping
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
