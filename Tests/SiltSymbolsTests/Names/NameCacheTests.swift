// SPDX-License-Identifier: Apache-2.0
//
// Names that are kept on disk: read again without a file being opened, and never wrong, whatever becomes of the files and of
// what was kept.

import Glibc
import SiltFile
import SiltHost
import TestSupport
import Testing

@testable import SiltSymbols

@Suite struct NameCacheTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private var folder: String { shop.bench.path("names") }

    /// Files of a test are younger than what is kept otherwise.
    private func cache(bytes: UInt64 = 64 << 20) -> NameCache {
        var limits = NameCache.Limits()
        limits.settling = 0
        limits.bytes = bytes
        return NameCache(folder: folder, limits: limits)
    }

    /// What one run finds, and which files it opened.
    private func look(
        _ cache: NameCache?, debug: [String] = [], path: String? = nil, buildID: [UInt8] = Shop.idBytes
    ) -> (answers: [[Seen]], warnings: [String], opened: [String]) {
        var opened: [String] = []
        let symbolizer = Symbolizer(options: .init(debugDirectories: debug, cache: cache)) { opened.append($0.name) }
        let answers = shop.ask(symbolizer, shop.module(path: path, buildID: buildID))
        return (answers, symbolizer.warnings, opened)
    }

    private func pages() throws -> [String] { try namesInDirectory(folder) }

    private var onlySymbols: [[Seen]] {
        Array(repeating: [Seen(function: "checkout", file: nil, line: 0, isInlined: false)], count: 2)
    }

    @Test func aSecondLookOpensNoFile() throws {
        let first = look(cache())
        #expect(first.answers == shop.answers && first.opened == [shop.path])
        let second = look(cache())
        #expect(second.answers == shop.answers && second.opened == [])
        #expect(try pages().count == 1)
    }

    @Test func anAddressThatIsNewIsReadAndKeptWithTheOthers() throws {
        var opened = 0
        func ask(_ addresses: ArraySlice<UInt64>) -> [[Seen]] {
            let module = shop.module()
            let symbolizer = Symbolizer(options: .init(cache: cache())) { _ in opened += 1 }
            return symbolizer.frames(at: addresses.map { $0 + module.bias }, in: module).map(seen)
        }
        #expect(ask(shop.addresses[..<1]) == [shop.answers[0]] && opened == 1)
        #expect(ask(shop.addresses[...]) == shop.answers && opened == 2)
        #expect(ask(shop.addresses[...]) == shop.answers && opened == 2)
    }

    /// By each way on which a debug file is found.
    @Test(arguments: ["debug/.build-id/00/\(Shop.id.dropFirst(2)).debug", "shop.debug", ".debug/shop.debug"])
    func aDebugFileThatAppearsLaterIsRead(file: String) throws {
        try shop.bench.run(["mkdir", "-p", "debug/.build-id/00", ".debug", "kept"])
        try shop.bench.run(["objcopy", "--only-keep-debug", shop.path, "kept/whole"])
        try shop.bench.run(["strip", "--strip-debug", shop.path])
        let debug = [shop.bench.path("debug")]
        for _ in 0..<2 { #expect(look(cache(), debug: debug).answers == onlySymbols) }
        try shop.bench.run(["mv", "kept/whole", file])
        let found = look(cache(), debug: debug)
        #expect(found.answers == shop.answers && found.opened == [shop.path])
        #expect(look(cache(), debug: debug).opened == [])
        // And one that goes again takes its names with it, as if nothing had been kept.
        try shop.bench.run(["rm", file])
        #expect(look(cache(), debug: debug).answers == onlySymbols)
    }

    @Test func filesOfOneBuildIDThatDifferAreNotMistaken() throws {
        #expect(look(cache()).answers == shop.answers)
        // The same path, the same build id, other code.
        try shop.bench.write("void here(int label);\nint main(void) { here(1); return 0; }\n", to: "other.c")
        try shop.bench.run(["cc", "-g", "-Wl,--build-id=0x\(Shop.id)", "other.c", "here.o", "-o", "other"])
        try shop.bench.run(["mv", "other", "shop"])
        let (kept, anew) = (look(cache()), look(nil))
        #expect(kept.answers == anew.answers && kept.answers != shop.answers)
    }

    @Test func anotherBuildAtThePathGetsNoneOfTheNames() throws {
        #expect(look(cache()).answers == shop.answers)
        let other = look(cache(), buildID: Shop.otherID)
        #expect(other.answers == [[], []])
        #expect(other.warnings == look(nil, buildID: Shop.otherID).warnings)
        // The file itself has gone: nothing proves the names any more.
        try shop.bench.run(["rm", "shop"])
        let gone = look(cache())
        #expect(gone.answers == [[], []] && gone.warnings == look(nil).warnings)
    }

    @Test func warningsAreTheSameAtASecondLook() throws {
        try shop.bench.run(["strip", "--strip-all", "shop"])
        let first = look(cache())
        let second = look(cache())
        #expect(first.warnings.count == 1 && second.warnings == first.warnings && second.opened == [])
    }

    @Test func withoutABuildIDNothingIsKept() {
        #expect(look(cache(), buildID: []).answers == shop.answers)
        #expect(!fileExists(folder))
    }

    /// Split debug information lies in files that are not told of.
    @Test(.enabled(if: Workbench.find("clang") != nil)) func splitDebugInformationIsNotKept() throws {
        let bench = shop.bench
        try bench.run([
            "clang", "-O2", "-g", "-gsplit-dwarf", "-Wl,--build-id=0x\(Shop.id)", "shop.c", "here.o", "-o", "split",
        ])
        _ = look(cache(), path: bench.path("split"))
        #expect(!fileExists(folder))
    }

    /// Each import of a C module in Swift is such a unit: it has no code, and its further file may be anywhere.
    @Test(.enabled(if: Workbench.find("clang") != nil)) func splitUnitsWithoutCodeMakeNoDifference() throws {
        let bench = shop.bench
        try bench.write("int nothing = 1;\n", to: "data.c")
        try bench.run(["clang", "-g", "-gsplit-dwarf", "-c", "data.c", "-o", "data.o"])
        try bench.run([
            "cc", "-O2", "-g", "-Wl,--build-id=0x\(Shop.id)", "shop.c", "here.o", "data.o", "-o", "whole",
        ])
        _ = look(cache(), path: bench.path("whole"))
        #expect(look(cache(), path: bench.path("whole")).opened == [])
    }

    @Test func aFileThatWasChangedJustNowIsNotYetBelieved() {
        #expect(look(NameCache(folder: folder)).answers == shop.answers)
        #expect(!fileExists(folder))
    }

    @Test func damagedPagesAreReadAnewAndWrittenAgain() throws {
        _ = look(cache())
        let page = try "\(folder)/\(pages()[0])"
        let whole = try Workbench.read(page)
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("damagedPagesAreReadAnewAndWrittenAgain: seed \(random.seed)")
        for round in 0..<12 {
            var bytes = whole
            if round.isMultiple(of: 2) {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            } else {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            try Workbench.write(bytes, to: page, mode: 0o600)
            let found = look(cache())
            #expect(found.answers == shop.answers && found.warnings.isEmpty && found.opened == [shop.path])
            #expect(try Workbench.read(page) == whole)
        }
    }

    @Test func manyWhoWriteAtOnceLeaveOneWholePage() async throws {
        let (cache, shop) = (cache(), SendableShop(addresses: shop.addresses, path: shop.path))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<20).allSatisfy { _ in
                        removeFile("\(cache.folder)/\((try? namesInDirectory(cache.folder))?.first ?? "")")
                        let module = Module(path: shop.path, buildID: Shop.idBytes)
                        let symbolizer = Symbolizer(options: .init(cache: cache))
                        let frames = symbolizer.frames(at: shop.addresses.map { $0 + module.bias }, in: module)
                        return frames.map(\.last?.function) == ["checkout", "checkout"]
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(look(cache).answers == self.shop.answers)
        #expect(try pages().count == 1)
    }

    private struct SendableShop: Sendable {
        var addresses: [UInt64]
        var path: String
    }

    @Test func aFolderOfOthersOrOpenToThemIsNotUsed() throws {
        let bench = shop.bench
        try bench.run(["mkdir", "-m", "755", "open"])
        try bench.run(["mkdir", "-m", "700", "mine"])
        try bench.run(["ln", "-s", "mine", "link"])
        try bench.write("", to: "file")
        for name in ["open", "link", "file", "nowhere/names"] {
            var cache = cache()
            cache.folder = bench.path(name)
            #expect(look(cache).answers == shop.answers)
            #expect(look(cache).opened == [shop.path], "\(name)")
        }
        #expect(try namesInDirectory(bench.path("open")) == [] && namesInDirectory(bench.path("mine")) == [])
        if getuid() == 0 {
            try bench.run(["chown", "65534", "mine"])
            var cache = cache()
            cache.folder = bench.path("mine")
            #expect(look(cache).opened == [shop.path] && look(cache).opened == [shop.path])
        }
    }

    /// A page that others could have written, or a link to one.
    @Test(arguments: [["chmod", "622"], ["ln"], ["mkfifo"]]) func aPageThatIsNoFileOfOursAloneIsNotRead(how: [String])
        throws
    {
        _ = look(cache())
        let page = try "\(folder)/\(pages()[0])"
        switch how[0] {
        case "ln":
            try shop.bench.run(["mv", page, "elsewhere"])
            try shop.bench.run(["ln", "-s", shop.bench.path("elsewhere"), page])
        case "mkfifo":
            try shop.bench.run(["rm", page])
            try shop.bench.run(["mkfifo", "-m", "600", page])
        default: try shop.bench.run(how + [page])
        }
        #expect(look(cache()).opened == [shop.path])
        // It is a file of ours again.
        #expect(look(cache()).opened == [])
    }

    @Test func theOldestPagesGoFirst() throws {
        try shop.bench.run(["cp", "shop", "copy"])
        _ = look(cache())
        let first = try pages()
        try shop.bench.run(["touch", "-d", "2 hours ago", "\(folder)/\(first[0])"])
        let size = try FileStatus(ofPath: "\(folder)/\(first[0])").size
        _ = look(cache(bytes: size + size / 2), path: shop.bench.path("copy"))
        #expect(try pages().count == 1 && pages() != first)
        // A page that nobody has used for very long goes, and so does what a killed writer has left; but nothing else.
        let second = try pages()
        let others = ["a.tmp", "notes"].map { "\(folder)/\($0)" }
        try shop.bench.run(
            ["touch", "-d", "1 year ago", "\(folder)/\(second[0])", "\(folder)/\(second[0]).1.2.tmp"] + others)
        _ = look(cache())
        #expect(try pages() == (first + ["a.tmp", "notes"]).sorted())
    }

    @Test func theSymbolizersOfOneCacheRemovePagesOnce() throws {
        for copy in ["second", "third"] { try shop.bench.run(["cp", "shop", copy]) }
        let shared = cache()
        _ = look(shared)
        let first = try pages()
        try shop.bench.run(["touch", "-d", "1 year ago", "\(folder)/\(first[0])"])
        _ = look(shared, path: shop.bench.path("second"))
        #expect(try pages().count == 2 && pages().contains(first[0]))
        _ = look(cache(), path: shop.bench.path("third"))
        #expect(try pages().count == 2 && !pages().contains(first[0]))
    }

    @Test func whereNamesAreKept() throws {
        let bench = shop.bench
        try bench.run(["mkdir", "-p", "home/.cache", "new", "xdg"])
        func folder(_ named: String?, _ cacheHome: String?, _ home: String?) -> String? {
            NameCache.folder(named: named, cacheHome: cacheHome, home: home)
        }
        let (home, new, xdg) = (bench.path("home"), bench.path("new"), bench.path("xdg"))
        #expect(folder(nil, nil, home) == "\(home)/.cache/silt")
        #expect(folder(nil, nil, new) == "\(new)/.cache/silt")
        #expect(folder(nil, xdg, home) == "\(xdg)/silt")
        #expect(folder(nil, "relative", home) == "\(home)/.cache/silt")
        #expect(folder("none", xdg, home) == nil)
        #expect(folder("/srv/names", xdg, home) == "/srv/names")
        #expect(folder(nil, nil, nil) == nil)
        #expect(folder(nil, nil, bench.path("missing")) == nil)
        #expect(folder(nil, bench.path("missing"), home) == nil)
        #expect(folder(nil, nil, shop.path) == nil)
        if getuid() == 0 {
            try bench.run(["chown", "65534", "home", "xdg"])
            #expect(folder(nil, xdg, nil) == nil && folder(nil, nil, home) == nil)
        }
        #expect(try namesInDirectory(new) == [])
    }

    @Test func aHomeWithoutACacheFolderGetsOne() throws {
        try shop.bench.run(["mkdir", "home"])
        var cache = cache()
        cache.folder = shop.bench.path("home/.cache/silt")
        _ = look(cache)
        #expect(look(cache).opened == [])
        #expect(try FileStatus(ofPath: cache.folder).permissions == 0o700)
    }

    // MARK: Pages

    private var page: NamePage {
        var page = NamePage(question: "what\nis \u{e4}")
        page.files = [.init(of: shop.path), .init(of: "/nowhere")]
        page.isStripped = true
        page.frames = [
            7: [], 0: [Frame(function: "f", systemName: "_f", file: "/a.c", line: 3, startLine: 1, isInlined: true)],
            .max: [Frame(function: "f"), Frame(systemName: "", line: 0)],
        ]
        return page
    }

    @Test func aPageComesBackAsItWas() {
        #expect(NamePage(bytes: page.bytes) == page)
    }

    @Test func noPartOfAPageIsAPage() {
        let bytes = page.bytes
        for count in bytes.indices { #expect(NamePage(bytes: Array(bytes[..<count])) == nil) }
        #expect(NamePage(bytes: bytes + [0]) == nil)
    }

    /// With the checksum made right again, so that each check behind it is met.
    @Test func damagedPagesAreReadOrRefused() {
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("damagedPagesAreReadOrRefused: seed \(random.seed)")
        for _ in 0..<5000 {
            var bytes = page.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 16..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.store(contentChecksum(Array(bytes[16...])), at: 8)
            if let read = NamePage(bytes: bytes) { #expect(NamePage(bytes: read.bytes) == read) }
        }
    }
}
