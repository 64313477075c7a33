// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the driver ask about: sessions that the shim records of programs whose answers are known, pprof files,
// and sessions made by hand. Needs what `make test` builds before it runs the tests.

import SiltDriver
import SiltFile
import SiltPprof
import Synchronization
import TestFixtures
import TestSupport

enum Recorded {
    /// Tests run in the package's folder.
    static func program(_ name: String) -> String { "\(build)/programs/\(name)" }
    static let shim = "\(build)/shim/libsilt.so"
    private static let build = ".build".absolute

    private static func environment(_ bench: Workbench) -> [(name: String, value: String)] {
        [("LD_PRELOAD", shim), ("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1")]
    }

    /// The dump that a program leaves when it ends.
    static func dump(of program: String, _ arguments: String..., in bench: Workbench) throws -> String {
        let process = try Program([self.program(program)] + arguments, environment: environment(bench))
        _ = try process.finish()
        return bench.path("\(program).\(process.pid).1.silt")
    }

    /// A program that has allocated and waits.
    static func running(_ program: String, _ arguments: String..., in bench: Workbench) throws -> Program {
        let process = try Program([self.program(program)] + arguments, environment: environment(bench))
        _ = try process.lines(through: "ready")
        return process
    }

    /// A file of `go tool pprof` as other programs write it.
    static func pprof(in bench: Workbench, named name: String = "heap.pb.gz") throws -> String {
        try bench.write(PprofFixture.small.pprof(), to: name)
    }

    /// A dump of a process of 1 MiB that is limited to 4 MiB.
    static func session(pid: UInt32 = 7, at second: UInt64, bytes: UInt64, limit: UInt64? = 4 << 20) -> Session {
        let start: UInt64 = 100_000_000_000
        let time = start + second * 1_000_000_000
        return Session(
            path: "service.\(pid).\(second).silt",
            header: Header(
                kind: .dump, state: .running, pid: pid, pidStartTicks: 5, pidNamespace: 1, bootID: [1, 2], uid: 0,
                comm: "service", exe: "/bin/service", interval: 1, startRealtime: start,
                startMonotonic: start, unwind: .cfi, flags: [], signal: 12, dumps: 1,
                dump: Header.Dump(
                    reason: .signal, sequence: 1, realtime: time, monotonic: time, rss: 1 << 20, memoryLimit: limit,
                    memoryCurrent: 1 << 20)),
            modules: [],
            stacks: [1: Stack(frames: [FrameAddress(.bare(0x1000))])],
            sites: [
                1: Site(
                    stack: 1, sizeClass: 1, interval: 1, allocObjects: 1, allocBytes: bytes, freeObjects: 0,
                    freeBytes: 0)
            ],
            live: [LiveSample(address: 0x5000 + second, size: bytes, time: time, site: 1, thread: 7)])
    }
}

extension String {
    /// As the tests' working directory completes it.
    var absolute: String { RunSettings(directory: self).environment.first { $0.name == "SILT_DIR" }?.value ?? self }
}

/// Keeps what the driver remarks.
final class Remarks: Sendable {
    private let kept = Mutex<[String]>([])

    var sentences: [String] { kept.withLock { $0 } }

    var reporter: Reporter { Reporter { sentence in self.kept.withLock { $0.append(sentence) } } }
}
