// SPDX-License-Identifier: Apache-2.0
//
// Which processes the kernel's out-of-memory killer ended, as far as the kernel's log still holds the messages and this
// user may read it. A missing message proves nothing.

/// The kernel's messages about processes that its out-of-memory killer ended.
package struct KernelLog {
    private struct Kill {
        var pid: UInt32
        /// Microseconds since boot.
        var time: UInt64
    }

    /// Microseconds by which the log's clock, which NTP does not correct, may differ from CLOCK_MONOTONIC. If a
    /// process was killed and a later one got its pid within this time, the later one counts as killed too.
    private static let drift: UInt64 = 60_000_000

    private var kills: [Kill] = []

    /// Reads what the log holds now; it counts as empty if this user may not read it.
    package init(path: String = "/dev/kmsg") {
        guard let file = try? Descriptor(opening: path) else { return }
        while true {
            do throws(SystemError) {
                // /dev/kmsg gives one record a read.
                guard let record = try file.readNext(count: 1 << 16), !record.isEmpty else { return }
                for line in String(decoding: record, as: UTF8.self).split(separator: "\n") { take(line) }
            } catch {
                // The next read goes on behind the records that were overwritten.
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
