// SPDX-License-Identifier: Apache-2.0
//
// What /proc tells of each thread of a running process. No thread is stopped by that; one that ends while it is read is
// left out.

/// A thread as the kernel describes it at one moment.
package struct ThreadFacts: Sendable, Hashable {
    /// The kernel's letter in /proc/PID/stat: R, S, D, T, t, Z, X or I.
    package var state: Character
    /// Its name, as `ps` shows it.
    package var name: String
    /// Nanoseconds of CPU time it has used, in user code and in the kernel, to the clock tick.
    package var cpuTime: UInt64
    /// The kernel's function in which it waits; nil: it does not wait, or this may not be seen.
    package var waitsIn: String?

    package init(state: Character, name: String, cpuTime: UInt64, waitsIn: String?) {
        self.state = state
        self.name = name
        self.cpuTime = cpuTime
        self.waitsIn = waitsIn
    }
}

/// What can prevent tracing a thread.
package struct ThreadTracing: Sendable, Hashable {
    /// It has ended, though the kernel still lists it: the first thread stays listed until its process ends.
    package var hasEnded: Bool
    /// The process that traces it now; nil: none.
    package var tracer: UInt32?
}

extension ProcessTable {
    /// Clock ticks in /proc are hundredths of a second on every architecture that Silt supports.
    private static let ticksPerSecond: UInt64 = 100

    /// The threads of a process by their ids, the first included; empty if it is gone.
    ///
    /// - Complexity: two small files for each thread.
    package func threads(of pid: UInt32) -> [UInt32: ThreadFacts] {
        let tasks = "\(proc)/\(pid)/task"
        var result: [UInt32: ThreadFacts] = [:]
        for name in (try? namesInDirectory(tasks)) ?? [] {
            guard let id = UInt32(name) else { continue }
            result[id] = thread(in: "\(tasks)/\(name)")
        }
        return result
    }

    /// What can prevent tracing a thread; nil: it is gone.
    package func tracing(of thread: UInt32, in pid: UInt32) -> ThreadTracing? {
        guard let bytes = try? contentsOfFile("\(proc)/\(pid)/task/\(thread)/status", limit: 1 << 16) else {
            return nil
        }
        let status = String(decoding: bytes, as: UTF8.self).lines
        let state = status.value("State:")
        let tracer = status.value("TracerPid:").flatMap { UInt32($0) } ?? 0
        return ThreadTracing(hasEnded: state == "Z" || state == "X", tracer: tracer == 0 ? nil : tracer)
    }

    private func thread(in directory: String) -> ThreadFacts? {
        // The name may contain parentheses and spaces: fields are counted behind its last parenthesis.
        guard let stat = try? contentsOfFile(directory + "/stat", limit: 4096),
            let open = stat.firstIndex(of: UInt8(ascii: "(")), let close = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 14)
        guard fields.count > 12, let state = fields[0].first, let user = number(fields[11]),
            let system = number(fields[12])
        else { return nil }
        let place = (try? contentsOfFile(directory + "/wchan", limit: 256)) ?? []
        return ThreadFacts(
            state: Character(UnicodeScalar(state)), name: String(decoding: stat[(open + 1)..<close], as: UTF8.self),
            cpuTime: (user &+ system) &* (1_000_000_000 / Self.ticksPerSecond),
            waitsIn: place.isEmpty || place == [UInt8(ascii: "0")] ? nil : String(decoding: place, as: UTF8.self))
    }

    private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self))
    }
}
