// SPDX-License-Identifier: Apache-2.0
//
// Sessions found by the process that has them mapped: in containers, in any directory, without a name.

import CSiltFormat
import Glibc
import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct MappedSessionTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func mapping(of path: String, inode: UInt64, to end: String = "200000") -> String {
        "100000-\(end) rw-s 00000000 00:19 \(inode)               \(path)\n"
    }

    /// A process in a container, as the host counts; it is process 1 there.
    private func container(_ pid: Int) throws -> String {
        var session = SessionBytes.small
        session.header.pid = 1
        session.header.pid_namespace = 4_026_532_000
        let inside = "/dev/shm/silt-0/app.1.live.silt"
        let path = try host.directory.file("proc/\(pid)/root\(inside)", session.live())
        try host.process(pid, maps: mapping(of: inside, inode: FileStatus(ofPath: path).inode))
        try host.directory.link("proc/\(pid)/ns/pid", to: "pid:[4026532000]")
        return path
    }

    private func message(_ target: String, wholeHost: Bool = true) -> String? {
        do throws(CatalogError) {
            _ = try host.catalog(wholeHost: wholeHost).resolve(target)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Containers

    /// In a container the path that the process shows leads elsewhere for this reader.
    @Test func aSessionInAContainerIsFoundByThePidOnTheHost() throws {
        let path = try container(4242)
        #expect(try host.catalog().resolve("4242") == path)
        let header = try SessionSummary(contentsOf: path).header
        #expect(host.processes.process(of: header, file: path).facts?.pid == 4242)
        #expect(host.processes.root(of: header, file: path) == host.processes.proc + "/4242/root")
    }

    /// A directory that host and container share: its path is the same for both, and does not tell the pid.
    @Test func aSessionThatBothSeeIsFoundWithThePidThatCountsHere() throws {
        let shared = try host.session("app.1.live.silt", pid: 1) { $0.header.pid_namespace = 4_026_532_000 }
        let inside = try host.directory.link("proc/4242/root\(shared)", to: shared)
        unsafe #expect(unlink(inside) == 0 && Glibc.link(shared, inside) == 0)
        try host.process(4242, maps: mapping(of: shared, inode: FileStatus(ofPath: shared).inode))
        try host.directory.link("proc/4242/ns/pid", to: "pid:[4026532000]")
        #expect(host.catalog().sessions.map(\.status) == [.elsewhere])
        #expect(try host.catalog().resolve("4242") == inside)
        #expect(try host.catalog(wholeHost: true).resolve("payments") == inside)
        #expect(host.catalog(wholeHost: true).all(matching: "payments").map(\.status) == [.running])
        // A directory was named, and its files are what is meant.
        #expect(try host.catalog().resolve("payments") == shared)
    }

    @Test func aNameIsLookedForAmongProcessesOnlyIfNoDirectoryWasNamed() throws {
        let path = try container(4242)
        #expect(try host.catalog(wholeHost: true).resolve("payments") == path)
        #expect(message("payments", wholeHost: false)?.contains("no session of that name or pid") == true)
        #expect(host.catalog(wholeHost: true).everywhere.map(\.path) == [path])
        // What the directories have is not looked for further.
        let listed = try host.session("payments.7.live.silt", pid: 7)
        #expect(try host.catalog(wholeHost: true).resolve("payments") == listed)
    }

    @Test func twoContainersWithOneNameAreAnErrorThatNamesBoth() throws {
        let paths = try [4242, 4243].map(container)
        let sentence = try #require(message("payments"))
        #expect(sentence.hasPrefix("payments: 2 sessions match;"))
        #expect(paths.allSatisfy { sentence.contains($0) })
    }

    // MARK: Whose it is

    @Test func aChildThatStillHasItsParentsSessionHasNoneOfItsOwn() throws {
        let path = try host.session("payments.4242.live.silt")
        let inode = try FileStatus(ofPath: path).inode
        try host.process(4242, maps: mapping(of: path, inode: inode))
        try host.process(4243, startTicks: 98_800, maps: mapping(of: path, inode: inode))
        #expect(try host.catalog().resolve("4242") == path)
        #expect(message("4243")?.hasPrefix("4243: no session of that name or pid in ") == true)
    }

    @Test func aProcessWithoutASessionHasNone() throws {
        try host.process(4242, maps: host.maps("/opt/payments/data"))
        #expect(message("4242")?.hasPrefix("4242: no session of that name or pid in ") == true)
    }

    @Test func aProcessThatRunsWithTheLibraryIsNotDenied() throws {
        try host.process(4242, maps: host.maps("/opt/silt/libsilt.so"))
        #expect(message("4242")?.hasPrefix("4242: runs with libsilt.so, but nothing was sampled yet") == true)
        try host.directory.file("proc/4242/status", "Name:\tapp\nUid:\t1000\t1000\t0\t1000\n")
        #expect(
            message("4242")
                == "4242: runs with libsilt.so, but has the rights of several users (0, 1000): it makes no session until it"
                + " has those of one")
        try host.directory.file("proc/4242/environ", "HOME=/\0SILT_RECORD=0\0")
        #expect(
            message("4242")
                == "4242: was started with SILT_RECORD=0, so that nothing is recorded: start it again without")
    }

    // MARK: Without a name

    @Test func aSessionWhoseNameWasRemovedIsFoundByItsProcess() throws {
        let mapped = try host.directory.file("proc/4242/map_files/100000-200000", SessionBytes.small.live())
        try host.process(4242, maps: mapping(of: "/dev/shm/silt-1000/payments.4242.live.silt (deleted)", inode: 5))
        #expect(try host.catalog().resolve("4242") == mapped)
        #expect(try SessionImage(contentsOf: mapped).header.pid == 4242)
        #expect(host.catalog().all(matching: "4242").map(\.status) == [.running])
    }

    /// Only root may open what a process has mapped. Its memory holds the same, in several mappings one after the other.
    @Test func aSessionWithoutANameIsReadFromTheMemoryOfItsProcess() throws {
        let path = "/dev/shm/silt-1000/payments.4242.live.silt (deleted)"
        let (start, part) = (0x100000, 0x1000)
        let session = SessionBytes.small.live()
        try host.directory.file(
            "proc/4242/mem", [UInt8](repeating: 0, count: start) + session + [UInt8](repeating: 7, count: 4096))
        try host.process(
            4242,
            maps: mapping(of: path, inode: 5, to: String(start + part, radix: 16))
                + "101000-\(String(start + session.count, radix: 16)) rw-s 00001000 00:19 5    \(path)\n"
                + "300000-301000 rw-s 00000000 00:19 6    /dev/shm/other\n")
        let name = host.processes.proc + "/4242/map_files/100000-101000"
        #expect(try host.catalog().resolve("4242") == name)
        let read = try Session(contentsOf: name)
        #expect(read.live == (try Session(bytes: session, path: name)).live)
        #expect(!read.live.isEmpty)
        #expect(host.processes.process(of: read.header, file: name).facts?.pid == 4242)
        // The process has gone on without it.
        try host.process(4242, maps: host.maps("/somewhere/else"))
        #expect(host.processes.process(of: read.header, file: name) == .detached)
        #expect(throws: FileError.self) { try Session(contentsOf: name) }
    }

    @Test func aSessionThatMayNotBeReadIsNamedSoThatReadingTellsWhy() throws {
        try host.process(4242, maps: mapping(of: "/dev/shm/silt-1000/payments.4242.live.silt (deleted)", inode: 5))
        let name = try host.catalog().resolve("4242")
        #expect(name == host.processes.proc + "/4242/map_files/100000-200000")
        #expect(throws: FileError.self) { try Session(contentsOf: name) }
    }

    @Test(arguments: ["/proc/1/map_files/20-10", "/proc/1/map_files/x-y", "/proc/x/map_files/10-20", "/proc/1/maps"])
    func otherPathsAreNoMappings(path: String) {
        #expect(MappedFile(path: path) == nil)
    }
}
