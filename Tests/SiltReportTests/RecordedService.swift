// SPDX-License-Identifier: Apache-2.0
//
// Sessions of a service written by hand: what each of its stacks holds at each moment. For the reports that need more
// than one snapshot.

import SiltFile
import SiltProfile
import SiltSymbols

/// A process whose stacks are given as `main@m.c:3;insert@cache.c:42`, root first.
final class RecordedService: FrameSource {
    /// Blocks that a stack holds, by number: a number that two snapshots have in common is the same block.
    typealias Holding = (stack: String, blocks: Range<Int>, size: UInt64)

    let warnings: [String] = []
    private let pid: UInt32
    private let interval: UInt64
    private var places: [String] = []
    private var stacks: [String] = []

    init(pid: UInt32 = 812, interval: UInt64 = 1) {
        self.pid = pid
        self.interval = interval
    }

    /// A dump made so many seconds after the start.
    func snapshot(
        at seconds: UInt64, cut: Stack.End = .complete, _ holdings: [Holding]
    ) -> Session {
        let nanoseconds: UInt64 = 1_000_000_000
        let start = (realtime: 1_783_830_600 * nanoseconds, monotonic: 100 * nanoseconds)
        let dump = Header.Dump(
            reason: .signal, sequence: 1, realtime: start.realtime + seconds * nanoseconds,
            monotonic: start.monotonic + seconds * nanoseconds)
        let header = Header(
            kind: .dump, state: .running, pid: pid, pidStartTicks: 5, pidNamespace: 1, bootID: [1], uid: 0,
            comm: "service", exe: "/opt/service", interval: interval, startRealtime: start.realtime,
            startMonotonic: start.monotonic, unwind: .cfi, flags: [], signal: 12, dumps: 1, dump: dump)
        var session = Session(
            path: "service.\(pid).\(seconds).silt", header: header,
            modules: [
                Module(
                    addresses: 0..<0x100000, bias: 0, text: 0..<0x100000, textFileOffset: 0, path: "/opt/service",
                    buildID: [])
            ])
        for holding in holdings {
            let id = number(of: holding.stack, in: &stacks)
            let pcs = holding.stack.split(separator: ";").reversed().map {
                UInt64(number(of: String($0), in: &places)) * 16
            }
            session.stacks[UInt32(id)] = Stack(pcs: pcs, end: cut).resolved(in: session.modules)
            session.sites[UInt32(id)] = Site(
                stack: UInt32(id), sizeClass: 1, interval: interval, allocObjects: UInt64(holding.blocks.count),
                allocBytes: UInt64(holding.blocks.count) * holding.size, freeObjects: 0, freeBytes: 0)
            session.live += holding.blocks.map { block in
                LiveSample(
                    address: UInt64(id) << 32 + UInt64(block), size: holding.size, time: start.monotonic,
                    site: UInt32(id), thread: pid)
            }
        }
        return session
    }

    func trend(_ snapshots: [Session]) -> Trend { Trend(of: snapshots.map { [$0] }, symbols: self) }

    func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] {
        addresses.map { address in
            let parts = places[Int(address / 16) - 1].split(separator: "@")
            let place = parts.count > 1 ? parts[1].split(separator: ":") : []
            return [
                Frame(
                    function: String(parts[0]), file: place.first.map(String.init),
                    line: place.count > 1 ? Int(place[1]) ?? 0 : 0)
            ]
        }
    }

    /// From 1.
    private func number(of text: String, in known: inout [String]) -> Int {
        if let index = known.firstIndex(of: text) { return index + 1 }
        known.append(text)
        return known.count
    }
}
