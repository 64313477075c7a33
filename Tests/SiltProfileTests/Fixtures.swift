// SPDX-License-Identifier: Apache-2.0
//
// Sessions made by hand, and a symbolizer that is a table: what the tests of this directory share.

import SiltFile
import SiltHost
import SiltProfile
import SiltSymbols

/// Names every address of a module `<file>+<link address>`, counts how often it was asked.
final class AddressNames: FrameSource {
    var warnings: [String] = []
    private(set) var questions = 0

    func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] {
        questions += 1
        let file = module.path.split(separator: "/").last ?? ""
        return addresses.map { [Frame(function: "\(file)+\(hexadecimal($0 &- module.bias))")] }
    }
}

let second: UInt64 = 1_000_000_000

/// A module of 64 KiB linked at 0, loaded at `bias`.
func module(_ path: String, at bias: UInt64, buildID: [UInt8] = []) -> Module {
    Module(
        addresses: bias..<bias + 0x10000, bias: bias, text: bias + 0x1000..<bias + 0x8000, textFileOffset: 0x1000,
        path: path, buildID: buildID)
}

/// A header whose session began at second 100 of the monotonic clock and was dumped `seconds` later.
func header(pid: UInt32 = 7, interval: UInt64 = 1, dumpedAfter seconds: UInt64 = 10, start: UInt64 = 100) -> Header {
    Header(
        kind: .dump, state: .running, pid: pid, pidStartTicks: 5, pidNamespace: 1, bootID: [1, 2], uid: 0,
        comm: "service", exe: "/bin/service", interval: interval, startRealtime: 5000 * second,
        startMonotonic: start * second, unwind: .cfi, flags: [], signal: 12, dumps: 1,
        dump: Header.Dump(
            reason: .signal, sequence: 1, realtime: (5000 + seconds) * second, monotonic: (start + seconds) * second))
}

/// A session of one module, loaded at `bias`; its stacks are given as link addresses in it, by id.
func session(
    _ header: Header, bias: UInt64 = 0x40000, stacks: [UInt32: [UInt64]], sites: [UInt32: Site] = [:],
    live: [LiveSample] = []
) -> Session {
    Session(
        path: "service.\(header.pid).silt", header: header,
        modules: [module("/bin/service", at: bias, buildID: [0xab, 0x0c])],
        stacks: stacks.mapValues { stack($0) },
        sites: sites.mapValues { site in
            var site = site
            site.interval = header.interval
            return site
        }, live: live)
}

/// A stack of link addresses in one module, leaf first.
func stack(
    _ addresses: [UInt64], module: Int = 0, end: Stack.End = .complete, tier: Stack.Tier = .whole
) -> Stack {
    Stack(frames: addresses.map { FrameAddress(.module(module, address: $0)) }, end: end, tier: tier)
}

/// In a session that ``session(_:bias:stacks:sites:live:)`` makes, of its interval.
func site(stack: UInt32, class sizeClass: UInt32 = 1, samples: UInt64 = 0, bytes: UInt64 = 0) -> Site {
    Site(
        stack: stack, sizeClass: sizeClass, interval: 1, allocObjects: samples, allocBytes: bytes, freeObjects: 0,
        freeBytes: 0)
}

func live(_ address: UInt64, size: UInt64, at time: UInt64 = 101, site: UInt32 = 1) -> LiveSample {
    LiveSample(address: address, size: size, time: time * second, site: site, thread: 7)
}

extension Profile {
    /// Leaf functions with the value of one kind, as it stands in the samples.
    func leaves(_ kind: Kind) -> [String: Double] {
        guard let column = kinds.firstIndex(of: kind) else { return [:] }
        return samples.reduce(into: [:]) { sums, sample in
            let leaf = sample.locations.first.flatMap { locations[$0].frames.first?.function } ?? "?"
            sums[leaf, default: 0] += sample.values[column].value
        }
    }

    func total(_ kind: Kind) -> Estimate {
        guard let column = kinds.firstIndex(of: kind) else { return .zero }
        return samples.reduce(.zero) { $0 + $1.values[column] }
    }
}
