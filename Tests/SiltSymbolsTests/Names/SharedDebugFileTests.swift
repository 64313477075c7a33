// SPDX-License-Identifier: Apache-2.0
//
// Debug information of which a part lies in a file that several programs share, as dwz makes it for the packages of
// distributions: the names are those of before, or none; never those of another build.

import SiltFile
import TestSupport
import Testing

@testable import SiltSymbols

@Suite(.enabled(if: Workbench.find("dwz") != nil)) struct SharedDebugFileTests {
    private let bench: Workbench
    private let addresses: [UInt64]
    /// With all debug information in the program.
    private let answers: [[Frame]]

    /// Functions that are inlined into others, in two programs: dwz shares what both have.
    private static func source(_ word: String) -> String {
        (0..<60).map { number in
            """
            struct \(word)_\(number) { int first_member_of_\(number); double second_member_of_\(number); } the_\(number);
            static inline __attribute__((always_inline)) int \(word)_inlined_\(number)(int a)
            { struct \(word)_\(number) *p = &the_\(number); p->second_member_of_\(number) += a; return p->first_member_of_\(number); }
            __attribute__((noinline)) int outer_\(number)(int a) { return \(word)_inlined_\(number)(a) + \(number); }

            """
        }.joined() + "int main(void) { return 0; }\n"
    }

    init() throws {
        bench = try Workbench()
        for word in ["shared", "foreign"] {
            try bench.write(Self.source(word), to: "\(word).c")
            for (name, option) in [("one", "-DONE"), ("two", "-DTWO")] {
                try bench.run(["cc", "-O1", "-g", "-Wl,--build-id", option, "\(word).c", "-o", "\(word)-\(name)"])
                try bench.run(["objcopy", "--only-keep-debug", "\(word)-\(name)", "\(word)-\(name).debug"])
            }
        }
        let symbols = try bench.run(["nm", bench.path("shared-one")]).split(separator: "\n").map {
            $0.split(separator: " ")
        }
        addresses = symbols.filter { $0.count == 3 && $0[2].hasPrefix("outer_") }.flatMap { symbol in
            (0..<6).compactMap { step in UInt64(symbol[0], radix: 16).map { $0 + 4 * step } }
        }
        answers = Symbolizer().frames(at: addresses, in: Module(path: bench.path("shared-one"), buildID: [], bias: 0))
        for word in ["shared", "foreign"] {
            try bench.run(["dwz", "-m", "\(word).dwz", "-M", "\(word).dwz", "\(word)-one.debug", "\(word)-two.debug"])
        }
        try bench.run(["strip", "--strip-debug", "shared-one"])
        try bench.run(["objcopy", "--add-gnu-debuglink=shared-one.debug", "shared-one"])
    }

    private func look() throws -> [[Frame]] {
        let module = Module(
            path: bench.path("shared-one"), buildID: try ElfFile(path: bench.path("shared-one")).buildID, bias: 0)
        var options = Symbolizer.Options()
        var limits = NameCache.Limits()
        limits.settling = 0
        options.cache = NameCache(folder: bench.path("kept"), limits: limits)
        return Symbolizer(options: options).frames(at: addresses, in: module)
    }

    @Test func namesAreThoseOfBeforeOrNone() throws {
        #expect(answers.contains { $0.count == 2 && $0[0].function == "shared_inlined_7" })
        #expect(try look() == answers)

        try bench.run(["mv", "shared.dwz", "right.dwz"])
        try bench.run(["cp", "foreign.dwz", "shared.dwz"])
        let other = try look()
        #expect(other.allSatisfy { $0.count == 1 && $0[0].line == 0 && $0[0].function?.hasPrefix("outer_") == true })

        // libdw would wait for somebody who writes.
        try bench.run(["rm", "shared.dwz"])
        try bench.run(["mkfifo", "shared.dwz"])
        #expect(try look() == other)

        try bench.run(["mv", "right.dwz", "shared.dwz"])
        #expect(try look() == answers)

        for name in ["shared-one.debug", "shared.dwz"] {
            try bench.run(["objcopy", "--compress-debug-sections=zlib", name])
        }
        try bench.run([
            "objcopy", "--remove-section=.gnu_debuglink", "--add-gnu-debuglink=shared-one.debug", "shared-one",
        ])
        #expect(try look() == answers)
    }
}
