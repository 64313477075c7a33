// SPDX-License-Identifier: Apache-2.0
//
// The kills that control groups count, of both versions, and whether a process is alive, from files.

import SiltHost
import TestFixtures
import Testing

@Suite struct KillCountsTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func events(_ group: String, kills: Int) throws {
        try host.directory.file("cgroup/\(group)/memory.events", "low 0\noom 9\noom_kill \(kills)\noom_group_kill 0\n")
    }

    @Test func aKillInTheOwnGroupIsSeen() throws {
        try host.process(7, cgroup: "0::/app/shop\n")
        try events("app", kills: 5)
        try events("app/shop", kills: 0)
        let counts = host.processes.killCounts(of: 7)
        #expect(!host.processes.hasKilled(since: counts))
        // A neighbour's.
        try events("app", kills: 6)
        #expect(!host.processes.hasKilled(since: counts))
        try events("app/shop", kills: 1)
        #expect(host.processes.hasKilled(since: counts))
    }

    @Test func ofAGroupThatIsGoneTheOneAboveTells() throws {
        try host.process(7, cgroup: "0::/app/shop\n")
        try events("app", kills: 5)
        try events("app/shop", kills: 0)
        let counts = host.processes.killCounts(of: 7)
        try host.directory.link("cgroup/app/shop/memory.events", to: "/nonexistent")
        #expect(!host.processes.hasKilled(since: counts))
        try events("app", kills: 6)
        #expect(host.processes.hasKilled(since: counts))
    }

    @Test func versionOneCountsElsewhere() throws {
        try host.process(7, cgroup: "5:cpu,memory:/shop\n0::/other\n")
        func control(_ kills: Int) throws {
            try host.directory.file(
                "cgroup/memory/shop/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill \(kills)\n")
        }
        try control(3)
        let counts = host.processes.killCounts(of: 7)
        #expect(!host.processes.hasKilled(since: counts))
        try control(4)
        #expect(host.processes.hasKilled(since: counts))
    }

    @Test func whatCannotBeReadCountsNothing() throws {
        #expect(host.processes.killCounts(of: 8) == KillCounts())
        try host.process(7, cgroup: "0::/app\n")
        #expect(host.processes.killCounts(of: 7) == KillCounts())
        #expect(!host.processes.hasKilled(since: KillCounts()))
    }

    @Test func aZombieALaterProcessAndNoneAreNotAlive() throws {
        try host.process(7)
        #expect(host.processes.isAlive(7, startTicks: 98_765))
        #expect(!host.processes.isAlive(7, startTicks: 98_766))
        #expect(!host.processes.isAlive(8, startTicks: 98_765))
        try host.process(9, state: "Z")
        #expect(!host.processes.isAlive(9, startTicks: 98_765))
    }
}
