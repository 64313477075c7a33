// SPDX-License-Identifier: Apache-2.0
//
// What is made of /proc and the control groups, of a host made of files and of this very process.

import Glibc
import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct ProcessFactsTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    @Test func factsAreReadFromTheirFiles() throws {
        try host.process(7)
        #expect(
            host.processes.facts(of: 7)
                == ProcessFacts(
                    pid: 7, startTicks: 98_765, comm: "pay) ments (x", isZombie: false,
                    exe: "/opt/payments/bin/payments", rss: 2_097_152, memoryLimit: nil, memoryCurrent: nil,
                    caughtSignals: 0xa02))
    }

    @Test func mappingsAreReadWithoutWhatIsResident() throws {
        try host.process(7, maps: host.maps("/tmp/a b.silt"))
        let mappings = try #require(host.processes.layout(of: 7))
        #expect(mappings.map(\.path) == ["/opt/payments/bin/payments", "", "/tmp/a b.silt"])
        #expect(mappings.map(\.isExecutable) == [true, false, false])
        #expect(mappings.map(\.isShared) == [false, false, true])
        #expect(mappings.mapping(at: 0x7f00_0000_0fff)?.addresses == 0x7f00_0000_0000..<0x7f00_0000_1000)
        #expect(host.processes.layout(of: 8) == nil)
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

    @Test func aHandlerIsSeenForItsSignalOnly() throws {
        try host.process(7)
        let facts = try #require(host.processes.facts(of: 7))
        #expect((1...14).filter { facts.catches($0) == true } == [2, 10, 12])
        #expect(facts.catches(0) == nil)
        #expect(facts.catches(65) == nil)
    }

    @Test func aPidThatDoesNotExistHasNoFacts() {
        #expect(host.processes.facts(of: 8) == nil)
    }

    @Test func theTightestLimitAboveCountsInVersion2() throws {
        try host.process(7, cgroup: "0::/app.slice/payments.service\n")
        try host.directory.file("cgroup/memory.current", "900\n")
        try host.directory.file("cgroup/app.slice/memory.max", "500\n")
        try host.directory.file("cgroup/app.slice/memory.current", "400\n")
        try host.directory.file("cgroup/app.slice/payments.service/memory.max", "800\n")
        try host.directory.file("cgroup/app.slice/payments.service/memory.current", "300\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryLimit == 500)
        #expect(facts.memoryCurrent == 400)
        try host.directory.file("cgroup/app.slice/payments.service/memory.max", "350\n")
        let tighter = try #require(host.processes.facts(of: 7))
        #expect(tighter.memoryLimit == 350)
        #expect(tighter.memoryCurrent == 300)
    }

    @Test func withoutALimitTheOwnGroupsChargeIsTold() throws {
        try host.process(7, cgroup: "9:name=systemd:/\n4:cpu,memory:/payments\n0::/\n")
        try host.directory.file("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
        try host.directory.file("cgroup/memory/memory.usage_in_bytes", "900\n")
        try host.directory.file("cgroup/memory/payments/memory.limit_in_bytes", "9223372036854771712\n")
        try host.directory.file("cgroup/memory/payments/memory.usage_in_bytes", "300\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryLimit == nil)
        #expect(facts.memoryCurrent == 300)
    }

    @Test func inAContainerTheMountsRootStandsForTheHostsPath() throws {
        try host.process(7, cgroup: "4:memory:/docker/0123456789\n0::/\n")
        try host.directory.file("cgroup/memory/memory.limit_in_bytes", "2147483648\n")
        try host.directory.file("cgroup/memory/memory.usage_in_bytes", "1000\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryLimit == 2_147_483_648)
        #expect(facts.memoryCurrent == 1000)
    }

    @Test func thisProcessIsSeenAsItIs() throws {
        let table = ProcessTable()
        let facts = try #require(table.facts(of: UInt32(getpid())))
        #expect(facts.startTicks > 0)
        #expect(!facts.isZombie)
        #expect(facts.exe == (try targetOfLink("/proc/self/exe")))
        #expect((facts.rss ?? 0) > 1 << 20)
        #expect(table.pidNamespace != nil)
        #expect(table.bootID?.count == 16)
        #expect(table.maps(UInt32(getpid()), path: facts.exe ?? "", inode: 0) == true)
        #expect(table.maps(UInt32(getpid()), path: "/nowhere", inode: .max) == false)
    }

    @Test(arguments: [
        (UInt64(0), "1970-01-01 00:00:00 UTC"), (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_782_400, "2000-02-29 00:00:00 UTC"), (1_700_000_000, "2023-11-14 22:13:20 UTC"),
        (1_735_689_599, "2024-12-31 23:59:59 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
    ])
    func aMomentIsWrittenByTheCalendar(seconds: UInt64, text: String) {
        #expect(formatMoment(seconds * 1_000_000_000) == text)
    }
}
