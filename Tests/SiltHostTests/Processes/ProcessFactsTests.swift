// SPDX-License-Identifier: Apache-2.0
//
// Facts of a process, from a /proc and control groups made of files, and of this process.

import Glibc
import TestFixtures
import Testing

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
    }
}
