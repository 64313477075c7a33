// SPDX-License-Identifier: Apache-2.0
//
// Which files the symbolizer takes names from, and its warnings for stripped, replaced, missing and damaged files.

import Glibc
import SiltFile
import SiltHost
import TestSupport
import Testing

@testable import SiltSymbols

/// An object file with thousands of symbols at one address, whose names are all ends of one of a mebibyte.
private func crowdedFile() -> [UInt8] {
    func words(_ values: [(UInt64, Int)]) -> [UInt8] {
        values.flatMap { value, size in (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }
    }
    let names = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20) + [0]
    let symbols =
        [UInt8](repeating: 0, count: 24)
        + (0..<4000).flatMap { words([(UInt64($0), 4), (0x12, 1), (0, 1), (1, 2), (0x40, 8), (16, 8)]) }
    let sectionNames = Array("\0.text\0.strtab\0.symtab\0".utf8)
    let parts = [names, symbols, sectionNames]
    var place = UInt64(64 + 56)
    let starts = parts.map { part in
        defer { place += UInt64(part.count) }
        return place
    }
    func section(_ name: UInt64, _ type: UInt64, _ part: Int, link: UInt64 = 0, entry: UInt64 = 0) -> [UInt8] {
        words([
            (name, 4), (type, 4), (0, 8), (0, 8), (starts[part], 8), (UInt64(parts[part].count), 8), (link, 4), (1, 4),
            (1, 8), (entry, 8),
        ])
    }
    let header =
        [0x7f] + Array("ELF".utf8) + [2, 1, 1] + [UInt8](repeating: 0, count: 9)
        + words([
            (3, 2), (62, 2), (1, 4), (0, 8), (64, 8), (place, 8), (0, 4), (64, 2), (56, 2), (1, 2), (64, 2), (5, 2),
        ])
        + words([(3, 2)])
    let segment = words([(1, 4), (5, 4), (0, 8), (0, 8), (0, 8), (place, 8), (place, 8), (4096, 8)])
    let text = words([(1, 4), (1, 4), (6, 8), (0x40, 8), (0x40, 8), (16, 8), (0, 4), (0, 4), (16, 8), (0, 8)])
    let sections =
        [UInt8](repeating: 0, count: 64) + text + section(15, 2, 1, link: 4, entry: 24) + section(7, 3, 2)
        + section(7, 3, 0)
    return header + segment + names + symbols + sectionNames + sections
}

@Suite struct SymbolFilesTests {
    /// To compare their names whole would be to read terabytes.
    @Test(.timeLimit(.minutes(2))) func manySymbolsMayShareALongName() throws {
        let bench = try Workbench()
        let path = try bench.write(crowdedFile(), to: "crowded.so")
        let module = Module(path: path, buildID: [])
        let frames = Symbolizer().frames(at: [module.bias + 0x48], in: module)
        #expect(frames.first?.first?.function?.hasPrefix("aaaa") == true)
    }

    private let nothing: [[Seen]] = [[], []]

    /// The program lies only where a process in a container has its root.
    @Test func aContainersRootIsSearchedBeforeThisMachinesFiles() throws {
        let shop = try Shop()
        let roots = ["one", "two"].map(shop.bench.path)
        try shop.bench.run(["mkdir", "-p", "one/srv", "two/srv"])
        try shop.bench.run(["mv", shop.path, "one/srv/shop"])
        let module = shop.module(path: "/srv/shop")
        #expect(shop.ask(Symbolizer(options: .init(roots: roots)), module) == shop.answers)
        // Without a build id it is the module's file only if there is no doubt whose it is, and never this machine's.
        let unknown = shop.module(path: "/srv/shop", buildID: [])
        #expect(shop.ask(Symbolizer(options: .init(roots: [roots[0]])), unknown) == shop.answers)
        #expect(shop.ask(Symbolizer(options: .init(roots: roots)), unknown) == nothing)
        try shop.bench.run(["strip", "--remove-section=.note.gnu.build-id", "-o", "plain", "one/srv/shop"])
        let here = shop.module(path: shop.bench.path("plain"), buildID: [])
        #expect(shop.ask(Symbolizer(options: .init(roots: [roots[1]])), here) == nothing)
    }

