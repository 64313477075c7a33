// SPDX-License-Identifier: Apache-2.0
//
// Compressed debug information of many units, of which only those asked for are unpacked: in whatever order, the names, lines
// and inlined functions are those of the same file unpacked.

import SiltFile
import TestSupport
import Testing

@testable import SiltSymbols

/// Programs of a dozen units, packed, and beside each the same unpacked.
private struct Packed {
    let bench: Workbench
    /// All over the code.
    let addresses: [UInt64]

    private static func source(_ number: Int) -> String {
        let lines = (0..<40).map { line in
            """
            static inline __attribute__((always_inline)) int inner_\(number)_\(line)(int a) { the_\(number) += a; return a * \(line); }
            __attribute__((noinline, used)) int outer_\(number)_\(line)(int a) { return inner_\(number)_\(line)(a) + shared(a); }

            """
        }
        return """
            int the_\(number);
            static inline __attribute__((always_inline)) int shared(int a) { the_\(number) ^= a; return a / 3; }

            """ + lines.joined()
    }

    init(_ options: [String], compiler: String = "gcc") throws {
        let bench = try Workbench()
        let units = try (0..<12).map { number in
            let name = number == 0 ? "start.c" : "unit\(number).c"
            let main = number == 0 ? "int main(void) { return 0; }\n" : ""
            try bench.write(Self.source(number) + main, to: name)
            return name
        }
        try bench.write(".text\n.globl written\n.type written, @function\nwritten:\nnop\nnop\nret\n", to: "written.s")
        let objects = try (units + ["written.s"]).map { name in
            try bench.run([compiler, "-O1", "-g", "-gz=none"] + options + ["-c", name, "-o", name + ".o"])
            return name + ".o"
        }
        let link = [compiler, "-O1", "-g", "-gz=none", "-Wl,--build-id"] + options.filter { $0 != "-gdwarf-aranges" }
        try bench.run(link + objects + ["-o", "plain"])
        let symbols = try bench.run(["nm", bench.path("plain")]).split(separator: "\n").map { $0.split(separator: " ") }
        let starts = symbols.compactMap { symbol -> UInt64? in
            guard symbol.count == 3, symbol[2].hasPrefix("outer_") || symbol[2] == "written" else { return nil }
            return UInt64(symbol[0], radix: 16)
        }
        self.bench = bench
        addresses = starts.flatMap { start in (0..<4).map { start + 3 * $0 } } + [(starts.min() ?? 0) / 2, 0, .max]
    }

    /// As the file `name`, with its debug information in it.
    func pack(_ source: String = "plain", as name: String) throws {
        try bench.run(["objcopy", "--compress-debug-sections=zlib", bench.path(source), bench.path(name)])
        #expect(try bench.run(["readelf", "-SW", bench.path(name)]).contains(".debug_info"))
    }

    /// Where a section of the packed file lies in it.
    func place(of section: String) throws -> Range<Int> {
        let sections = try bench.run(["readelf", "-SW", bench.path("packed")]).split(separator: "\n")
        let line = try #require(sections.first { $0.contains(section + " ") })
        let words = line.split(separator: "]")[1].split(separator: " ")
        let (start, size) = (try #require(Int(words[3], radix: 16)), try #require(Int(words[4], radix: 16)))
        return start..<start + size
    }

    /// One that unpacks in part what is as small as these.
    static func symbolizer() -> Symbolizer {
        var options = Symbolizer.Options()
        options.unpackedInPart = 0
        return Symbolizer(options: options)
    }

    func ask(_ name: String, _ addresses: [UInt64]) throws -> [[Frame]] {
        let path = bench.path(name)
        return Self.symbolizer().frames(at: addresses, in: Module(path: path, buildID: [], bias: 0))
    }

    /// Compares in a few orders, and each address alone.
    func compare(_ name: String, with answers: [[Frame]], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let known = Dictionary(zip(addresses, answers)) { first, _ in first }
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("PackedDebugInfoTests: seed \(random.seed)")
        for _ in 0..<4 {
            let order = addresses.shuffled(using: &random)
            let frames = try ask(name, order)
            #expect(frames == order.map { known[$0, default: []] }, sourceLocation: sourceLocation)
        }
        for count in [1, 2, 5, addresses.count] {
            let some = Array(addresses.shuffled(using: &random).prefix(count))
            let modules = [name, "plain"].map { Module(path: bench.path($0), buildID: [], bias: 0) }
            let symbolizer = Self.symbolizer()
            symbolizer.prepare(modules.map { (addresses: some, module: $0) })
            let frames = symbolizer.frames(at: some, in: modules[0])
            #expect(frames == some.map { known[$0, default: []] }, sourceLocation: sourceLocation)
        }
        for address in addresses.shuffled(using: &random).prefix(40) {
            #expect(try ask(name, [address]) == [known[address, default: []]], sourceLocation: sourceLocation)
        }
    }
}

@Suite struct PackedDebugInfoTests {
    @Test(arguments: [["-gdwarf-4"], ["-gdwarf-5"], ["-gdwarf-5", "-flto"], ["-gdwarf-5", "-gsplit-dwarf"]])
    func namesAreThoseOfTheUnpackedFile(options: [String]) throws {
        let packed = try Packed(options)
        let answers = try packed.ask("plain", packed.addresses)
        #expect(answers.contains { $0.count == 2 && $0[0].function?.hasPrefix("inner_7") == true && $0[0].line > 0 })
        #expect(answers.contains { $0.count == 1 && $0[0].function == "written" && $0[0].line == 5 })
        try packed.pack(as: "packed")
        try packed.compare("packed", with: answers)

        try packed.bench.run([
            "objcopy", "--only-keep-debug", packed.bench.path("packed"), packed.bench.path("far.debug"),
        ])
        try packed.bench.run(["strip", "--strip-all", "-o", packed.bench.path("far"), packed.bench.path("plain")])
        try packed.bench.run(["objcopy", "--add-gnu-debuglink=far.debug", "far"])
        try packed.compare("far", with: answers)
    }

