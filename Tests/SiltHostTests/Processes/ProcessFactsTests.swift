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

    @Test func whatProcessesShareIsReadOnceForOneLook() throws {
        for (pid, group) in [(7, "a"), (8, "a"), (9, "b")] { try host.process(pid, cgroup: "0::/\(group)\n") }
        func charge(_ bytes: Int) throws {
            for group in ["a", "b"] { try host.directory.file("cgroup/\(group)/memory.current", "\(bytes)\n") }
        }
        try charge(100)
        let look = host.processes.atOneMoment()
        #expect(look.facts(of: 7) == host.processes.facts(of: 7))
        try charge(200)
        #expect([7, 8, 9].map { look.facts(of: $0)?.memoryCurrent } == [100, 100, 200])
        #expect(host.processes.facts(of: 8)?.memoryCurrent == 200)
        #expect(look.bootID == host.processes.bootID && look.pidNamespace == host.processes.pidNamespace)
    }

    /// A narrow group that is empty is not what kills, if a wide one above it is nearly full.
    @Test func theLimitWithTheLeastRoomCounts() throws {
        try host.process(7, cgroup: "0::/pods.slice/pod.slice/main.scope\n")
        for (path, limit, current) in [
            ("pods.slice", 5000, 4000), ("pods.slice/pod.slice", 600, 540),
            ("pods.slice/pod.slice/main.scope", 400, 100),
        ] {
            try host.directory.file("cgroup/\(path)/memory.max", "\(limit)\n")
            try host.directory.file("cgroup/\(path)/memory.current", "\(current)\n")
            try host.directory.file("cgroup/\(path)/memory.high", "max\n")
        }
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryGroup == "/pods.slice/pod.slice")
        #expect(facts.memoryLimit == 600 && facts.memoryCurrent == 540)
        // What the kernel takes back is room.
        try host.directory.file("cgroup/pods.slice/pod.slice/memory.stat", "inactive_file 500\n")
        #expect(try #require(host.processes.facts(of: 7)).memoryGroup == "/pods.slice/pod.slice/main.scope")
    }

    /// From memory.high on the kernel slows down what allocates, and nobody gets as far as memory.max.
    @Test func aLimitThatSlowsDownIsToldAsSuch() throws {
        try host.process(7, cgroup: "0::/payments\n")
        try host.directory.file("cgroup/payments/memory.max", "1000\n")
        try host.directory.file("cgroup/payments/memory.high", "800\n")
        try host.directory.file("cgroup/payments/memory.current", "700\n")
        try host.directory.file("cgroup/payments/memory.swap.max", "0\n")
        try host.directory.file("cgroup/payments/memory.swap.current", "0\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryLimit == 800 && facts.memoryThrottles)
        #expect(facts.swapLeft == 0)
        try host.directory.file("cgroup/payments/memory.high", "1000\n")
        #expect(try #require(host.processes.facts(of: 7)).memoryThrottles == false)
        try host.directory.file("cgroup/payments/memory.max", "max\n")
        let soft = try #require(host.processes.facts(of: 7))
        #expect(soft.memoryLimit == 1000 && soft.memoryThrottles)
    }

    /// Kubernetes' nesting in version 2: each group has limits, cache and swap of its own, and those of one group go together.
    @Test func limitCacheAndSwapAreOfOneAndTheSameGroup() throws {
        try host.process(7, cgroup: "0::/kubepods.slice/pod.slice/cri.scope\n")
        for (path, max, high, current, cache, swapMax, swap) in [
            ("kubepods.slice", "9000", "max", 4000, 100, "max", 0),
            ("kubepods.slice/pod.slice", "3000", "2500", 2600, 900, "700", 200),
            ("kubepods.slice/pod.slice/cri.scope", "2800", "max", 1500, 50, "0", 0),
        ] {
            for (file, text) in [
                ("max", max), ("high", high), ("current", "\(current)"), ("swap.max", swapMax),
                ("swap.current", "\(swap)"),
                ("stat", "anon \(current - cache)\ninactive_file \(cache)\n"),
            ] { try host.directory.file("cgroup/\(path)/memory.\(file)", text + "\n") }
        }
        let facts = try #require(host.processes.facts(of: 7))
        // 800 are left up to the pod's memory.high, 1300 up to its memory.max, 1350 in the container, 5100 above.
        #expect(facts.memoryGroup == "/kubepods.slice/pod.slice" && facts.memoryThrottles)
        #expect(facts.memoryLimit == 2500 && facts.memoryCurrent == 1700)
        #expect(facts.swapLeft == 500)
        try host.directory.file("cgroup/kubepods.slice/pod.slice/memory.high", "max\n")
        let killed = try #require(host.processes.facts(of: 7))
        #expect(!killed.memoryThrottles && killed.memoryLimit == 3000 && killed.memoryCurrent == 1700)
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

    @Test func inactiveFileCacheIsNotInUse() throws {
        try host.process(7, cgroup: "0::/payments\n")
        try host.directory.file("cgroup/payments/memory.max", "1000\n")
        try host.directory.file("cgroup/payments/memory.current", "900\n")
        try host.directory.file("cgroup/payments/memory.stat", "anon 100\ninactive_file 650\nactive_file 50\n")
        try host.directory.file("cgroup/payments/memory.swap.max", "500\n")
        try host.directory.file("cgroup/payments/memory.swap.current", "20\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryCurrent == 250)
        #expect(facts.memoryGroup == "/payments")
        #expect(facts.swapLeft == 480)
        try host.directory.file("cgroup/payments/memory.swap.max", "max\n")
        #expect(try #require(host.processes.facts(of: 7)).swapLeft == nil)
    }

    @Test func version1CountsSwapWithMemoryAndCacheWithThatOfGroupsBelow() throws {
        try host.process(7, cgroup: "4:memory:/payments\n")
        try host.directory.file("cgroup/memory/payments/memory.limit_in_bytes", "1000\n")
        try host.directory.file("cgroup/memory/payments/memory.usage_in_bytes", "900\n")
        try host.directory.file(
            "cgroup/memory/payments/memory.stat", "cache 9\ninactive_file 1\ntotal_inactive_file 600\n")
        try host.directory.file("cgroup/memory/payments/memory.memsw.limit_in_bytes", "1500\n")
        try host.directory.file("cgroup/memory/payments/memory.memsw.usage_in_bytes", "1000\n")
        let facts = try #require(host.processes.facts(of: 7))
        #expect(facts.memoryCurrent == 300)
        #expect(facts.memoryGroup == "/payments")
        // 500 are left in all, 100 of them of memory.
        #expect(facts.swapLeft == 400)
    }

    @Test func addressSpaceHasALimitIfItIsANumber() throws {
        try host.process(7)
        #expect(try #require(host.processes.facts(of: 7)).addressSpaceLimit == nil)
        let head = "Limit                     Soft Limit           Hard Limit           Units\n"
        try host.directory.file(
            "proc/7/limits", head + "Max address space         4294967296           unlimited            bytes\n")
        #expect(try #require(host.processes.facts(of: 7)).addressSpaceLimit == 4_294_967_296)
        try host.directory.file(
            "proc/7/limits", head + "Max address space         unlimited            unlimited            bytes\n")
        #expect(try #require(host.processes.facts(of: 7)).addressSpaceLimit == nil)
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
