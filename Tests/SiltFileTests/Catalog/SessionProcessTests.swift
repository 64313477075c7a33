// SPDX-License-Identifier: Apache-2.0
//
// Whether the process that a session records is still the same one.

import CSiltFormat
import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct SessionProcessTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func process(_ path: String) throws -> SessionProcess {
        host.processes.process(of: try SessionSummary(contentsOf: path).header, file: path)
    }

    @Test func theProcessThatWritesTheFileIsRunning() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, maps: host.maps(path))
        #expect(try process(path).facts?.rss == 2048 * 1024)
        #expect(try process(path) == .running(#require(host.processes.facts(of: 4242))))
    }

    @Test func aZombieHasEnded() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, state: "Z", maps: host.maps(path))
        #expect(try process(path) == .ended)
    }

    @Test func aLaterProcessWithThePidIsNotTheSessions() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, startTicks: 98_766, maps: host.maps(path))
        #expect(try process(path) == .ended)
    }

    @Test func aPidOfAnotherNamespaceOrBootIsNotLookedUp() throws {
        let container = try host.session("a.1.live.silt", pid: 1) { $0.header.pid_namespace = 4_026_532_000 }
        let copied = try host.session("a.2.live.silt", pid: 2) { $0.bootID[3] = 8 }
        try host.process(1, maps: host.maps(container))
        try host.process(2, maps: host.maps(copied))
        #expect(try process(container) == .elsewhere)
        #expect(try process(copied) == .otherBoot)
    }

    @Test func whatTheShimCouldNotFindOutRulesNothingOut() throws {
        let path = try host.session("payments.4242.live.silt") {
            $0.header.pid_namespace = 0
            $0.bootID = [UInt8](repeating: 0, count: 16)
        }
        try host.process(4242, maps: host.maps(path))
        #expect(try process(path).facts != nil)
    }

    @Test func aProcessAfterExecAndACopyOfTheFileAreNotTheSession() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, maps: host.maps("/somewhere/else"))
        #expect(try process(path) == .detached)
    }

    @Test func aFileThatIsGoneTellsThatItsProcessEnded() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, maps: host.maps("[heap]"))
        let header = try SessionSummary(contentsOf: path).header
        #expect(host.processes.process(of: header, file: path + ".gone") == .ended)
    }

    @Test func aProcessWhoseMapsCannotBeReadIsBelieved() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242)
        #expect(try process(path).facts != nil)
    }
}