    /// Another compiler, which writes no table, or one for some of the units.
    @Test(.enabled(if: Workbench.find("clang") != nil), arguments: [[], ["-gdwarf-aranges"]])
    func namesAreThoseOfTheUnpackedFileWhereTheTableIsAnothersOrNone(options: [String]) throws {
        let packed = try Packed(options, compiler: "clang")
        try packed.pack(as: "packed")
        try packed.compare("packed", with: try packed.ask("plain", packed.addresses))
    }

    @Test func aTableThatIsWrongIsNotBelieved() throws {
        let packed = try Packed([])
        let answers = try packed.ask("plain", packed.addresses)
        try packed.bench.run([
            "objcopy", "-O", "binary", "--only-section=.debug_aranges", "--set-section-flags", ".debug_aranges=alloc",
            packed.bench.path("plain"), packed.bench.path("table"),
        ])
        let table = try Workbench.read(packed.bench.path("table"))
        #expect(UnitTable(table) != nil)
        // Each byte of a unit's offset in the first parts, which are all of one length.
        for (place, value) in [(6, 1), (6, 200), (7, 3), (9, 127), (24, 7), (22, 0), (4, 9)] {
            var bytes = table
            bytes[place] = UInt8(value)
            try packed.bench.write(bytes, to: "wrong")
            try packed.bench.run([
                "objcopy", "--update-section", ".debug_aranges=\(packed.bench.path("wrong"))",
                packed.bench.path("plain"), packed.bench.path("odd"),
            ])
            try packed.pack("odd", as: "packed")
            try packed.compare("packed", with: answers)
        }
    }

    @Test func damagedSectionsAreSurvived() throws {
        let packed = try Packed([])
        try packed.pack(as: "packed")
        let whole = try Workbench.read(packed.bench.path("packed"))
        var random = SplitMix(seed: UInt64.random(in: 0...UInt64.max))
        print("damagedSectionsAreSurvived: seed \(random.seed)")
        for name in [".debug_info", ".debug_line", ".debug_abbrev", ".debug_aranges"] {
            let section = try packed.place(of: name)
            for round in 0..<30 {
                var bytes = whole
                // Some in the header of the compression: what it says of the size.
                let place = Int.random(in: round < 10 ? section.prefix(24) : section, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
                let path = try packed.bench.write(bytes, to: "damaged")
                let module = Module(path: path, buildID: [], bias: 0)
                _ = Packed.symbolizer().frames(at: packed.addresses.shuffled(using: &random), in: module)
            }
        }
    }

    /// As usual, small sections are unpacked whole, and one with another checksum than it says is not believed.
    @Test func damageThatCanBeUnpackedIsNotBelieved() throws {
        let packed = try Packed([])
        try packed.pack(as: "packed")
        let whole = try Workbench.read(packed.bench.path("packed"))
        let section = try packed.place(of: ".debug_info")
        for (name, symbolizer) in [("whole", Symbolizer()), ("in part", Packed.symbolizer())] {
            var bytes = whole
            // The checksum itself: all that stands before it is right.
            bytes[section.upperBound - 1] ^= 1
            let module = Module(path: try packed.bench.write(bytes, to: "damaged \(name)"), buildID: [], bias: 0)
            // The last one is not in the table, and so all is unpacked.
            let frames = symbolizer.frames(at: packed.addresses, in: module)
            #expect(frames.last == [] && symbolizer.frames(at: [packed.addresses[0]], in: module).count == 1)
            if name == "whole" { #expect(frames.allSatisfy { $0.allSatisfy { $0.line == 0 } }) }
        }
    }
}
