// SPDX-License-Identifier: Apache-2.0
//
// What processes in containers see otherwise, from a /proc made of files.

import TestFixtures
import Testing

@testable import SiltHost

@Suite struct NamespacesTests {
    private let host: FakeHost

    init() throws {
        host = try FakeHost()
        try host.directory.link("proc/self/ns/mnt", to: "mnt:[4026531841]")
    }

    @Test func aProcessInAnotherNamespaceCountsOtherwise() throws {
        try host.directory.link("proc/7/ns/pid", to: "pid:[4026532000]")
        try host.directory.link("proc/8/ns/pid", to: "pid:[4026531836]")
        #expect(host.processes.countsOtherwise(7))
        #expect(!host.processes.countsOtherwise(8))
        // Another user's namespaces cannot be read.
        #expect(!host.processes.countsOtherwise(9))
    }

    @Test func aRootIsToldOnlyIfItIsAnother() throws {
        for pid in 7...9 { try host.directory.link("proc/\(pid)/root", to: pid == 8 ? "/srv/jail" : "/") }
        try host.directory.link("proc/7/ns/mnt", to: "mnt:[4026532001]")
        try host.directory.link("proc/8/ns/mnt", to: "mnt:[4026531841]")
        try host.directory.link("proc/9/ns/mnt", to: "mnt:[4026531841]")
        #expect(host.processes.root(of: 7) == host.processes.proc + "/7/root")
        #expect(host.processes.root(of: 8) == host.processes.proc + "/8/root")
        #expect(host.processes.root(of: 9) == nil)
        #expect(host.processes.root(of: 10) == nil)
    }

    @Test func threadsAreKnownByTheNumbersOfTheirOwnNamespace() throws {
        try host.directory.file("proc/7/task/7/status", "Name:\tx\nNSpid:\t7\t1\n")
        try host.directory.file("proc/7/task/9/status", "Name:\tx\nNSpid:\t9\t3\n")
        #expect(host.processes.threadsByOwnNumber(of: 7) == [1: 7, 3: 9])
        #expect(host.processes.threadsByOwnNumber(of: 8).isEmpty)
    }

    @Test func theEnvironmentOfAProcessIsRead() throws {
        try host.directory.file("proc/7/environ", "SILT_DIR=/a=b\0EMPTY=\0nonsense\0SILT_DIR=/second\0")
        #expect(host.processes.environment(of: 7) == ["SILT_DIR": "/a=b", "EMPTY": ""])
        #expect(host.processes.environment(of: 8) == nil)
    }

    @Test func allProcessesAreListedInOrder() throws {
        for pid in [10, 9, 8] { try host.process(pid) }
        #expect(host.processes.pids == [8, 9, 10])
    }

    @Test func theUsersOfAProcessAreThoseItActsForOrMay() throws {
        try host.process(7, user: 1000)
        #expect(host.processes.facts(of: 7)?.users == [1000])
        try host.directory.file("proc/7/status", "Uid:\t0\t33\t0\t33\n")
        #expect(host.processes.facts(of: 7)?.users == [0, 33])
    }
}
