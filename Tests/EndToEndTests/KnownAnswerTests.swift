// SPDX-License-Identifier: Apache-2.0
//
// Every allocation recorded: what the shim counts must be what the program says, to the byte and object.

import SiltFile
import TestSupport
import Testing

@Suite struct KnownAnswerTests {
    /// The allocators of Debian that may stand behind the shim.
    static let allocators = [
        "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4",
        "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0",
    ]

    private func expectTruth(of program: String, arguments: [String] = ["exit"], preload: [String] = []) throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program(program)] + arguments,
            environment: Victims.environment(directory: bench.directory, preload: preload)
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let truth = Victims.truth(in: outcome.output.split(separator: "\n"))
        #expect(!truth.isEmpty)
        let dumps = try Victims.files(in: bench.directory, suffix: ".silt")
        try #require(dumps.count == 1, "\(dumps)")
        let session = try Session(contentsOf: dumps[0])
        #expect(session.losses.isEmpty, "\(session.losses)")
        #expect(session.torn.total == 0)
        let recorded = Victims.recorded(in: session, for: truth.keys)
        for (function, expected) in truth.sorted(by: { $0.key < $1.key }) {
            #expect(recorded[function] ?? Tally() == expected, "\(function)")
        }
    }

    @Test(arguments: ["Allocators", "Operators", "Objects", "Threads", "Unload"])
    func everyEntryPointIsExact(program: String) throws {
        try expectTruth(of: program)
    }

    /// Linked with libsilt.a; the last one with musl.
    @Test(arguments: ["AllocatorsStatic", "OperatorsStatic", "ThreadsStatic", "ThreadsMusl"])
    func aStaticProgramWithTheShimInItIsExact(program: String) throws {
        guard program != "ThreadsMusl" || Workbench.find("musl-gcc") != nil else { return }
        try expectTruth(of: program)
    }

    /// Both of Rust's manglings. Needs rustc when the programs are built.
    @Test(
        .enabled(if: Workbench.find(Victims.program("Collections")) != nil, "rustc is not installed"),
        arguments: ["Collections", "CollectionsV0"])
    func rustIsExactAndItsLibrariesFoldIntoTheFunctionsThatAsked(program: String) throws {
        try expectTruth(of: program)
        let bench = try Workbench()
        let dump = try Victims.dump(of: program, in: bench)
        let top = try SiltCommand.report(
            "top", dump, "--by", "alloc_space", "--granularity", "lines", "-n", "1000", "--nodefraction", "0")
        let held = Report(top).flat.filter { $0.value != "0" }
        for (function, bytes) in [("growing_vector", "31.94kB"), ("table", "17.02kB"), ("zeros", "97.66kB")] {
            let places = held.filter { $0.key.hasPrefix("Collections::\(function) ") }
            #expect(Array(places.values) == [bytes], "\(top)")
            #expect(places.keys.allSatisfy { $0.contains("KnownAnswers/Collections.rs:") }, "\(top)")
        }
        let libraries = ["alloc::", "core::", "std::", "hashbrown::", "__rust"]
        let unfolded = held.keys.filter { name in libraries.contains { name.contains($0) } }
        #expect(unfolded.isEmpty, "\(top)")
    }

    @Test(arguments: ["Allocators", "Operators", "Threads"], allocators)
    func otherAllocatorsAreCountedOnceToo(program: String, allocator: String) throws {
        let arguments = allocator.contains("mimalloc") ? ["exit", "possible"] : ["exit"]
        try expectTruth(of: program, arguments: arguments, preload: [allocator])
    }
}
