// SPDX-License-Identifier: Apache-2.0
//
// A simulated program with a known heap, sampled as the shim samples, and the session that the shim would leave.
// Truth and session come from here; estimates never do.

import SiltFile
import SiltProfile
import SiltSymbols

/// Blocks of one size.
struct Blocks {
    var size: UInt64
    var count: UInt64
}

/// What one stack did between the start, the first snapshot and the second.
struct SimulatedStack {
    /// Allocated before the first snapshot and alive at both.
    var kept: [Blocks] = []
    /// Alive at the first snapshot, gone at the second.
    var gone: [Blocks] = []
    /// Allocated between the two, alive at the second.
    var came: [Blocks] = []
    /// Allocated and freed before the first snapshot.
    var passed: [Blocks] = []
}

/// True figures.
struct Truth {
    var objects = 0.0
    var bytes = 0.0

    init(_ blocks: [Blocks]) {
        objects = blocks.reduce(0) { $0 + Double($1.count) }
        bytes = blocks.reduce(0) { $0 + Double($1.count) * Double($1.size) }
    }

    static func - (a: Truth, b: Truth) -> Truth {
        var difference = a
        difference.objects -= b.objects
        difference.bytes -= b.bytes
        return difference
    }
}

/// Draws the samples of a program and writes them down as sessions.
struct Sampler {
    static let interval: UInt64 = 524_288
    let law = SamplingLaw(interval: interval)
    var random: Random

    private var first: [LiveSample] = []
    private var second: [LiveSample] = []
    private var sites: [UInt32: Site] = [:]
    private var laterSites: [UInt32: Site] = [:]
    private var nextAddress: UInt64 = 0x1000

    init(seed: UInt64) {
        random = Random(seed: seed)
    }

    /// Two snapshots of one process, `seconds` apart.
    mutating func snapshots(of stacks: [SimulatedStack], seconds: UInt64 = 60) -> (Session, Session) {
        (first, second, sites, laterSites, nextAddress) = ([], [], [:], [:], 0x1000)
        for (index, stack) in stacks.enumerated() {
            let id = UInt32(index + 1)
            for blocks in stack.passed { _ = draw(blocks, stack: id, isLater: false) }
            for blocks in stack.kept {
                let samples = draw(blocks, stack: id, isLater: false)
                first += samples
                second += samples
            }
            for blocks in stack.gone { first += draw(blocks, stack: id, isLater: false) }
            for blocks in stack.came { second += draw(blocks, stack: id, isLater: true) }
        }
        let names = Dictionary(
            uniqueKeysWithValues: stacks.indices.map { (UInt32($0 + 1), Stack(pcs: [UInt64($0 + 1) << 8])) })
        func session(_ live: [LiveSample], _ sites: [UInt32: Site], after: UInt64) -> Session {
            Session(path: "simulated", header: header(after: after), stacks: names, sites: sites, live: live)
        }
        return (session(first, sites, after: 100), session(second, laterSites, after: 100 + seconds))
    }

    /// Samples of some blocks: each independently, with the probability that a Poisson process over its bytes hits it.
    private mutating func draw(_ blocks: Blocks, stack: UInt32, isLater: Bool) -> [LiveSample] {
        let samples = random.binomial(blocks.count, law.probability(ofSize: Double(blocks.size)))
        guard samples > 0 else { return [] }
        let site = stack << 10 | sizeClass(of: blocks.size)
        let added = Site(
            stack: stack, sizeClass: sizeClass(of: blocks.size), interval: Self.interval, allocObjects: samples,
            allocBytes: samples * blocks.size, freeObjects: 0, freeBytes: 0)
        laterSites[site] = sum(laterSites[site], added)
        if !isLater { sites[site] = sum(sites[site], added) }
        return (0..<samples).map { _ in
            nextAddress += 16
            return LiveSample(address: nextAddress, size: blocks.size, time: isLater ? 150 : 50, site: site, thread: 1)
        }
    }

    private func sum(_ a: Site?, _ b: Site) -> Site {
        guard var sum = a else { return b }
        sum.allocObjects += b.allocObjects
        sum.allocBytes += b.allocBytes
        return sum
    }
}

/// The header of process `pid`, dumped some seconds after its start.
func header(pid: UInt32 = 1, after seconds: UInt64) -> Header {
    let second: UInt64 = 1_000_000_000
    return Header(
        kind: .dump, state: .running, pid: pid, pidStartTicks: 1, pidNamespace: 1, bootID: [1], uid: 0,
        comm: "simulated", exe: "/simulated", interval: Sampler.interval, startRealtime: second,
        startMonotonic: 0, unwind: .cfi, flags: [], signal: nil, dumps: 1,
        dump: Header.Dump(
            reason: .signal, sequence: 1, realtime: second + seconds * second, monotonic: seconds * second))
}

/// Eight classes to each power of two, as in silt_format.h.
func sizeClass(of size: UInt64) -> UInt32 {
    guard size >= 16 else { return UInt32(size) }
    let log2 = UInt32(63 - size.leadingZeroBitCount)
    return 8 * (log2 - 2) + UInt32(size >> UInt64(log2 - 3)) & 7
}

/// Names nothing.
final class NoNames: FrameSource {
    let warnings: [String] = []
    func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] { addresses.map { _ in [] } }
}

extension Profile {
    /// The sum over all samples, or over those of one simulated stack.
    func sum(_ kind: Kind, stack: Int? = nil, otherwise zero: Estimate = .zero) -> Estimate {
        guard let column = kinds.firstIndex(of: kind) else { return zero }
        return samples.reduce(zero) { sum, sample in
            if let stack, sample.locations.first.map({ locations[$0].address }) != UInt64(stack + 1) << 8 { return sum }
            return sum + sample.values[column]
        }
    }
}
