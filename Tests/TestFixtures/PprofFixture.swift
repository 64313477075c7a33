// SPDX-License-Identifier: Apache-2.0
//
// Profiles to export in tests: a small one with known figures, and large ones from a seed.

package import SiltProfile
import SiltSymbols
import TestSupport

package enum PprofFixture {
    package static let mega = 1_048_576.0

    package static func sample(
        _ locations: [Int], _ values: [Double], blockSize: UInt64 = 0, truncated: Profile.Cut? = nil
    ) -> Profile.Sample {
        Profile.Sample(
            locations: locations, values: values.map(exact), blockSize: blockSize, truncated: truncated)
    }

    /// A figure of which every block was seen; a negative one is of blocks that went.
    package static func exact(_ value: Double) -> Estimate {
        let sum = Estimate.Sum(value: value.magnitude, seen: value.magnitude, variance: 0, samples: 0)
        return value < 0 ? -Estimate(added: sum) : Estimate(added: sum)
    }

    /// Three stacks under `main`, one through an inlined function, one cut, one without names:
    ///
    ///     main ─ serve ─ Cache.insert(_:) (inlined) ─ grow    64 MiB, 16 objects
    ///     main ─ serve ─ std::vector<int>::push_back(int&&)    1 MiB, 1024 objects
    ///     … ─ serve, cut                                       4 kB, 4 objects
    ///     main ─ 0x7f0000001040 in libplain.so                 100 B, 1 object
    package static var small: Profile {
        let main = Frame(
            function: "main", systemName: "main", file: "/src/main.cpp", line: 12, startLine: 10)
        let serve = Frame(
            function: "serve(Request const&)", systemName: "_Z5serveRK7Request", file: "/src/serve.cpp", line: 40,
            startLine: 30)
        let insert = Frame(
            function: "Cache.insert(_:)", systemName: "$s4demo5CacheC6insertyySSF", file: "/src/Cache.swift",
            line: 7, startLine: 5, isInlined: true)
        let grow = Frame(
            function: "grow", systemName: "_ZL4growv", file: "/src/cache.cpp", line: 99, startLine: 90)
        let pushBack = Frame(
            function: "std::vector<int>::push_back(int&&)", file: "/usr/include/c++/12/bits/stl_vector.h",
            line: 1287, startLine: 1286)
        return Profile(
            kinds: Profile.Kind.heap,
            mappings: [
                Profile.Mapping(
                    addresses: 0x5555_0000_1000..<0x5555_0000_9000, fileOffset: 0x1000, path: "/opt/demo/server",
                    buildID: "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"),
                Profile.Mapping(
                    addresses: 0x7f00_0000_1000..<0x7f00_0000_3000, fileOffset: 0x1000,
                    path: "/usr/lib/libplain.so", buildID: ""),
            ],
            locations: [
                Profile.Location(address: 0x5555_0000_1100, mapping: 0, frames: [main]),
                Profile.Location(address: 0x5555_0000_1200, mapping: 0, frames: [insert, serve]),
                Profile.Location(address: 0x5555_0000_1300, mapping: 0, frames: [grow]),
                Profile.Location(address: 0x5555_0000_1400, mapping: 0, frames: [pushBack]),
                Profile.Location(address: 0x5555_0000_1240, mapping: 0, frames: [serve]),
                Profile.Location(address: 0x7f00_0000_1040, mapping: 1, frames: []),
            ],
            samples: [
                sample([2, 1, 0], [20, 80 * mega, 16, 64 * mega], blockSize: 4 << 20),
                sample([3, 4, 0], [2048, 2 * mega, 1024, mega], blockSize: 1024),
                sample([4], [8, 8192, 4, 4096], blockSize: 1024, truncated: .told("depth")),
                sample([5, 0], [1, 100, 1, 100], blockSize: 100),
            ],
            processes: [Profile.Process(name: "server", pid: 4242, exe: "/opt/demo/server")],
            interval: 1, time: 1_700_000_000_000_000_000, duration: 60_000_000_000,
            notes: [.told("3 samples (1.5 MiB) were not recorded: stacks full.")])
    }

    /// What came and went between two moments of ``small``.
    package static var diff: Profile {
        var profile = small
        profile.isChange = true
        let values: [[Double]] = [
            [4, 16 * mega, 4, 16 * mega], [-512, -524_288, -512, -524_288], [0, 0, 0, 0], [1, 100, 0, 0],
        ]
        for (index, row) in values.enumerated() {
            profile.samples[index].values = row.map(exact)
        }
        return profile
    }

    /// A profile of `samples` stacks of `depth` frames over `functions` functions, whole numbers throughout.
    package static func large(seed: UInt64, samples: Int, depth: Int, functions: Int) -> Profile {
        var random = SplitMix(seed: seed)
        var profile = small
        profile.locations = (0..<functions).map { index in
            Profile.Location(
                address: 0x5555_0000_1000 + UInt64(index), mapping: 0,
                frames: [
                    Frame(
                        function: "library::Type\(index % 97)<unsigned long>::method\(index)(int, char const*)",
                        systemName: "_ZN7library4Type\(index)E", file: "/src/library/file\(index % 53).cpp",
                        line: 10 + index % 40, startLine: 8)
                ])
        }
        profile.samples = (0..<samples).map { _ in
            // A walk over a tree of limited width, as call stacks are: the k-th frame depends on the one above it.
            var stack = [0]
            for level in 1..<max(depth, 2) {
                let branch = Int.random(in: 0..<(level < 8 ? 2 : 4), using: &random)
                stack.append(((stack[level - 1] &* 31 &+ branch &* 7 &+ level) & 0xffff_ffff) % functions)
            }
            let objects = Double(Int.random(in: 1...1000, using: &random))
            let size = Double(16 << Int.random(in: 0...12, using: &random))
            return sample(
                stack.reversed(), [objects * 2, objects * 2 * size, objects, objects * size],
                blockSize: UInt64(size))
        }
        return profile
    }
}
