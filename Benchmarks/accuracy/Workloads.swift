// SPDX-License-Identifier: Apache-2.0
//
// The programs whose figures are checked. Each is a heap with known truth; `watched` is the site of the table.

/// A heap at two moments.
struct Workload {
    var name: String
    var stacks: [SimulatedStack]
    /// The stack whose own figures are checked.
    var watched: Int
    /// Varies the program from run to run, where one truth would say little.
    var vary: (@Sendable (inout [SimulatedStack], inout Random) -> Void)?

    static let all = [
        smallOnly, largeOnly, mixed, needle(size: 64), needle(size: 1 << 20), variedNeedle, heavyChurn,
    ]

    /// 256 MiB in objects of 16 to 512 bytes, a fifth of them exchanged between the snapshots.
    static let smallOnly = Workload(
        name: "small objects only",
        stacks: (0..<40).map { stack in
            let least = 16 + 12 * UInt64(stack)
            return exchanging(sizes(from: least, to: 2 * least, by: 9), bytes: 6_700_000, share: 5)
        }, watched: 7)

    /// 1,800 blocks of 192 KiB to 12 MiB.
    static let largeOnly = Workload(
        name: "large objects only",
        stacks: (0..<10).map { stack in
            exchanging((0..<6).map { UInt64(192 << 10) << $0 + UInt64(stack) * 4096 }, blocks: 30, share: 3)
        }, watched: 3)

    /// Objects of 24 bytes to 4 MiB, each size with about the same bytes in all.
    static let mixed = Workload(
        name: "mixed sizes",
        stacks: (0..<30).map { stack in
            exchanging((0..<14).map { (24 + UInt64(stack)) << $0 } + [1 << 20, 4 << 20], bytes: 24_000_000, share: 4)
        }, watched: 11)

    /// One site of 1 MiB in a heap of 10 GiB.
    static func needle(size: UInt64) -> Workload {
        Workload(
            name: "1 MiB site in 10 GiB, blocks of \(size == 1 << 20 ? "1 MiB" : "\(size) B")",
            stacks: haystack + [SimulatedStack(came: [Blocks(size: size, count: (1 << 20) / size)])],
            watched: haystack.count)
    }

    /// The same with sites of all sizes from half to four times that.
    static let variedNeedle: Workload = {
        var workload = needle(size: 64)
        workload.name = "0.5 to 4 MiB site in 10 GiB, blocks of 64 B"
        workload.vary = { stacks, random in
            stacks[stacks.count - 1].came = [Blocks(size: 64, count: UInt64(8192 * (1 + 7 * random.uniform())))]
        }
        return workload
    }()

    /// 64 MiB alive, all of it exchanged, after 100 times as much was allocated and freed.
    static let heavyChurn = Workload(
        name: "heavy churn",
        stacks: (0..<20).map { stack in
            let least = 32 + 100 * UInt64(stack)
            let sizes = sizes(from: least, to: 3 * least, by: 31)
            var churning = exchanging(sizes, bytes: 3_300_000, share: 1)
            churning.passed = spread(sizes, bytes: 330_000_000)
            return churning
        }, watched: 5)

    private static let haystack = (0..<64).map { stack in
        exchanging([32, 200, 1500, 9000, 70_000, 600_000].map { $0 + UInt64(stack) }, bytes: 167_000_000, share: 10)
    }

    /// A stack that holds `bytes`, evenly over sizes, and exchanges one in `share` of its blocks.
    static func exchanging(_ sizes: [UInt64], bytes: UInt64, share: UInt64) -> SimulatedStack {
        let all = spread(sizes, bytes: bytes)
        let exchanged = all.map { Blocks(size: $0.size, count: $0.count / share) }
        return SimulatedStack(
            kept: zip(all, exchanged).map { Blocks(size: $0.size, count: $0.count - $1.count) }, gone: exchanged,
            came: exchanged.map { Blocks(size: $0.size, count: $0.count + $0.count / 10) })
    }

    private static func exchanging(_ sizes: [UInt64], blocks: UInt64, share: UInt64) -> SimulatedStack {
        SimulatedStack(
            kept: sizes.map { Blocks(size: $0, count: blocks - blocks / share) },
            gone: sizes.map { Blocks(size: $0, count: blocks / share) },
            came: sizes.map { Blocks(size: $0, count: blocks / share + 2) })
    }

    static func spread(_ sizes: [UInt64], bytes: UInt64) -> [Blocks] {
        sizes.map { Blocks(size: $0, count: max(1, bytes / UInt64(sizes.count) / $0)) }
    }

    private static func sizes(from low: UInt64, to high: UInt64, by step: UInt64) -> [UInt64] {
        Array(stride(from: low, through: high, by: Int(step)))
    }
}
