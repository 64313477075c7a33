// SPDX-License-Identifier: Apache-2.0
//
// `go tool pprof` and `protoc` as judges of our exports, and a real Go program's heap profile as input.

import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct PprofOracleTests {
    /// Lines of a `-top` with `-unit=B`: function → flat and cum.
    private func top(_ arguments: String) -> [String: [Int]] {
        var rows: [String: [Int]] = [:]
        let text = PprofTool.pprof("-top -unit=B -nodefraction=0 -nodecount=100000 \(arguments)")
        var started = false
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            if started, fields.count > 5 {
                let name = fields[5...].joined(separator: " ").replacing(" (inline)", with: "")
                rows[name] = [integer(fields[0]), integer(fields[3])]
            }
            if line.contains("flat%") { started = true }
        }
        return rows
    }

    private func integer(_ field: Substring) -> Int {
        Int(field.hasSuffix("B") ? field.dropLast() : field) ?? .min
    }

    /// What `-top` must show: flat for the innermost function, cum for each function once a stack.
    private func expectedTop(_ profile: Profile, kind: Profile.Kind) -> [String: [Int]] {
        let column = profile.column(of: kind)
        var rows: [String: [Int]] = [:]
        for sample in profile.samples {
            let value = Int(sample.values[column].value.rounded())
            var names: [String] = []
            for index in sample.locations {
                let location = profile.locations[index]
                // Nameless code counts for its file.
                let file = location.mapping.map { profile.mappings[$0].path.split(separator: "/").last ?? "" } ?? ""
                names += location.frames.isEmpty ? ["[\(file)]"] : location.frames.compactMap(\.function)
            }
            if let leaf = names.first { rows[leaf, default: [0, 0]][0] += value }
            for name in Set(names) { rows[name, default: [0, 0]][1] += value }
        }
        return rows.filter { $0.value != [0, 0] }
    }

    @Test(.enabled(if: PprofTool.hasGo), arguments: [0, 1, 2, 3])
    func topAgreesForEveryKind(kind: Int) throws {
        let bench = try Workbench()
        let profile = PprofFixture.small
        let file = try bench.write(profile.pprof(), to: "small.pb.gz")
        #expect(
            top("-sample_index=\(profile.kinds[kind].name) \(file)") == expectedTop(profile, kind: profile.kinds[kind]))
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func topAgreesForALargeProfile() throws {
        let bench = try Workbench()
        let profile = PprofFixture.large(seed: 3, samples: 5000, depth: 25, functions: 800)
        let file = try bench.write(profile.pprof(), to: "large.pb.gz")
        #expect(top(file) == expectedTop(profile, kind: .inuseSpace))
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func baseOfTheSameProfileLeavesNothing() throws {
        let bench = try Workbench()
        let profile = PprofFixture.large(seed: 4, samples: 500, depth: 9, functions: 90)
        let file = try bench.write(profile.pprof(), to: "large.pb.gz")
        #expect(top("-base \(file) \(file)") == [:])
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func baseSubtractsAndADiffExportShowsTheSame() throws {
        let bench = try Workbench()
        var after = PprofFixture.small
        let diff = PprofFixture.diff
        for index in after.samples.indices {
            for kind in after.kinds.indices {
                after.samples[index].values[kind] += diff.samples[index].values[kind]
            }
        }
        let base = try bench.write(PprofFixture.small.pprof(), to: "base.pb.gz")
        let later = try bench.write(after.pprof(), to: "after.pb.gz")
        let delta = try bench.write(diff.pprof(), to: "diff.pb.gz")
        #expect(top("-base \(base) \(later)") == expectedTop(diff, kind: .inuseSpace))
        #expect(top(delta) == expectedTop(diff, kind: .inuseSpace))
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func rawShowsEveryPartOfTheFile() throws {
        let bench = try Workbench()
        let file = try bench.write(PprofFixture.small.pprof(), to: "small.pb.gz")
        let raw = PprofTool.pprof("-raw \(file)")
        for part in [
            "PeriodType: space bytes", "Period: 1", "alloc_objects/count alloc_space/bytes",
            "inuse_objects/count inuse_space/bytes", "bytes:[4194304]", "truncated:[depth]",
            "1: 0x555500001000/0x555500009000/0x1000 /opt/demo/server a1b2c3d4e5f60718293a4b5c6d7e8f9001122334 [FN]",
            "2: 0x7f0000001000/0x7f0000003000/0x1000 /usr/lib/libplain.so",
            "0x555500001200 M=1 Cache.insert(_:) /src/Cache.swift:7 s=5($s4demo5CacheC6insertyySSF)",
            "serve(Request const&) /src/serve.cpp:40 s=30(_Z5serveRK7Request)",
            "std::vector<int>::push_back(int&&)",
        ] {
            #expect(raw.contains(part), "no \(part) in\n\(raw)")
        }
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func treeAndPeekShowTheCallers() throws {
        let bench = try Workbench()
        let file = try bench.write(PprofFixture.small.pprof(), to: "small.pb.gz")
        let tree = PprofTool.pprof("-tree -unit=B -nodefraction=0 \(file)")
        #expect(tree.contains("grow"))
        let peek = PprofTool.pprof("-peek='^grow$' -unit=B \(file)")
        #expect(peek.contains("67108864B") && peek.contains("Cache.insert(_:)"), "\(peek)")
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func commentsAndTagsAreThere() throws {
        let bench = try Workbench()
        let file = try bench.write(PprofFixture.small.pprof(), to: "small.pb.gz")
        #expect(
            PprofTool.pprof("-comments \(file)")
                == "process 4242: /opt/demo/server (server)\n3 samples (1.5 MiB) were not recorded: stacks full.\n")
        #expect(PprofTool.pprof("-tags \(file)").contains("truncated: Total"))
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func defaultSampleTypeIsWhatPprofShowsFirst() throws {
        let bench = try Workbench()
        let inuse = try bench.write(PprofFixture.small.pprof(), to: "heap.pb.gz")
        let alloc = try bench.write(PprofFixture.small.pprof(defaultSampleType: "alloc_space"), to: "allocs.pb.gz")
        #expect(PprofTool.pprof("-top \(inuse)").contains("Type: inuse_space"))
        #expect(PprofTool.pprof("-top \(alloc)").contains("Type: alloc_space"))
    }

    @Test(.enabled(if: PprofTool.hasProtoc), arguments: [true, false])
    func protocAcceptsTheFile(symbols: Bool) throws {
        let bench = try Workbench()
        try bench.write(Self.schema, to: "profile.proto")
        for (name, profile) in [
            ("small", PprofFixture.small), ("diff", PprofFixture.diff), ("empty", Profile(kinds: Profile.Kind.heap)),
            ("large", PprofFixture.large(seed: 5, samples: 300, depth: 12, functions: 50)),
        ] {
            try bench.write(profile.pprof(symbols: symbols, compressed: false), to: name)
            let output = PprofTool.shell(
                "protoc --decode=perftools.profiles.Profile profile.proto < \(name)", in: bench.directory)
            #expect(output.status == 0, "\(output.output)")
            // An unknown field would show by its number alone.
            #expect(output.output.firstMatch(of: /^ *[0-9]+[:\s{]/.anchorsMatchLineEndings()) == nil)
            #expect(output.output.matches(of: /^sample \{/.anchorsMatchLineEndings()).count == profile.samples.count)
            #expect(output.output.contains("string_table: \"\"\n"))
        }
    }

    @Test(.enabled(if: PprofTool.hasUpstreamPprof && PprofTool.hasCompiler))
    func pprofNamesAnUnsymbolizedExportByItself() throws {
        let bench = try Workbench()
        try bench.write(
            """
            namespace pool { __attribute__((noinline)) void grow() { asm(""); } }
            int main() { pool::grow(); }
            """, to: "victim.cpp")
        let binary = bench.path("victim")
        try bench.run(["c++", "-g", "-O1", "-fPIE", "-pie", "victim.cpp", "-o", "victim"])
        let symbols = try bench.run(["nm", binary])
        let line = try #require(symbols.split(separator: "\n").first { $0.contains("_ZN4pool4growEv") })
        let address = try #require(UInt64(line.prefix(16), radix: 16))
        // Where the loader may have put it: pprof has to take that away again by the mapping.
        let slide: UInt64 = 0x5555_0000_0000
        let headers = try bench.run(["readelf", "-lW", binary]).split(separator: "\n")
        let text = try #require(headers.first { $0.contains("LOAD") && $0.contains("R E") }).split(separator: " ")
        let offset = try #require(UInt64(text[1].dropFirst(2), radix: 16))
        let start = try #require(UInt64(text[2].dropFirst(2), radix: 16))
        let size = try #require(UInt64(text[4].dropFirst(2), radix: 16))
        var profile = PprofFixture.small
        profile.mappings = [
            Profile.Mapping(
                addresses: (start + slide)..<(start + size + slide), fileOffset: offset, path: binary, buildID: "")
        ]
        profile.locations = [Profile.Location(address: address + slide, mapping: 0, frames: [])]
        profile.samples = [PprofFixture.sample([0], [1, 100, 1, 100])]
        let file = try bench.write(profile.pprof(symbols: false), to: "bare.pb.gz")
        // Go's own build of pprof reads line tables only; the one of google/pprof asks llvm-symbolizer or addr2line.
        let lines = PprofTool.shell("go tool pprof -raw \(file)").output
        #expect(lines.contains("0x555500001") && lines.contains("victim.cpp:1"), "\(lines)")
        let upstream = try PprofTool.buildUpstreamPprof(in: bench)
        let names = PprofTool.shell("\(upstream) -top \(file)").output
        #expect(names.contains("pool::grow"), "\(names)")
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func heapProfileOfAGoProgramReadsAsPprofReadsIt() throws {
        let bench = try Workbench()
        try bench.write(Self.goProgram, to: "main.go")
        try bench.run([
            "env", "GOFLAGS=-mod=mod", "GOCACHE=\(bench.path("cache"))", "HOME=/tmp", "go", "run", "main.go",
            "heap.pb.gz",
        ])
        let bytes = try Workbench.read(bench.path("heap.pb.gz"))
        #expect(looksLikePprof(bytes))
        let profile = try Profile(pprof: bytes)
        #expect(profile.kinds == Profile.Kind.heap)
        #expect(profile.interval == 4096)
        #expect(profile.samples.contains { $0.blockSize == 65536 })
        for kind in 0..<4 {
            let shown = top("-sample_index=\(kind) \(bench.path("heap.pb.gz"))")
            #expect(shown == expectedTop(profile, kind: profile.kinds[kind]))
            #expect(shown["main.hold"] != nil)
        }
        // What we write of it reads the same again.
        let again = try bench.write(profile.pprof(), to: "again.pb.gz")
        #expect(top(again) == expectedTop(profile, kind: .inuseSpace))
    }

    private static let goProgram = """
        package main

        import (
        	"os"
        	"runtime"
        	"runtime/pprof"
        )

        var kept [][]byte

        //go:noinline
        func hold(n, size int) {
        	for i := 0; i < n; i++ {
        		kept = append(kept, make([]byte, size))
        	}
        }

        //go:noinline
        func churn(n int) (sum int) {
        	for i := 0; i < n; i++ {
        		sum += len(append([]byte(nil), make([]byte, 1000+i%7)...))
        	}
        	return
        }

        func main() {
        	hold(200, 65536)
        	hold(5000, 100)
        	println(churn(20000) > 0)
        	runtime.GC()
        	f, err := os.Create(os.Args[1])
        	if err != nil {
        		panic(err)
        	}
        	if err := pprof.WriteHeapProfile(f); err != nil {
        		panic(err)
        	}
        	f.Close()
        }

        func init() { runtime.MemProfileRate = 4096 }
        """

    /// The schema by its public field numbers.
    private static let schema = """
        syntax = "proto3";
        package perftools.profiles;
        message Profile {
          repeated ValueType sample_type = 1;
          repeated Sample sample = 2;
          repeated Mapping mapping = 3;
          repeated Location location = 4;
          repeated Function function = 5;
          repeated string string_table = 6;
          int64 drop_frames = 7;
          int64 keep_frames = 8;
          int64 time_nanos = 9;
          int64 duration_nanos = 10;
          ValueType period_type = 11;
          int64 period = 12;
          repeated int64 comment = 13;
          int64 default_sample_type = 14;
        }
        message ValueType { int64 type = 1; int64 unit = 2; }
        message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; repeated Label label = 3; }
        message Label { int64 key = 1; int64 str = 2; int64 num = 3; int64 num_unit = 4; }
        message Mapping {
          uint64 id = 1;
          uint64 memory_start = 2;
          uint64 memory_limit = 3;
          uint64 file_offset = 4;
          int64 filename = 5;
          int64 build_id = 6;
          bool has_functions = 7;
          bool has_filenames = 8;
          bool has_line_numbers = 9;
          bool has_inline_frames = 10;
        }
        message Location {
          uint64 id = 1;
          uint64 mapping_id = 2;
          uint64 address = 3;
          repeated Line line = 4;
          bool is_folded = 5;
        }
        message Line { uint64 function_id = 1; int64 line = 2; }
        message Function {
          uint64 id = 1;
          int64 name = 2;
          int64 system_name = 3;
          int64 filename = 4;
          int64 start_line = 5;
        }
        """
}