    @Test func debugDirectoryByBuildIDGivesTheSameNames() throws {
        let shop = try Shop()
        try shop.bench.run(["mkdir", "-p", "debug/.build-id/00"])
        try shop.split(to: "debug/.build-id/00/\(Shop.id.dropFirst(2)).debug")
        #expect(shop.ask(Symbolizer(), shop.module()) != shop.answers)
        let symbolizer = Symbolizer(options: .init(debugDirectories: [shop.bench.path("debug")]))
        #expect(shop.ask(symbolizer, shop.module()) == shop.answers)
        #expect(symbolizer.warnings.isEmpty)
    }

    @Test func strippedFilesAreNamedInOneWarning() throws {
        let shop = try Shop()
        try shop.bench.run(["strip", "--strip-all", "shop"])
        try shop.bench.run(["cp", "shop", "copy"])
        let symbolizer = Symbolizer()
        #expect(shop.ask(symbolizer, shop.module()) == nothing)
        #expect(shop.ask(symbolizer, shop.module(path: shop.bench.path("copy"))) == nothing)
        #expect(
            symbolizer.warnings == [
                "some functions have no names, since these files are stripped: \(shop.path), \(shop.bench.path("copy")); "
                    + "install their debug symbols, or name the folder of the debug files with --debug-dir."
            ])
    }

    @Test func debugFileAloneGivesTheSameNames() throws {
        let shop = try Shop()
        try shop.bench.run(["mkdir", "-p", "debug/.build-id/00"])
        try shop.split(to: "debug/.build-id/00/\(Shop.id.dropFirst(2)).debug")
        let symbolizer = Symbolizer(options: .init(debugDirectories: [shop.bench.path("debug")]))
        #expect(shop.ask(symbolizer, shop.module(path: "/nowhere/shop")) == shop.answers)
        #expect(symbolizer.warnings.isEmpty)
    }

    @Test func debuglinkBesideTheFileIsFollowed() throws {
        let shop = try Shop()
        try shop.split(to: "shop.debug")
        try shop.bench.run(["objcopy", "--add-gnu-debuglink=shop.debug", "shop"])
        #expect(shop.ask(Symbolizer(), shop.module()) == shop.answers)
    }

    /// Beside the file lies one that could be the debug file of another build.
    @Test func aDebugFileOfAnotherBuildBesideTheFileIsNotTaken() throws {
        let shop = try Shop()
        try shop.bench.run([
            "objcopy", "--only-keep-debug", "--remove-section=.note.gnu.build-id", shop.path,
            shop.bench.path("shop.debug"),
        ])
        try shop.bench.run(["strip", "--strip-debug", "shop"])
        try shop.bench.run(["objcopy", "--add-gnu-debuglink=shop.debug", "shop"])
        let answers = shop.ask(Symbolizer(), shop.module())
        #expect(answers.allSatisfy { $0.allSatisfy { $0.line == 0 } })
    }

    /// By name, in a folder of debug files, as far as the checksum is that of the file: it has no build id.
    @Test func aDebugFileWithoutABuildIDIsKnownByItsChecksum() throws {
        let shop = try Shop(["-Wl,--build-id=none"])
        let module = shop.module(buildID: [])
        try shop.bench.run(["mkdir", "debug"])
        try shop.split(to: "debug/shop.debug")
        try shop.bench.run(["objcopy", "--add-gnu-debuglink=debug/shop.debug", "shop"])
        let options = Symbolizer.Options(debugDirectories: [shop.bench.path("debug")])
        #expect(shop.ask(Symbolizer(options: options), module) == shop.answers)
        try shop.bench.run(["objcopy", "--add-section=.more=shop.c", "debug/shop.debug"])
        #expect(shop.ask(Symbolizer(options: options), module) != shop.answers)
    }

    /// As gdb and debuginfod-find leave it.
    @Test func whatWasFetchedFromAServerIsFound() throws {
        let shop = try Shop()
        try shop.bench.run(["mkdir", "-p", "fetched/\(Shop.id)"])
        try shop.split(to: "fetched/\(Shop.id)/debuginfo")
        var options = Symbolizer.Options()
        options.fetchedFiles = shop.bench.path("fetched")
        #expect(shop.ask(Symbolizer(options: options), shop.module()) == shop.answers)
    }

    /// libdw's search for debug files loads the library that asks servers, and with it those of others; where Silt is linked
    /// statically, it crashed.
    @Test func noServerIsAskedForWhatIsNotHere() throws {
        let shop = try Shop()
        try shop.bench.run(["strip", "--strip-all", "shop"])
        #expect(shop.ask(Symbolizer(), shop.module()) == nothing)
        let maps = String(decoding: try contentsOfFile("/proc/self/maps"), as: UTF8.self)
        #expect(!maps.contains("libdebuginfod"))
    }

    @Test func symbolTablesAloneNameTheFunction() throws {
        let shop = try Shop()
        let symbolizer = Symbolizer(options: .init(usesDebugInfo: false))
        let frames = symbolizer.frames(at: shop.addresses, in: Module(path: shop.path, buildID: Shop.idBytes, bias: 0))
        #expect(frames == Array(repeating: [Frame(function: "checkout", systemName: "checkout")], count: 2))
    }

    @Test(.enabled(if: Workbench.find("xz") != nil))
    func compressedMiniSymbolsAreRead() throws {
        let shop = try Shop()
        try shop.bench.run(["objcopy", "-S", "--remove-section", ".comment", "--keep-symbol=checkout", "shop", "mini"])
        try shop.bench.run(["xz", "mini"])
        try shop.bench.run(["strip", "--strip-all", "shop"])
        try shop.bench.run(["objcopy", "--add-section", ".gnu_debugdata=mini.xz", "shop"])
        #expect(shop.ask(Symbolizer(), shop.module()).map { $0.map(\.function) } == [["checkout"], ["checkout"]])
    }

    @Test func anotherBuildGivesAWarningAndNoNames() throws {
        let shop = try Shop()
        let symbolizer = Symbolizer()
        #expect(shop.ask(symbolizer, shop.module(buildID: Shop.otherID)) == nothing)
        let other = String(repeating: "07", count: 20)
        #expect(
            symbolizer.warnings == [
                "\(shop.path): the file there is another build (build id \(Shop.id), profiled was \(other)); its "
                    + "functions have no names. Give the files of that machine with --sysroot, or with --debug-dir a "
                    + "directory that has the same build or .build-id/07/\(other.dropFirst(2)).debug."
            ])
    }

    @Test func anotherBuildIsReplacedByTheRightOneFromADebugDirectory() throws {
        let shop = try Shop()
        try shop.bench.run(["mkdir", "copies"])
        try shop.bench.run(["cp", "shop", "copies/shop"])
        try shop.bench.run(["cc", "-O0", "-g", "-Wl,--build-id", "shop.c", "here.o", "-o", "shop"])
        let symbolizer = Symbolizer(options: .init(debugDirectories: [shop.bench.path("copies")]))
        #expect(shop.ask(symbolizer, shop.module()) == shop.answers)
        #expect(symbolizer.warnings.isEmpty)
    }

    @Test func missingFileIsWarnedAboutOnce() throws {
        let shop = try Shop()
        let symbolizer = Symbolizer()
        #expect(shop.ask(symbolizer, shop.module(path: "/nowhere/shop", buildID: [])) == nothing)
        #expect(shop.ask(symbolizer, shop.module(path: "/nowhere/shop", buildID: [])) == nothing)
        #expect(
            symbolizer.warnings == [
                "/nowhere/shop: no such file; its functions have no names. Give the files of that machine with "
                    + "--sysroot."
            ])
    }

    @Test func sysrootStandsForTheRoot() throws {
        let shop = try Shop()
        try shop.bench.run(["mkdir", "-p", "root/srv"])
        try shop.bench.run(["cp", "shop", "root/srv/shop"])
        let symbolizer = Symbolizer(options: .init(sysroot: shop.bench.path("root")))
        #expect(shop.ask(symbolizer, shop.module(path: "/srv/shop")) == shop.answers)
        #expect(shop.ask(symbolizer, shop.module()) == nothing)
    }

    @Test func deletedFileNeedsABuildIDToBelieveWhatReplacedIt() throws {
        let shop = try Shop()
        let path = shop.path + " (deleted)"
        #expect(shop.ask(Symbolizer(), shop.module(path: path)) == shop.answers)
        let symbolizer = Symbolizer()
        #expect(shop.ask(symbolizer, shop.module(path: path, buildID: [])) == nothing)
        #expect(symbolizer.warnings.count == 1)
    }

    @Test(arguments: ["[vdso]", "linux-vdso.so.1", ""])
    func codeWithoutAFileIsNotWarnedAbout(path: String) throws {
        let symbolizer = Symbolizer()
        #expect(symbolizer.frames(at: [1, 2], in: Module(path: path, bias: 0)) == [[], []])
        #expect(symbolizer.warnings.isEmpty)
    }

    @Test func whatIsNoObjectFileIsWarnedAbout() throws {
        let bench = try Workbench()
        try bench.write("int main(void);", to: "text")
        try bench.write("", to: "empty")
        try bench.run(["mkfifo", "pipe"])
        for name in ["text", "empty", "pipe", "."] {
            let symbolizer = Symbolizer()
            #expect(symbolizer.frames(at: [1], in: Module(path: bench.path(name), bias: 0)) == [[]])
            #expect(symbolizer.warnings.count == 1)
            #expect(symbolizer.warnings.first?.hasPrefix("\(bench.path(name)): not an object file (") == true)
        }
    }

    @Test func addressesOutsideTheFileHaveNoName() throws {
        let shop = try Shop()
        let module = shop.module()
        let addresses: [UInt64] = [0, 1, module.bias - 1, module.bias, module.bias + 0x10_0000, .max]
        #expect(Symbolizer().frames(at: addresses, in: module) == Array(repeating: [], count: addresses.count))
    }

    @Test func progressTellsEachModuleOnce() throws {
        let shop = try Shop()
        var seen: [Symbolizer.Progress] = []
        let symbolizer = Symbolizer(expectedModules: 3) { seen.append($0) }
        _ = shop.ask(symbolizer, shop.module())
        _ = shop.ask(symbolizer, shop.module(path: "/nowhere"))
        #expect(seen.map(\.name) == [shop.path, "/nowhere"])
        #expect(seen.map(\.done) == [0, 1])
        #expect(seen.map(\.total) == [3, 3])
    }

    @Test func everyKindOfTruncationIsSurvived() throws {
        let shop = try Shop(["-gz=none"])
        let whole = try Workbench.read(shop.path)
        for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
            let path = try shop.bench.write(Array(whole[..<length]), to: "damaged")
            let symbolizer = Symbolizer()
            _ = shop.ask(symbolizer, shop.module(path: path, buildID: []))
            _ = try? ExecutableReport(path: path)
        }
    }

    @Test func flippedBytesAreSurvived() throws {
        let shop = try Shop(["-gz=none"])
        let whole = try Workbench.read(shop.path)
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("flippedBytesAreSurvived: seed \(random.seed)")
        for _ in 0..<120 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let path = try shop.bench.write(bytes, to: "damaged")
            _ = shop.ask(Symbolizer(), shop.module(path: path, buildID: []))
            _ = try? ExecutableReport(path: path)
        }
    }
}

