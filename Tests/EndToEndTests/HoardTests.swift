// SPDX-License-Identifier: Apache-2.0
//
// The heap as silt rss finds it, against what the program does: what malloc_trim gives back, and whose blocks pin the rest.

import TestSupport
import Testing

@Suite struct HoardTests {
    /// A heap full of holes: so many threads and blocks, of which one in `keep` stays; sizes up to `largest`.
    struct Hoard: CustomTestStringConvertible {
        var threads: Int
        var blocks: Int
        var keep: Int
        var largest: Int

        var testDescription: String { "\(threads) threads, \(blocks) blocks, 1/\(keep), to \(largest)" }
    }

    private static let hoards = [
        Hoard(threads: 0, blocks: 100_000, keep: 100, largest: 400),
        Hoard(threads: 0, blocks: 50_000, keep: 8, largest: 400),
        Hoard(threads: 0, blocks: 30_000, keep: 30, largest: 8000),
        Hoard(threads: 0, blocks: 100_000, keep: 2000, largest: 100),
        Hoard(threads: 1, blocks: 50_000, keep: 200, largest: 1000),
        Hoard(threads: 4, blocks: 30_000, keep: 30, largest: 400),
        Hoard(threads: 8, blocks: 10_000, keep: 2000, largest: 400),
        Hoard(threads: 16, blocks: 5_000, keep: 8, largest: 400),
        Hoard(threads: 2, blocks: 1000, keep: 5, largest: 300_000),
    ]

    private func start(_ hoard: Hoard, interval: Int, in bench: Workbench) throws -> Program {
        let words = [hoard.threads, hoard.blocks, hoard.keep, hoard.largest].map(String.init)
        let program = try Program(
            [Victims.program("Hoard")] + words,
            environment: Victims.environment(directory: bench.directory, interval: interval))
        _ = try program.lines(through: "ready")
        return program
    }

    private func rss(_ program: Program, in bench: Workbench) throws -> [String: Int] {
        let json = try bench.run(
            [SiltCommand.path, "rss", "--dir", bench.directory, "--format", "json", "\(program.pid)"])
        return Dictionary(
            json.matches(of: /"([a-z_]+_bytes)":([0-9]+)/).map { (String($0.output.1), Int($0.output.2) ?? 0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Resident bytes, and how many of them malloc_trim(0) gave back.
    private func trim(_ program: Program) throws -> (before: Int, back: Int) {
        program.send("trim\n")
        let figures = try #require(program.nextLine()).split(separator: " ").compactMap { Int($0) }
        try #require(figures.count == 2)
        return (figures[0], figures[1])
    }

    @Test(arguments: hoards) func whatTrimGivesBackIsForeseen(_ hoard: Hoard) throws {
        let bench = try Workbench()
        let program = try start(hoard, interval: 65536, in: bench)
        let seen = try rss(program, in: bench)
        let (before, back) = try trim(program)
        let foreseen = try #require(seen["returnable_bytes"])
        #expect(abs(foreseen - back) <= before / 50, "\(seen), \(back) of \(before)")
        let parts = [
            "heap_in_use", "returnable", "pinned", "allocator", "thread_stack", "mapped", "shared", "profiler",
            "unknown",
        ].map { seen["\($0)_bytes"] ?? 0 }
        #expect(parts.reduce(0, +) == seen["resident_bytes"])
        // Looking costs the process nothing: no page of it became resident.
        #expect(abs((seen["resident_bytes"] ?? 0) - before) <= before / 50, "\(seen), \(before)")
        #expect((seen["unknown_bytes"] ?? 0) <= before / 20)
        let again = try rss(program, in: bench)
        #expect((again["returnable_bytes"] ?? 0) <= before / 100, "\(again)")
    }

    @Test func whatPinsIsExactAtIntervalOne() throws {
        let bench = try Workbench()
        let program = try start(Hoard(threads: 2, blocks: 20_000, keep: 50, largest: 400), interval: 1, in: bench)
        let total = try #require(rss(program, in: bench)["pinned_bytes"])
        let json = try bench.run(
            [
                SiltCommand.path, "top", "--dir", bench.directory, "--by", "pinned_space", "--format", "json",
                "\(program.pid)",
            ])
        var flat: [String: Double] = [:]
        for match in json.matches(of: /"name":"(keep_[a-z]+)".*?"flat":{"value":([0-9.]+),/) {
            flat[String(match.output.1)] = Double(match.output.2)
        }
        let kept = flat.values.reduce(0, +)
        // The rest is pinned by blocks of libc's own.
        #expect(kept > 0.97 * Double(total) && kept <= 1.001 * Double(total), "\(flat) of \(total)")
        for (name, share) in ["keep_most": 0.7, "keep_some": 0.2, "keep_few": 0.1] {
            #expect(abs((flat[name] ?? 0) / kept - share) < 0.06, "\(flat)")
        }
    }

    /// What each allocator tells of itself is named instead.
    @Test(arguments: [
        ("libjemalloc.so.2", "stats_print:true"), ("libmimalloc.so.2", "MIMALLOC_SHOW_STATS=1"),
        ("libtcmalloc.so.4", "GetStats"),
    ])
    func theHeapOfAnotherAllocatorIsNotToldApart(library: String, way: String) throws {
        let installed = try Program(["/sbin/ldconfig", "-p"]).finish().output
        guard installed.contains("\t\(library) ") else {
            print("skipped: \(library) is not installed")
            return
        }
        let bench = try Workbench()
        let program = try Program(
            [Victims.program("Hoard"), "0", "20000", "50", "400"],
            environment: Victims.environment(directory: bench.directory, interval: 4096, preload: [library]))
        _ = try program.lines(through: "ready")
        let json = try bench.run(
            [SiltCommand.path, "rss", "--dir", bench.directory, "--format", "json", "\(program.pid)"])
        #expect(json.contains("\"returnable_bytes\":null,\"pinned_bytes\":null"), "\(json)")
        #expect(json.contains("the heap of libjemalloc") == library.contains("jemalloc"), "\(json)")
        #expect(json.contains(library.prefix { $0 != "." }) && json.contains(way), "\(json)")
        let dump = bench.path("now.silt")
        let outcome = try SiltCommand.run("dump", "\(program.pid)", "--dir", bench.directory, "-o", dump)
        #expect(outcome.status == 0 && outcome.errors.contains("what is free, returnable or pinned is not told apart"))
        let resident = try SiltCommand.report("top", "--by", "resident_space", "-n", "5", dump)
        #expect(resident.contains("keep_most"), "\(resident)")
        let pinned = try SiltCommand.run("top", "--by", "pinned_space", dump)
        #expect(pinned.status == 3 && pinned.errors.contains("pinned_space is not known: the heap could not be walked"))
    }

    @Test func aBusyHeapIsReadWhileItChanges() throws {
        let bench = try Workbench()
        let program = try start(Hoard(threads: 2, blocks: 50_000, keep: 30, largest: 400), interval: 65536, in: bench)
        let idle = try rss(program, in: bench)
        program.send("busy 3\n")
        #expect(program.nextLine() == "busy")
        let busy = try rss(program, in: bench)
        #expect(program.nextLine() == "idle")
        for part in ["heap_in_use_bytes", "pinned_bytes"] {
            let (a, b) = (Double(idle[part] ?? 0), Double(busy[part] ?? 0))
            #expect(abs(a - b) < 0.1 * Double(idle["resident_bytes"] ?? 0), "\(part): \(idle) \(busy)")
        }
        #expect((busy["untrusted_bytes"] ?? 0) < (busy["resident_bytes"] ?? 0) / 50, "\(busy)")
    }
}
