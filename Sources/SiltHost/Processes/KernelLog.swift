// SPDX-License-Identifier: Apache-2.0
//
// Whom the out-of-memory killer chose, as far as the kernel's log still knows and may be read.

/// The kernel's messages about processes that it killed for want of memory.
package struct KernelLog {
    private struct Kill {
        var pid: UInt32
        /// Microseconds since boot.
        var time: UInt64
    }

    /// The log's clock is not steered as CLOCK_MONOTONIC is, so the two drift apart by this much at most; a process
    /// that died and another that got its number within it are taken for one.
    private static let drift: UInt64 = 60_000_000

    private var kills: [Kill] = []

    /// Reads what the log holds now; without the right to read it, nobody was killed.
    package init(path: String = "/dev/kmsg") {
        guard let file = try? Descriptor(opening: path) else { return }
        while true {
            do throws(SystemError) {
                // /dev/kmsg gives one record a read.
                guard let record = try file.readNext(count: 1 << 16), !record.isEmpty else { return }
                for line in String(decoding: record, as: UTF8.self).split(separator: "\n") { take(line) }
            } catch {
                // EPIPE: records were overwritten before they could be read; the next read goes on behind them.
                if !error.isOverrun { return }
            }
        }
    }

    /// Whether the process with this number was killed after the moment `since`, in nanoseconds of CLOCK_MONOTONIC.
    package func killed(_ pid: UInt32, since: UInt64) -> Bool {
        kills.contains { $0.pid == pid && $0.time + Self.drift >= since / 1000 }
    }

    /// A line is `priority,sequence,microseconds,flags;message`.
    private mutating func take(_ line: Substring) {
        let parts = line.split(separator: ";", maxSplits: 1)
        guard parts.count == 2, let start = parts[1].firstRange(of: "Killed process ") else { return }
        let fields = parts[0].split(separator: ",")
        let pid = parts[1][start.upperBound...].prefix { $0.isNumber }
        guard fields.count >= 3, let time = UInt64(fields[2]), time < UInt64.max / 2, let pid = UInt32(pid) else {
            return
        }
        kills.append(Kill(pid: pid, time: time))
    }
}
