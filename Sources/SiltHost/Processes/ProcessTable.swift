// SPDX-License-Identifier: Apache-2.0
//
// The host's /proc and control groups as a value that tests can replace by folders of files, and what /proc says of the
// host as a whole. Single processes are in ProcessFacts, MemoryMap and ThreadFacts.

/// The processes of this host, as far as this process sees them.
package struct ProcessTable: Sendable {
    /// The pid namespace in which the host itself counts: a constant of the kernel.
    package static let initialNamespace: UInt64 = 0xefff_fffc

    package let proc: String
    let cgroups: String
    /// Nil: everything is asked anew each time.
    var shared: SharedFacts?

    /// The processes of this host.
    package init() { self.init(proc: "/proc", cgroups: "/sys/fs/cgroup") }

    /// - Parameters:
    ///   - proc: stands for `/proc`.
    ///   - cgroups: stands for `/sys/fs/cgroup`.
    package init(proc: String, cgroups: String) {
        self.proc = proc
        self.cgroups = cgroups
    }

    /// The pid namespace in which this process counts; nil: not known.
    package var pidNamespace: UInt64? {
        if let shared { return shared.pidNamespace }
        return pidNamespace(of: "self")
    }

    /// The 16 bytes that name this boot of this machine; nil: not known.
    package var bootID: [UInt8]? {
        if let shared { return shared.bootID }
        guard let line = text("\(proc)/sys/kernel/random/boot_id") else { return nil }
        let digits = line.compactMap(\.hexDigitValue).map { UInt8($0) }
        guard digits.count == 32 else { return nil }
        return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    /// The value of kernel.yama.ptrace_scope: at 0 or nil the user ids decide who may trace, 1 and 2 want root, 3
    /// forbids it to everybody.
    package var traceRestriction: UInt64? { number("\(proc)/sys/kernel/yama/ptrace_scope") }

    // MARK: Text

    func text(_ path: String) -> String? {
        guard let bytes = try? contentsOfFile(path) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    func number(_ path: String) -> UInt64? {
        text(path).flatMap { UInt64(Substring($0.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })) }
    }
}