/// Several modules that are read at the same time.
@Suite struct PreparedNamesTests {
    @Test func answersAndWarningsAreThoseOfOneModuleAfterTheOther() throws {
        let shop = try Shop()
        let bench = shop.bench
        try bench.run(["strip", "--strip-all", "-o", "bare", "shop"])
        try bench.write("no object file", to: "text")
        for name in ["one", "two", "three", "four"] { try bench.run(["cp", "shop", name]) }
        let paths = ["one", "bare", "two", "text", "three", "nowhere", "four"].map(bench.path)
        let questions = paths.map { path in
            let module = shop.module(path: path)
            return (addresses: shop.addresses.map { $0 + module.bias } + [module.bias], module: module)
        }
        func ask(preparing: Bool, _ cache: NameCache? = nil) -> (frames: [[[Frame]]], warnings: [String], opened: Int) {
            var opened = 0
            let symbolizer = Symbolizer(options: .init(cache: cache)) { _ in opened += 1 }
            // Also of a module that is there twice.
            if preparing { symbolizer.prepare(questions + questions[..<1]) }
            let frames = questions.map { symbolizer.frames(at: $0.addresses, in: $0.module) }
            return (frames, symbolizer.warnings, opened)
        }
        let (alone, together) = (ask(preparing: false), ask(preparing: true))
        #expect(alone.frames[0].prefix(2).map(seen) == shop.answers)
        #expect(together.frames == alone.frames)
        #expect(together.warnings == alone.warnings && together.warnings.count == 3)
        #expect(together.opened == paths.count)
        var limits = NameCache.Limits()
        limits.settling = 0
        let cache = NameCache(folder: bench.path("names"), limits: limits)
        for _ in 0..<2 {
            let kept = ask(preparing: true, cache)
            #expect(kept.frames == alone.frames && kept.warnings == alone.warnings)
        }
        // What could not be found is looked for again.
        #expect(ask(preparing: true, cache).opened == 2)
    }
}
