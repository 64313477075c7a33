// SPDX-License-Identifier: Apache-2.0
//
// How a program is to be profiled, as the variables that libsilt.so reads. What is not said stays the shim's default,
// or what the environment already has.

import SiltFile
import SiltHost

/// Settings of a profiled program.
package struct RunSettings: Sendable {
    /// How stacks are walked.
    package enum Unwinding: String, Sendable, CaseIterable { case cfi, fp, libunwind }

    /// Mean bytes between samples; 1 records every allocation.
    package var interval: ByteCount?
    /// The share of CPU time that samples may take, such as `0.5%`.
    package var maxOverhead: String?
    /// Where dumps go, and the live session if it may lie there.
    package var directory: String?
    package var unwinding: Unwinding?
    package var dumpEvery: TimeSpan?
    /// A dump each time in-use has grown by this much.
    package var dumpGrowth: ByteCount?
    /// The signal that asks for a dump: a name or a number, or `none`.
    package var signal: String?
    /// Most bytes that a session may take.
    package var capacity: ByteCount?
    /// How many finished files of one program stay.
    package var keep: UInt32?
    /// How many bytes of such files stay.
    package var keepBytes: ByteCount?
    /// Whether the programs that it starts are profiled too.
    package var includesChildren: Bool

    package init(
        interval: ByteCount? = nil, maxOverhead: String? = nil, directory: String? = nil, unwinding: Unwinding? = nil,
        dumpEvery: TimeSpan? = nil,
        dumpGrowth: ByteCount? = nil, signal: String? = nil, capacity: ByteCount? = nil, keep: UInt32? = nil,
        keepBytes: ByteCount? = nil, includesChildren: Bool = true
    ) {
        self.interval = interval
        self.maxOverhead = maxOverhead
        self.directory = directory
        self.unwinding = unwinding
        self.dumpEvery = dumpEvery
        self.dumpGrowth = dumpGrowth
        self.signal = signal
        self.capacity = capacity
        self.keep = keep
        self.keepBytes = keepBytes
        self.includesChildren = includesChildren
    }

    /// - Throws: ``Failure`` if the signal is none that libsilt.so takes, or the share is none. Numbers beyond its bounds are
    ///   told as warnings.
    func requireSense() throws(Failure) {
        if let signal, case .nonsense = Setting.named("SILT_SIGNAL")?.judge(signal) {
            throw .use("--signal \(signal) makes no sense: name a signal such as USR1, a number, or none")
        }
        if let maxOverhead, case .nonsense = Setting.named("SILT_MAX_OVERHEAD")?.judge(maxOverhead) {
            throw .use("--max-overhead \(maxOverhead) makes no sense: give a percentage such as 0.5%")
        }
    }

    /// The variables that say so, in a fixed order.
    package var environment: [(name: String, value: String)] {
        let values: [(name: String, value: String?)] = [
            ("SILT_INTERVAL", interval.map { String($0.bytes) }),
            ("SILT_MAX_OVERHEAD", maxOverhead),
            // The program may change its directory before it makes a dump.
            ("SILT_DIR", directory.map(absolutePath)),
            ("SILT_UNWIND", unwinding?.rawValue),
            ("SILT_DUMP_EVERY", dumpEvery.map { String($0.seconds) }),
            ("SILT_DUMP_GROWTH", dumpGrowth.map { String($0.bytes) }),
            ("SILT_SIGNAL", signal),
            ("SILT_KEEP", keep.map(String.init)),
            ("SILT_KEEP_BYTES", keepBytes.map { String($0.bytes) }),
            ("SILT_CHILDREN", includesChildren ? nil : "0"),
            // Every allocation leaves a live entry: room for about 30 million.
            ("SILT_CAPACITY", capacity.map { String($0.bytes) } ?? (interval?.bytes == 1 ? "4G" : nil)),
        ]
        return values.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
