// SPDX-License-Identifier: Apache-2.0
//
// Files of version 3 as its shim wrote them. Both are of one program: it keeps 100 blocks of 1000 bytes, drops 50 of 64,
// keeps a block of 2000 and one of 3000 bytes twice each from two libraries that it loads in turn at one address, and has
// two threads. `exact` has every allocation; `sampled`, at the default interval, besides 200 blocks of 1 MiB.

import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct Version3Tests {
    static func fixture(_ name: String) throws -> [UInt8] {
        let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try contentsOfFile("/\(directory)/Fixtures/\(name).v3", limit: 1 << 20)
    }

    private func session(_ name: String) throws -> Session {
        try Session(bytes: try Self.fixture(name), path: "x")
    }

    @Test func everyAllocationIsThere() throws {
        let session = try session("exact")
        #expect(session.header.version == 3)
        #expect(session.header.comm == "keeper")
        #expect(session.header.exe == "/srv/keeper/keeper")
        #expect(session.header.interval == 1)
        #expect(session.header.intervals == [1])
        #expect(session.header.ceiling == nil)
        #expect(session.header.dump?.reason == .exit)
        #expect(session.torn.total == 0)
        #expect(session.damage.isEmpty)
        #expect(session.live.count == 108)
        #expect(session.live.reduce(0) { $0 + $1.size } == 115_184)
        #expect(session.sites.values.reduce(0) { $0 + $1.allocObjects } == 182)
        #expect(session.sites.values.reduce(0) { $0 + $1.allocBytes } == 124_480)
        #expect(session.sites.values.reduce(0) { $0 + $1.freeBytes } == 9296)
        #expect(session.sites.values.allSatisfy { $0.interval == 1 && $0.label == nil && !$0.isCoarse })
        #expect(session.events.count == 256)
        #expect(session.threads.count == 2)
        #expect(session.unknownThreads() == 0)
    }

    @Test func framesAreInTheModuleThatWasLoadedThen() throws {
        let session = try session("exact")
        // Both libraries lay at the same address, each in epochs of its own.
        var kept: [String: [UInt64]] = [:]
        for sample in session.live {
            let stack = session.sites[sample.site].flatMap { session.stacks[$0.stack] }
            for case .module(let index, let address) in (stack?.frames ?? []).map(\.place) {
                let module = session.modules[index]
                #expect(module.covers(link: address))
                if module.path.hasPrefix("./lib") { kept[module.path, default: []].append(sample.size) }
            }
        }
        #expect(kept["./libone.so"] == [2000, 2000])
        #expect(kept["./libtwo.so"] == [3000, 3000])
        #expect(Set(session.modules.filter { $0.path.hasPrefix("./lib") }.map(\.addresses)).count == 2)
    }

    @Test func sampledBytesAreThoseOfItsSites() throws {
        let session = try session("sampled")
        #expect(session.header.interval == 524_288)
        #expect(session.live.count == 173)
        #expect(session.live.reduce(0) { $0 + $1.size } == 173 << 20)
        #expect(session.sites.values.map(\.interval) == [524_288])
        #expect(session.sites.values.map(\.allocObjects) == [173])
        #expect(session.threads.count == 2)
        #expect(session.torn.total == 0)
    }

    @Test(arguments: ["exact", "sampled"]) func aDumpOfOneIsTheSameDump(name: String) throws {
        let image = try SessionImage(bytes: try Self.fixture(name), path: "x")
        let about = try #require(image.header.dump)
        var again = try Session(bytes: image.packed(as: about), path: "x")
        let session = Session(image)
        // Its process counted whole laps of the ring, a dump has only what is left of them.
        again.eventsOverwritten = session.eventsOverwritten
        #expect(again == session)
    }

    @Test func everyPrefixIsRefused() throws {
        let file = try Self.fixture("sampled")
        for count in 1..<file.count {
            #expect(throws: FileError.self) { try Session(bytes: Array(file.prefix(count)), path: "x") }
        }
        #expect(throws: Never.self) { try Session(bytes: file, path: "x") }
    }

    @Test func itsIntervalIsChecked() throws {
        var file = try Self.fixture("exact")
        file.store(UInt64(0), at: 32)
        #expect(
            throws: FileError.corrupt(path: "x", field: "interval", offset: 32, value: 0, expected: "at least 1")
        ) { try Session(bytes: file, path: "x") }
    }

    @Test func itsTornElementsAreDroppedAndCounted() throws {
        // By their descriptors: stacks, sites, live.
        let places: [(region: RegionKind, offset: Int)] = [(.stacks, 26_304), (.sites, 24_064), (.live, 20_480)]
        func read(_ region: RegionKind, at offset: Int) throws -> Session {
            var file = try Self.fixture("exact")
            let place = places.first { $0.region == region }?.offset ?? 0
            file[place + offset] ^= 0xff
            return try Session(bytes: file, path: "x")
        }
        let live = try read(.live, at: 16)
        #expect(live.torn.live == 1)
        #expect(live.live.count == 107)
        #expect(live.isDamaged)
        // A site that is overwritten with zeros is not there, and yet referred to.
        var file = try Self.fixture("exact")
        file.replaceSubrange(24_064 + 64..<24_064 + 35 * 64, with: [UInt8](repeating: 0, count: 34 * 64))
        let gone = try Session(bytes: file, path: "x")
        #expect(gone.sites.isEmpty)
        #expect(gone.live.count == 108)
        #expect(gone.torn.sites > 0 && gone.torn.sites <= 34)
        #expect(gone.isDamaged)
        let site = try read(.sites, at: 64 + 7)
        #expect(site.torn.sites == 1)
        #expect(site.live.count == 108)
    }
}
