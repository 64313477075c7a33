// SPDX-License-Identifier: Apache-2.0
//
// The list of sessions and what became of their processes, and which session a target names.

import CSiltFormat
import Glibc
import TestFixtures
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct CatalogTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    private func resolve(_ target: String) -> Result<String, CatalogError> {
        let catalog = host.catalog()
        return Result { () throws(CatalogError) in try catalog.resolve(target) }
    }

    private func message(_ target: String) -> String? {
        if case .failure(let error) = resolve(target) { error.description } else { nil }
    }

    // MARK: Status

    @Test func aProcessThatMapsItsSessionIsRunning() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, maps: host.maps(path))
        let entry = try #require(host.catalog().sessions.first)
        #expect(entry.status == .running)
        #expect(entry.path == path)
        #expect(entry.header.comm == "payments")
        // The newest event came three seconds after the session's start.
        #expect(entry.summary.lastEvent == 1_700_000_003_000_000_000)
    }

    @Test func aProcessThatDoesNotMapItsSessionHasCalledExec() throws {
        try host.session("payments.4242.live.silt")
        try host.process(4242, maps: host.maps("/somewhere/else"))
        #expect(host.catalog().sessions.map(\.status) == [.replaced])
    }

    @Test func aProcessThatWentOnAsAnotherProgramWasNotKilledAsTheFirst() throws {
        try host.session("sh.1.live.silt", pid: 1) { $0.comm = "sh" }
        try host.session("payments.1.live.silt", pid: 1) { $0.header.start_monotonic += 1 }
        try host.session("sh.2.live.silt", pid: 2) { $0.comm = "sh" }
        // The second program of process 2 exited, and left a dump.
        try host.session("payments.2.1.silt", pid: 2) { $0.header.start_monotonic += 1 }
        // A later process with that number.
        try host.session("sh.3.live.silt", pid: 3) { $0.comm = "sh" }
        try host.session("payments.3.1.silt", pid: 3) {
            $0.header.start_monotonic += 1
            $0.header.pid_start_ticks += 1
        }
        let catalog = host.catalog()
        #expect(
            catalog.sessions.map { "\($0.header.comm) \($0.header.pid) \($0.status)" } == [
                "payments 1 killed", "sh 1 exec'd", "sh 2 exec'd", "sh 3 killed",
            ])
        #expect(try catalog.resolve("1").hasSuffix("/payments.1.live.silt"))
        #expect(try catalog.resolve("2").hasSuffix("/sh.2.live.silt"))
        #expect(try catalog.resolve("sh").hasSuffix("/sh.3.live.silt"))
    }

    @Test func aProcessWhoseMapsCannotBeReadIsRunning() throws {
        try host.session("payments.4242.live.silt")
        try host.process(4242)
        #expect(host.catalog().sessions.map(\.status) == [.running])
    }

    @Test func aProcessThatIsGoneWasKilled() throws {
        try host.session("payments.4242.live.silt")
        #expect(host.catalog().sessions.map(\.status) == [.killed(byOutOfMemory: false)])
    }

    @Test func aLaterProcessWithTheSamePidIsNotTheSession() throws {
        let path = try host.session("payments.4242.live.silt")
        try host.process(4242, startTicks: 98_766, maps: host.maps(path))
        #expect(host.catalog().sessions.map(\.status) == [.killed(byOutOfMemory: false)])
    }

    @Test func aZombieIsGone() throws {
        try host.session("payments.4242.live.silt")
        try host.process(4242, state: "Z")
        #expect(host.catalog().sessions.map(\.status) == [.killed(byOutOfMemory: false)])
    }

    @Test func theKernelsLogTellsTheOutOfMemoryKillersVictims() throws {
        try host.session("payments.4242.live.silt") { $0.header.start_monotonic = 500_000_000_000 }
        try host.session("payments.4243.live.silt", pid: 4243) { $0.header.start_monotonic = 700_000_000_000 }
        try host.session("payments.424.live.silt", pid: 424)
        try host.kernelLog(
            "6,1,400000000,-;payments invoked oom-killer\n"
                + "3,2,600000000,-;Memory cgroup out of memory: Killed process 4242 (payments) total-vm:9kB\n"
                + "3,3,600000001,-;Out of memory: Killed process 4243 (payments) total-vm:9kB\n")
        #expect(
            host.catalog().sessions.map(\.status) == [
                .killed(byOutOfMemory: false), .killed(byOutOfMemory: true), .killed(byOutOfMemory: false),
            ])
    }

    @Test func aSessionThatSaidGoodbyeHasExited() throws {
        try host.session("payments.4242.live.silt") { $0.header.state = SILT_STATE_EXITED.rawValue }
        #expect(host.catalog().sessions.map(\.status) == [.exited])
    }

    @Test func howAProcessEndedInASandboxIsNotKnown() throws {
        for pid: UInt32 in 4242...4243 {
            try host.session("payments.\(pid).live.silt", pid: pid) {
                $0.header.state = SILT_STATE_SANDBOXED.rawValue
            }
        }
        try host.kernelLog("3,2,600000000,-;Memory cgroup out of memory: Killed process 4243 (payments) total-vm:9kB\n")
        #expect(host.catalog().sessions.map(\.status) == [.ended, .killed(byOutOfMemory: true)])
    }

    @Test func whatAnotherNamespaceOrBootHoldsIsNotJudged() throws {
        try host.session("a.1.live.silt", pid: 1) { $0.header.pid_namespace = 4_026_532_000 }
        try host.session("a.2.live.silt", pid: 2) { $0.bootID[3] = 8 }
        let sessions = host.catalog().sessions
        #expect(sessions.map(\.status) == [.elsewhere, .otherBoot])
        #expect(sessions.map(\.summary.lastEvent) == [1_700_000_003_000_000_000, 1_700_000_003_000_000_000])
    }

    // MARK: Files

    @Test func sessionsAndDumpsAreListedInOrderAndTheRestIsTold() throws {
        try host.session("b.9.live.silt", pid: 9) { $0.comm = "b" }
        try host.session("a.10.live.silt", pid: 10) { $0.comm = "a" }
        try host.session("a.2.1.live.silt", pid: 2) { $0.comm = "a" }
        try host.session("a.2.live.silt", pid: 2) { $0.comm = "a" }
        let dump = try host.session("a.2.1.silt", pid: 2) { $0.comm = "a" }
        let broken = try host.directory.file("silt/c.1.live.silt", "#!/bin/sh")
        try host.directory.file("silt/notes.txt", "not a session")
        try host.directory.link("silt/link.1.live.silt", to: dump)
        try host.directory.directory("silt/folder.silt")
        let catalog = host.catalog()
        #expect(
            catalog.sessions.map { $0.path.split(separator: "/").last } == [
                "a.2.1.live.silt", "a.2.live.silt", "a.10.live.silt", "b.9.live.silt",
            ])
        #expect(catalog.dumps.map(\.path) == [dump])
        #expect(catalog.problems == [.notSilt(path: broken, found: Array("#!/bin/s".utf8))])
    }

    @Test func aDirectoryThatIsMissingIsAProblem() {
        let catalog = Catalog(directories: ["/nowhere"], processes: host.processes, kernelLog: "/nowhere", reader: 0)
        #expect(catalog.problems == [.cannotOpen(path: "/nowhere", reason: "No such file or directory")])
    }

    @Test func onlyDirectoriesOfTheUserTheyAreNamedAfterCount() throws {
        let uid = getuid()
        let own = try host.directory.directory("tmp/silt-\(uid)")
        try host.directory.directory("tmp/silt-\(uid + 1)")
        try host.directory.directory("tmp/silt-0\(uid)")
        try host.directory.link("tmp/silt-\(uid + 2)", to: own)
        try host.directory.file("tmp/silt-\(uid + 3)", "")
        let memory = try host.directory.directory("shm/silt-\(uid)")
        let roots = [host.directory.path + "/shm", host.directory.path + "/tmp", "/nowhere"]
        #expect(Places.directories(environment: nil, roots: roots) == [memory, own])
        #expect(Places.directories(environment: "", roots: roots) == [memory, own])
        #expect(Places.directories(environment: "/srv/silt", roots: roots) == ["/srv/silt", memory, own])
        #expect(Places.directories(environment: own, roots: roots) == [own, memory])
    }

    /// The shim puts a live session elsewhere than dumps, where it may not lie beside them.
    @Test func withADirectoryThatHoldsNoSessionsThoseInMemoryAreSeenToo() throws {
        let memory = try host.directory.directory("shm/silt-\(getuid())")
        let shared = host.directory.path + "/shm"
        let link = try host.directory.link("link", to: host.directory.path)
        #expect(Places.directories(named: "/proc", live: shared) == ["/proc", memory])
        #expect(Places.directories(named: link, live: shared) == [link, memory])
        #expect(Places.directories(named: "/nowhere", live: shared) == ["/nowhere"])
        let holds = try Places.mayHoldSessions(FileSystem(ofPath: memory).kind)
        #expect(Places.directories(named: memory + "/..", live: shared).count == (holds ? 1 : 2))
        #expect(Places.mayHoldSessions(.tmpfs) && Places.mayHoldSessions(.ext4))
        #expect(![.overlay, .btrfs, .xfs, .zfs, .nfs, .other(7)].contains { Places.mayHoldSessions($0) })
    }

    @Test func theNewestEventIsFoundInAWrappedRingWhoseLastWriterIsNotDone() throws {
        var session = SessionBytes.small
        for index in 0..<6 {
            session.addEvent(SILT_OP_ALLOC, 1, size: 1, time: 10_000_000_000 + UInt64(index), site: 1)
        }
        var bytes = session.live()
        bytes.store(UInt64(0), at: bytes.place(ofElement: 10 % 8, in: .ring))
        let path = try host.directory.file("silt/x.live.silt", bytes)
        #expect(try SessionSummary(contentsOf: path).lastEvent == 1_700_000_009_000_000_004)
    }

    @Test func aHeaderWithAnImpossibleRingStillReads() throws {
        for (field, value) in [(0, UInt64.max), (0, UInt64.max - 5000), (8, UInt64.max), (8, 0), (24, UInt64.max)] {
            var bytes = SessionBytes().live()
            bytes.store(value, at: [UInt8].place(of: .ring, field))
            let path = try host.directory.file("silt/x.live.silt", bytes)
            #expect(try SessionSummary(contentsOf: path).lastEvent == nil)
        }
    }

    // MARK: Targets

    @Test func aSessionIsFoundByPidCommExecutableAndPath() throws {
        let path = try host.session("payments.4242.live.silt") {
            $0.comm = "pay-worker"
            $0.exe = "/opt/bin/payments"
        }
        for target in ["4242", "pay-worker", "payments", path] {
            #expect(try host.catalog().resolve(target) == path)
        }
        #expect(try host.catalog().resolve("old.silt") == "old.silt")
    }

    @Test func aRunningSessionGoesBeforeThoseThatEnded() throws {
        try host.session("payments.1.live.silt", pid: 1)
        let path = try host.session("payments.2.live.silt", pid: 2)
        try host.process(2, maps: host.maps(path))
        #expect(try host.catalog().resolve("payments") == path)
        #expect(host.catalog().all(matching: "payments").map(\.path) == [path])
    }

    @Test func twoMatchesAreAnErrorThatListsThem() throws {
        let first = try host.session("payments.1.live.silt", pid: 1)
        let second = try host.session("payments.2.live.silt", pid: 2)
        #expect(
            message("payments") == """
                payments: 2 sessions match; name one by its pid or its path:
                  1  payments  killed, started 2023-11-14 22:13:20 UTC  \(first)
                  2  payments  killed, started 2023-11-14 22:13:20 UTC  \(second)
                """)
        #expect(host.catalog().all(matching: "payments").count == 2)
    }

    @Test func noMatchIsAnErrorThatListsWhatThereIs() throws {
        let directory = host.directory.path + "/silt"
        #expect(
            message("redis") == "redis: no session of that name or pid in \(directory); start the program with"
                + " `silt run`")
        let path = try host.session("payments.1.live.silt", pid: 1)
        let dump = try host.session("redis.7.1.silt", pid: 7) { $0.comm = "redis" }
        #expect(
            message("redis") == """
                redis: no session of that name or pid in \(directory); start the program with `silt run`, or name one of:
                  1  payments  killed, started 2023-11-14 22:13:20 UTC  \(path)
                Its dumps can be read by their paths:
                  \(dump)
                """)
        #expect(message("99")?.hasPrefix("99: no session of that name or pid in ") == true)
    }

    // MARK: Belief

    /// The process of another user, so that root's reader would take the planted file for root's process.
    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func aSessionThatNamesAnotherUserThanItsFilesOwnerIsNotBelieved() throws {
        let path = try host.session("payments.4242.live.silt") { $0.header.uid = 0 }
        let dump = try host.session("payments.4242.1.silt") { $0.header.uid = 0 }
        unsafe #expect(chown(path, 1000, 1000) == 0 && chown(dump, 1000, 1000) == 0)
        let catalog = host.catalog()
        #expect(catalog.sessions.isEmpty && catalog.dumps.isEmpty)
        #expect(
            catalog.problems.map(\.description)
                == [dump, path].map {
                    "\($0): is not trusted: its header names user 0, but the file belongs to user 1000, in a"
                        + " directory of user 0; to read it nevertheless, name its path"
                })
        // It says of whom it is, and this reader may have copied it.
        #expect(host.catalog(reader: 1000).sessions.count == 1)
    }

    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func aDirectoryOfSomebodyElseMakesNothingBelieved() throws {
        try host.session("payments.4242.live.silt") { $0.header.uid = 0 }
        unsafe #expect(chown(host.directory.path + "/silt", 1000, 1000) == 0)
        #expect(host.catalog().sessions.isEmpty)
        #expect(host.catalog().problems.count == 1)
    }

    @Test func aFileOfRootIsBelievedWhateverUserItNames() throws {
        var status = try FileStatus(ofPath: host.directory.path)
        var header = try SessionSummary(contentsOf: host.session("a.1.live.silt")).header
        header.uid = 1000
        status.uid = 0
        var other = status
        other.uid = 1001
        #expect(Places.isBelieved(header, file: status, directory: status, reader: 1002))
        #expect(!Places.isBelieved(header, file: other, directory: status, reader: 1002))
        #expect(!Places.isBelieved(header, file: status, directory: other, reader: 1002))
        other.uid = 1000
        #expect(Places.isBelieved(header, file: other, directory: other, reader: 1002))
    }

    /// A header that tells the truth of its file's owner, with the number of a process of somebody else.
    @Test(.enabled(if: getuid() == 0, "only root can give files away"))
    func aSessionThatNamesAnotherUsersProcessIsNotBelieved() throws {
        let paths = try ["payments.4242.1.silt", "payments.4242.live.silt"].map { name in
            try host.session(name) { $0.header.uid = 1000 }
        }
        for path in paths + [host.directory.path + "/silt"] { unsafe #expect(chown(path, 1000, 1000) == 0) }
        try host.process(4242, user: 0, maps: host.maps("/somewhere/else"))
        let catalog = host.catalog()
        #expect(catalog.sessions.isEmpty && catalog.dumps.isEmpty)
        #expect(
            catalog.problems.map(\.description)
                == paths.map {
                    "\($0): is not trusted: its header names process 4242, which does not belong to user 1000, as the"
                        + " file does; to read it nevertheless, name its path"
                })
        #expect(message("4242")?.hasPrefix("4242: no session of that name or pid in ") == true)
        // Its own process may be asked for; a later one with its number tells nothing against it.
        try host.process(4242, user: 1000, maps: host.maps(paths[1]))
        #expect(host.catalog().sessions.map(\.status) == [.running])
        try host.process(4242, startTicks: 1, user: 0)
        #expect(host.catalog().sessions.count == 1)
    }

    @Test func twoSessionsOfOneRunningProcessAreAnErrorThatNamesBoth() throws {
        let first = try host.session("payments.4242.live.silt")
        let second = try host.session("payments.4242-2.live.silt")
        try host.process(4242, maps: host.maps(first) + host.maps(second))
        let sentence = try #require(message("4242"))
        #expect(sentence.contains(first) && sentence.contains(second))
    }
}
