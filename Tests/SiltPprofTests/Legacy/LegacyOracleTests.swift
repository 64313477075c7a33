// SPDX-License-Identifier: Apache-2.0
//
// Other people's readers as judges: `go tool pprof` of the same text, and Go's own binary form of the same profile.

import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@testable import SiltPprof

@Suite struct LegacyOracleTests {
    @Test(.enabled(if: PprofTool.hasGo), arguments: LegacyFixture.all.indices.dropFirst())
    func pprofReadsTheSameFigures(fixture: Int) throws {
        let bench = try Workbench()
        let text = LegacyFixture.all[fixture]
        let file = try bench.write(Array(text.utf8), to: "heap.txt")
        let profile = try LegacyFixture.profile(text)
        for kind in profile.kinds {
            // pprof calls figures of what is alive by other names where nothing else is there.
            let name = profile.kinds.count == 2 ? String(kind.name.dropFirst("inuse_".count)) : kind.name
            let raw = PprofTool.pprof("-raw -sample_index=\(name) \(file)")
            let sums = Self.sums(raw)
            let column = try #require(profile.kinds.firstIndex(of: kind))
            // pprof cuts the figures of each line to whole numbers.
            let lines = Double(text.split(separator: "\n").count)
            #expect(abs(sums[column] - profile.total(kind: kind).value) <= lines, "\(kind.name)\n\(raw)")
        }
    }

    @Test(.enabled(if: PprofTool.hasGo))
    func goSaysTheSameInBothForms() throws {
        let bench = try Workbench()
        try bench.write(
            """
            package main

            import (
            \t"os"
            \t"runtime"
            \t"runtime/debug"
            \t"runtime/pprof"
            )

            var keep [][]byte

            //go:noinline
            func small() []byte { return make([]byte, 512) }

            //go:noinline
            func large() []byte { return make([]byte, 30000) }

            func main() {
            \t// A collection that begins inside small() allocates there too, and Go's two forms tell that differently.
            \tdebug.SetGCPercent(-1)
            \truntime.MemProfileRate = 4096
            \tfor i := 0; i < 2000; i++ {
            \t\tkeep = append(keep, small())
            \t\tif i%20 == 0 {
            \t\t\tkeep = append(keep, large())
            \t\t}
            \t}
            \truntime.GC()
            \tfor form, name := range []string{"heap.pb.gz", "heap.txt"} {
            \t\tf, _ := os.Create(name)
            \t\tpprof.Lookup("heap").WriteTo(f, form)
            \t\tf.Close()
            \t}
            }
            """, to: "both.go")
        try bench.run(["sh", "-c", "HOME=/tmp GO111MODULE=off GOCACHE=$PWD/cache go build -o both both.go && ./both"])
        let text = try Profile(legacyHeap: try Workbench.read(bench.path("heap.txt")), symbols: FixtureNames())
        let binary = try Profile(pprof: try Workbench.read(bench.path("heap.pb.gz")))
        for function in ["main.small", "main.large"] {
            let (a, b) = (leaf(function, in: text), leaf(function, in: binary))
            // The binary form holds whole numbers.
            #expect(b.value > 0 && abs(a.value - b.value) <= 1, "\(function)")
            #expect(abs(a.variance / b.variance - 1) < 0.01 && a.samples == b.samples, "\(function)")
        }
    }

    private func leaf(_ function: String, in profile: Profile) -> Estimate {
        let column = profile.column(of: .inuseSpace)
        return profile.samples.reduce(.zero) { sum, sample in
            let leaf = sample.locations.first.flatMap { profile.locations[$0].frames.first?.function }
            return leaf == function ? sum + sample.values[column] : sum
        }
    }

    /// Sums of the columns of `-raw`, whose samples are lines such as `76 2490368: 1 2 3`.
    private static func sums(_ raw: String) -> [Double] {
        var sums: [Double] = []
        let lines = raw.split(separator: "\n").drop { !$0.hasPrefix("Samples:") }.prefix { $0 != "Locations" }
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let figures = line[..<colon].split(separator: " ").compactMap { Double($0) }
            guard !figures.isEmpty else { continue }
            if sums.isEmpty { sums = figures } else { sums = zip(sums, figures).map { $0 + $1 } }
        }
        return sums
    }
}
