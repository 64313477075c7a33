// SPDX-License-Identifier: Apache-2.0
//
// The report on programs before they run, for programs that the tests build.

import SiltSymbols
import TestSupport
import Testing

@Suite struct ExecutableReportTests {
    private static let main = """
        #include <stdlib.h>
        int main(void) { free(malloc(1)); return 0; }
        """
    private static let ownMalloc = """
        #include <stddef.h>
        static char heap[64];
        void *malloc(size_t n) { return n <= sizeof heap ? heap : 0; }
        void free(void *p) { (void)p; }
        """

    private func compile(_ options: [String], on bench: Workbench, name: String = "program") throws -> String {
        try bench.write(Self.main, to: "main.c")
        try bench.run(["cc", "main.c", "-o", name] + options)
        return bench.path(name)
    }

    @Test func dynamicProgramCanBePreloaded() throws {
        let bench = try Workbench()
        let report = try ExecutableReport(path: try compile(["-g", "-Wl,--build-id=0x0011223344556677"], on: bench))
        #expect(report.loader?.hasPrefix("/lib") == true)
        #expect(report.sanitizer == nil)
        #expect(report.obstacle == nil)
        #expect(report.is64Bit)
        #expect(report.scripts == [])
        #expect(report.privileges == [])
        #expect(report.ownMalloc == [])
        #expect(report.embeddedAllocators == [])
        #expect(report.allocatorLibraries == [])
        #expect(report.missingLibraries == [])
        #expect(report.buildID == "0011223344556677")
        #expect(report.debugInfo == .inFile)
        #expect(report.hasSymbols)
        #expect(report.hasUnwindTables)
    }

    @Test func staticProgramCannotBePreloaded() throws {
        let bench = try Workbench()
        let report = try ExecutableReport(path: try compile(["-static"], on: bench))
        #expect(report.loader == nil)
        #expect(report.obstacle == .linkedStatically)
        #expect(report.ownMalloc.contains("malloc"))
    }

    @Test func strippedProgramHasNoSymbolsAndNoDebugInfo() throws {
        let bench = try Workbench()
        let report = try ExecutableReport(path: try compile(["-s", "-Wl,--build-id=none"], on: bench))
        #expect(!report.hasSymbols)
        #expect(report.debugInfo == .none)
        #expect(report.buildID == "")
        #expect(report.hasUnwindTables)
        #expect(report.obstacle == nil)
    }

    @Test func separateDebugFileIsFound() throws {
        let bench = try Workbench()
        let path = try compile(["-g", "-Wl,--build-id=0x0011223344556677"], on: bench)
        try bench.run(["mkdir", "-p", "debug/.build-id/00"])
        try bench.run(["objcopy", "--only-keep-debug", "program", "debug/.build-id/00/11223344556677.debug"])
        try bench.run(["strip", "program"])
        let report = try ExecutableReport(path: path, debugDirectories: [bench.path("debug")])
        #expect(report.debugInfo == .separate(path: bench.path("debug/.build-id/00/11223344556677.debug")))
        #expect(try ExecutableReport(path: path).debugInfo == .none)
    }

    @Test(arguments: [[], ["-rdynamic"]])
    func programWithItsOwnMallocIsToldApart(options: [String]) throws {
        let bench = try Workbench()
        try bench.write(Self.ownMalloc, to: "own.c")
        let report = try ExecutableReport(path: try compile(["own.c", "-fno-builtin"] + options, on: bench))
        #expect(report.ownMalloc == ["free", "malloc"])
        #expect(report.obstacle == .ownMalloc(["free", "malloc"]))
    }

    @Test func embeddedAllocatorIsNamed() throws {
        let bench = try Workbench()
        try bench.write("void *mi_malloc(unsigned long n) { return n ? 0 : (void *)1; }", to: "mi.c")
        let report = try ExecutableReport(path: try compile(["mi.c"], on: bench))
        #expect(report.embeddedAllocators == ["mi_malloc"])
        #expect(report.obstacle == nil)
    }

    @Test func allocatorLibraryIsFoundThroughAnotherLibrary() throws {
        let bench = try Workbench()
        let library = ["cc", "-shared", "-fPIC", "-x", "c", "/dev/null", "-Wl,--no-as-needed"]
        try bench.run(library + ["-o", "libjemalloc.so.2", "-Wl,-soname,libjemalloc.so.2"])
        try bench.run(library + ["-o", "libmiddle.so", "-Wl,-soname,libmiddle.so", "-x", "none", "./libjemalloc.so.2"])
        let options = ["-Wl,--no-as-needed", "./libmiddle.so", "-Wl,-rpath,$ORIGIN", "-Wl,-rpath-link,."]
        let path = try compile(options, on: bench)
        let report = try ExecutableReport(path: path)
        #expect(report.allocatorLibraries == ["libjemalloc.so.2"])
        #expect(report.missingLibraries == [])
        #expect(report.obstacle == nil)
        try bench.run(["rm", "libmiddle.so"])
        #expect(try ExecutableReport(path: path).missingLibraries == ["libmiddle.so"])
    }

