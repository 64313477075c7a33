// SPDX-License-Identifier: Apache-2.0
//
// Widely used programs under Silt: the same status and output as without it, and a top in which their own functions
// stand. Debian strips them, so what is expected are the names that they export.

import SiltFile
import TestSupport
import Testing

@Suite struct RealProgramTests {
    /// A program, what it does, and functions of which at least one must show.
    struct Example: Sendable, CustomTestStringConvertible {
        var program: String
        var arguments: [String]
        var environment: [(name: String, value: String)] = []
        var functions: [String]
        var comm: String

        var testDescription: String { comm }
        var isThere: Bool { Workbench.find(program) != nil }
    }

    static let examples = [
        Example(
            program: "/usr/bin/python3",
            arguments: ["-c", "orders = ['order %d' % n for n in range(50000)]; print(len(orders)); exit(3)"],
            environment: [("PYTHONMALLOC", "malloc")], functions: ["PyEval_EvalCode", "PyNumber_Remainder"],
            comm: "python3"),
        Example(
            program: "/usr/bin/sqlite3",
            arguments: [
                ":memory:",
                """
                create table t(a, b);
                with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000)
                insert into t select x, hex(x) from c;
                select count(*), sum(length(b)) from t; select nonsense;
                """,
            ], functions: ["libsqlite3.so.0+", "sqlite3_exec", "sqlite3_step"], comm: "sqlite3"),
        Example(
            program: "/usr/bin/node",
            arguments: [
                "-e",
                "const b = []; for (let i = 0; i < 50; i++) b.push(Buffer.alloc(100000)); console.log(b.length)",
            ], functions: ["v8::internal::Builtin_ArrayBufferConstructor("], comm: "node"),
        Example(
            program: "/bin/bash",
            arguments: [
                "-c",
                """
                items=(); for i in {1..1000}; do items+=("item $i"); done
                echo "${#items[@]}" | tr 0-9 a-j; (exit 7); echo $?; sort <<< $'b\na'; echo oops >&2; exit 5
                """,
            ], functions: ["array_create_element"], comm: "bash"),
    ].filter { example in
        if !example.isThere { print("\(example.program) is not installed: skipped") }
        return example.isThere
    }

    @Test(arguments: examples)
    func aProgramDoesTheSameAndItsFunctionsShow(example: Example) throws {
        let bench = try Workbench()
        let command = [example.program] + example.arguments
        let bare = try Program(command, environment: example.environment).finish()
        let profiled = try Program(
            [SiltCommand.path, "run", "--interval", "4096", "--dir", bench.directory, "--"] + command,
            environment: example.environment
        ).finish()
        #expect(profiled.status == bare.status)
        #expect(profiled.output == bare.output)
        #expect(profiled.errors == bare.errors)
        try expectTop(of: example.comm, in: bench.directory, toName: example.functions)
    }

    /// What Java holds outside its own heap, which is what grows past its limits.
    @Test(.enabled(if: Workbench.find("java") != nil && Workbench.find("javac") != nil, "no Java is installed"))
    func javaShowsItsDirectBuffers() throws {
        let bench = try Workbench()
        let source = try bench.write(
            """
            public class Buffers {
                public static void main(String[] names) {
                    var kept = new java.util.ArrayList<java.nio.ByteBuffer>();
                    for (int i = 0; i < 40; i++) kept.add(java.nio.ByteBuffer.allocateDirect(1 << 20));
                    System.out.println(kept.size() + " buffers of " + names[0]);
                    System.err.println("bye");
                    System.exit(3);
                }
            }
            """, to: "Buffers.java")
        let command = ["/usr/bin/env", "java", "-Xmx64m", source, "one MiB"]
        let bare = try Program(command).finish()
        let profiled = try Program([SiltCommand.path, "run", "--dir", bench.directory, "--"] + command).finish()
        #expect(bare.status == 3 && profiled.status == 3)
        #expect(profiled.output == bare.output)
        #expect(profiled.errors == bare.errors)
        try expectTop(of: "java", in: bench.directory, toName: ["JavaCalls::call_helper(", "libjvm.so+"])
    }

    @Test(.enabled(if: Workbench.find("/usr/bin/gcc") != nil)) func gccMakesTheSameObjectFile() throws {
        let bench = try Workbench()
        let source = try bench.write(
            """
            #include <stdio.h>
            #include <stdlib.h>
            static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
            int main(int argc, char **argv) {
              int numbers[100];
              for (int i = 0; i < 100; i++) numbers[i] = (i * 37 + argc) % 101;
              qsort(numbers, 100, sizeof numbers[0], compare);
              return printf("%d %s\\n", numbers[argc], argv[0]) < 0;
            }
            """, to: "program.c")
        try bench.run(["/bin/mkdir", bench.path("sessions")])
        let compile = ["/usr/bin/gcc", "-O2", "-c", source, "-o"]
        let bare = try Program(compile + [bench.path("bare.o")]).finish()
        let profiled = try Program(
            [SiltCommand.path, "run", "--interval", "4096", "--dir", bench.path("sessions"), "--"] + compile
                + [bench.path("profiled.o")]
        ).finish()
        #expect((bare.status, profiled.status) == (0, 0))
        #expect(profiled.output == bare.output && profiled.errors == bare.errors)
        #expect(try Workbench.read(bench.path("bare.o")) == Workbench.read(bench.path("profiled.o")))
        try expectTop(of: "cc1", in: bench.path("sessions"), toName: ["ht_create(unsigned int)", "cc1+"])
    }

    private func expectTop(of comm: String, in directory: String, toName functions: [String]) throws {
        let catalog = Catalog(directories: [directory])
        #expect(catalog.problems.isEmpty, "\(catalog.problems)")
        let dump = try #require(catalog.dumps.first { $0.header.comm == comm && !$0.header.flags.contains(.forked) })
        let top = try SiltCommand.report("top", dump.path, "--by", "alloc_space", "-n", "1000")
        let names = Report(top).names
        #expect(names.contains { name in functions.contains { name.hasPrefix($0) } }, "\(top)")
    }
}
