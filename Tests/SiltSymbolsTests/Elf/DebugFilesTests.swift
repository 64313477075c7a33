// SPDX-License-Identifier: Apache-2.0
//
// What lies where a debug file could be, and is none: a pipe that nobody writes to, a disk full of nothing. A look neither waits
// for it nor reads it.

import SiltFile
import TestSupport
import Testing

@testable import SiltSymbols

@Suite struct DebugFilesTests {
    /// By its build id, by the name that the program gives, by the program's own name.
    @Test(arguments: [
        ("debug/.build-id/00/\(Shop.id.dropFirst(2)).debug", true), ("shop.debug", true), ("shop.debug", false),
    ])
    func aPipeInPlaceOfADebugFileIsNotOpened(name: String, hasBuildID: Bool) throws {
        let shop = try Shop(hasBuildID ? [] : ["-Wl,--build-id=none"])
        try shop.bench.run(["mkdir", "-p", "debug/.build-id/00"])
        try shop.bench.run(["objcopy", "--only-keep-debug", "shop", "far.debug"])
        try shop.bench.run(["cp", "far.debug", "shop.debug"])
        try shop.bench.run(["strip", "--strip-debug", "shop"])
        try shop.bench.run(["objcopy", "--add-gnu-debuglink=shop.debug", "shop"])
        let module = shop.module(buildID: hasBuildID ? Shop.idBytes : [])
        let symbolizer = { Symbolizer(options: .init(debugDirectories: [shop.bench.path("debug")])) }
        #expect(shop.ask(symbolizer(), module) == shop.answers)

        try shop.bench.run(["rm", "-f", "shop.debug"])
        try shop.bench.run(["mkfifo", name])
        #expect(shop.ask(symbolizer(), module).map { $0.map(\.function) } == [["checkout"], ["checkout"]])
        // Nor is a right one missed behind it.
        if hasBuildID {
            try shop.bench.run(["cp", "far.debug", "debug/shop.debug"])
            #expect(shop.ask(symbolizer(), module) == shop.answers)
        }
    }

    /// Its checksum would take minutes.
    @Test func aFileLargerThanAnyIsNotRead() throws {
        let shop = try Shop(["-Wl,--build-id=none"])
        try shop.split(to: "shop.debug")
        try shop.bench.run(["objcopy", "--add-gnu-debuglink=shop.debug", "shop"])
        let module = shop.module(buildID: [])
        #expect(shop.ask(Symbolizer(), module) == shop.answers)
        try shop.bench.run(["truncate", "--size=4T", "shop.debug"])
        #expect(shop.ask(Symbolizer(), module) == [[], []])
        try shop.bench.run(["truncate", "--size=0", "shop.debug"])
        try shop.bench.run(["truncate", "--size=4T", "shop.debug"])
        #expect(shop.ask(Symbolizer(), module) == [[], []])
    }

    @Test(arguments: ["-gdwarf-4", "-gdwarf-5"]) func aPipeInPlaceOfASplitFileIsNotOpened(version: String) throws {
        let shop = try Shop(["-gsplit-dwarf", version])
        #expect(shop.ask(Symbolizer(), shop.module()) == shop.answers)
        let split = try shop.bench.run(["find", ".", "-name", "*.dwo"]).split(separator: "\n").map(String.init)
        #expect(!split.isEmpty)
        try shop.bench.run(["rm"] + split)
        try shop.bench.run(["mkfifo"] + split)
        #expect(shop.ask(Symbolizer(), shop.module()).map { $0.map(\.function) } == [["checkout"], ["checkout"]])
    }
}
