// SPDX-License-Identifier: Apache-2.0
//
// Facts of threads, from a /proc made of files.

import TestFixtures
import Testing

@testable import SiltHost

@Suite struct ThreadFactsTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    @Test func factsAreReadForEachThread() throws {
        let middle = (4...13).map(String.init).joined(separator: " ")
        try host.directory.file("proc/7/task/7/stat", "7 (a) b) S \(middle) 150 50 0\n")
        try host.directory.file("proc/7/task/7/wchan", "futex_do_wait")
        try host.directory.file("proc/7/task/9/stat", "9 (worker) R \(middle) 1 0 0\n")
        try host.directory.file("proc/7/task/9/wchan", "0")
        #expect(
            host.processes.threads(of: 7) == [
                7: ThreadFacts(state: "S", name: "a) b", cpuTime: 2_000_000_000, waitsIn: "futex_do_wait"),
                9: ThreadFacts(state: "R", name: "worker", cpuTime: 10_000_000, waitsIn: nil),
            ])
        #expect(host.processes.threads(of: 8).isEmpty)
    }

    @Test func whoTracesAThreadIsSeen() throws {
        try host.directory.file("proc/7/task/8/status", "Name:\tx\nState:\tt (tracing stop)\nTracerPid:\t9\n")
        try host.directory.file("proc/7/task/7/status", "Name:\tx\nState:\tZ (zombie)\nTracerPid:\t0\n")
        #expect(host.processes.tracing(of: 8, in: 7) == ThreadTracing(hasEnded: false, tracer: 9))
        #expect(host.processes.tracing(of: 7, in: 7) == ThreadTracing(hasEnded: true, tracer: nil))
        #expect(host.processes.tracing(of: 6, in: 7) == nil)
        #expect(host.processes.traceRestriction == nil)
        try host.directory.file("proc/sys/kernel/yama/ptrace_scope", "1\n")
        #expect(host.processes.traceRestriction == 1)
    }
}