    @Test func programOfAnotherLibcCannotBePreloaded() throws {
        let bench = try Workbench()
        let loader = "/lib/ld-musl-x86_64.so.1"
        let report = try ExecutableReport(path: try compile(["-Wl,--dynamic-linker=\(loader)"], on: bench))
        #expect(report.loader == loader)
        #expect(report.obstacle == .musl)
    }

    @Test func programOfAnotherArchitectureCannotBePreloaded() throws {
        let bench = try Workbench()
        var bytes = try Workbench.read(try compile([], on: bench))
        // e_machine: S/390, which no machine is that Silt runs on.
        bytes[18] = 22
        let report = try ExecutableReport(path: try bench.write(bytes, to: "other"))
        #expect(report.machine == 22)
        #expect(report.obstacle == .otherMachine)
    }

    @Test func programOfAddressSanitizerCannotBePreloaded() throws {
        let bench = try Workbench()
        let library = ["cc", "-shared", "-fPIC", "-x", "c", "/dev/null", "-o", "libasan.so.8"]
        try bench.run(library + ["-Wl,-soname,libasan.so.8"])
        let options = ["-Wl,--no-as-needed", "./libasan.so.8", "-Wl,-rpath,$ORIGIN"]
        let report = try ExecutableReport(path: try compile(options, on: bench))
        #expect(report.sanitizer == "libasan.so.8")
        #expect(report.obstacle == .sanitizer(library: "libasan.so.8"))
    }

    @Test(arguments: [("4755", [ExecutableReport.Privilege.setuid]), ("6755", [.setuid, .setgid]), ("0755", [])])
    func privilegesStopThePreload(mode: String, privileges: [ExecutableReport.Privilege]) throws {
        let bench = try Workbench()
        let path = try compile([], on: bench)
        try bench.run(["chmod", mode, "program"])
        let report = try ExecutableReport(path: path)
        #expect(report.privileges == privileges)
        #expect(report.obstacle == (privileges.isEmpty ? nil : .privileges(privileges)))
    }

    @Test func scriptsAreFollowedToTheirInterpreter() throws {
        let bench = try Workbench()
        let program = try compile([], on: bench)
        let inner = try bench.write("#!\(program) -x\nwhatever", to: "inner")
        let outer = try bench.write("#! \(inner)\n", to: "outer")
        let report = try ExecutableReport(path: outer)
        #expect(report.scripts == [outer, inner])
        #expect(report.path == program)
        let byEnv = try bench.write("#!/usr/bin/env -S sh -e\n", to: "env")
        #expect(try ExecutableReport(path: byEnv).path.hasSuffix("/sh"))
    }

    @Test func failuresSayWhatTheFileIs() throws {
        let bench = try Workbench()
        #expect(throws: ExecutableReport.Failure.notFound(path: "/nowhere")) { try ExecutableReport(path: "/nowhere") }
        let text = try bench.write("hello", to: "text")
        #expect(
            throws: ExecutableReport.Failure.notExecutable(
                path: text, reason: "it does not begin with an ELF header")
        ) { try ExecutableReport(path: text) }
        #expect(
            throws: ExecutableReport.Failure.notExecutable(path: bench.directory, reason: "not a regular file")
        ) { try ExecutableReport(path: bench.directory) }
        let loop = try bench.write("#!\(bench.path("loop"))\n", to: "loop")
        #expect(throws: ExecutableReport.Failure.tooManyInterpreters(path: loop)) { try ExecutableReport(path: loop) }
        let empty = try bench.write("#!  \n", to: "bare")
        #expect(
            throws: ExecutableReport.Failure.notExecutable(
                path: empty, reason: "its first line `#!` names no interpreter")
        ) { try ExecutableReport(path: empty) }
        _ = try compile(["-c"], on: bench, name: "object.o")
        let object = bench.path("object.o")
        #expect(
            throws: ExecutableReport.Failure.notExecutable(path: object, reason: "an object file or a core dump")
        ) { try ExecutableReport(path: object) }
    }
}
