// SPDX-License-Identifier: Apache-2.0
//
// Where a program's files will lie and what is said of these places. A folder stands for the program's root, so that
// nothing depends on what this machine has in /dev/shm.

import Glibc
import SiltFile
import SiltHost
import TestFixtures
import Testing

@testable import SiltDriver

@Suite struct SessionPlaceTests {
    private let directory: TemporaryDirectory
    private let user = geteuid()

    init() throws {
        directory = try TemporaryDirectory()
        try directory.directory("dev/shm")
        try directory.directory("tmp")
    }

    private func place(_ given: String?, user: UInt32? = nil) -> SessionPlace {
        SessionPlace(directory: given, user: user ?? self.user, root: directory.path)
    }

    private var dumps: String { "/tmp/silt-\(user)" }

    /// Whether sessions may lie in the folder that stands for the root: it is on a tmpfs or on ext4.
    static let holdsSessions = (try? FileSystem(ofPath: "/tmp")).map { Places.mayHoldSessions($0.kind) } ?? false
    static let isOnDisk = (try? FileSystem(ofPath: "/tmp")).map { $0.kind != .tmpfs } ?? false
    static let hasSharedMemory =
        (try? FileSystem(ofPath: "/dev/shm"))?.kind == .tmpfs && isWritableDirectory("/dev/shm")

    @Test(.enabled(if: isOnDisk)) func withoutATmpfsTheSessionIsInMemoryOnlyAndThatIsTold() {
        let place = place(nil)
        #expect(place.live == nil)
        #expect(place.dumps == dumps)
        #expect(
            place.findings.map(\.text) == [
                "/dev/shm is no tmpfs, so that the session is in the program's memory only: a process that is killed leaves"
                    + " nothing; SILT_DIR may name a directory on a tmpfs or on ext4"
            ])
    }

    @Test(.enabled(if: holdsSessions)) func aDirectoryThatServesHoldsBoth() throws {
        try directory.directory("srv/silt")
        for given in ["/srv/silt", "/srv/new"] {
            let place = place(given)
            #expect(place.live == given && place.dumps == given)
            #expect(place.findings.isEmpty)
        }
    }

    /// Root may write to these directories, and can make nothing there.
    @Test(arguments: ["/proc/silt", "/sys/silt", "/proc"]) func nothingIsMadeInTheKernelsOwnFileSystems(given: String) {
        let place = SessionPlace(directory: given, user: user)
        #expect(
            place.findings.first?.text
                == "SILT_DIR \(given) is on a file system of the kernel's own, where no file can be made: dumps go to"
                + " /tmp/silt-\(user), the live session to /dev/shm")
        #expect(place.dumps == "/tmp/silt-\(user)")
    }

    @Test(.enabled(if: isOnDisk)) func whatIsNoDirectoryIsToldAndTheUsualOnesAreUsed() throws {
        try directory.link("srv/link", to: directory.path + "/tmp")
        try directory.file("srv/file", "")
        let long = "/srv/" + String(repeating: "x", count: 507)
        for (given, words) in [
            ("/srv/link", "is a symbolic link, which is not followed"), ("/srv/file", "is not a directory"),
            ("/srv/no/such", "cannot be made: there is no directory /srv/no"), (long, "is longer than 511 bytes"),
            ("/srv/" + String(repeating: "y", count: 256), "has a part that is longer than 255 bytes"),
        ] {
            let place = place(given)
            #expect(place.live == nil && place.dumps == dumps)
            #expect(
                place.findings.first?.text
                    == "SILT_DIR \(given) \(words): dumps go to \(dumps), the live session to /dev/shm")
        }
    }

    @Test(arguments: [(FileSystem.Kind.btrfs, "btrfs"), (.other(0x9fa0), "file system 0x9fa0")])
    func aDirectoryThatHoldsNoSessionsKeepsTheDumps(kind: FileSystem.Kind, words: String) throws {
        let given = try directory.directory("srv/silt")
        let place = SessionPlace(directory: given, user: user) { _ in FileSystem(kind: kind, size: 0, free: 0) }
        #expect(place.dumps == given)
        #expect(
            place.findings.first { $0.text.contains("may lie") }?.text
                == "SILT_DIR \(given) is on \(words), where no live session may lie: dumps go there, it is in /dev/shm")
    }

    @Test func aDirectoryThatIsNotTheUsersAloneIsTold() throws {
        let open = try directory.directory("srv/open")
        func isTold() -> Bool { place("/srv/open").findings.contains { $0.text.contains("is not this user's alone") } }
        #expect(!isTold())
        unsafe #expect(chmod(open, 0o777) == 0)
        #expect(isTold())
        // Nobody can replace what is another's there.
        unsafe #expect(chmod(open, 0o1777) == 0)
        #expect(!isTold())
        #expect(place("/srv/open", user: user + 1).findings.isEmpty == (user == 0))
    }

    @Test(.enabled(if: isOnDisk)) func dumpsThatCannotBeWrittenAreTold() throws {
        let own = try directory.directory("tmp/silt-\(user)")
        unsafe #expect(chmod(own, 0o755) == 0)
        #expect(
            place(nil).findings.first?.text
                == "\(dumps) is not a directory of user \(user) alone: dumps cannot be written there")
    }

    @Test(.enabled(if: hasSharedMemory)) func whatLogindRemovesIsToldOfOrdinaryUsers() throws {
        let memory = try TemporaryDirectory(in: "/dev/shm")
        for folder in ["dev/shm", "run/systemd/users"] { try memory.directory(folder) }
        func place(_ user: UInt32) -> SessionPlace { SessionPlace(directory: nil, user: user, root: memory.path) }
        #expect(place(1000).live == "/dev/shm/silt-1000")
        #expect(place(1000).risks.contains { $0.text.contains("(RemoveIPC)") })
        #expect(!place(999).risks.contains { $0.text.contains("(RemoveIPC)") })
        try memory.file("etc/systemd/logind.conf", "[Login]\nRemoveIPC=no\n")
        #expect(!place(1000).risks.contains { $0.text.contains("(RemoveIPC)") })
        // Somebody has made the directory before.
        let own = try memory.directory("dev/shm/silt-1000")
        unsafe #expect(chmod(own, 0o755) == 0)
        #expect(place(1000).live == nil)
        #expect(
            place(1000).findings.last?.text.hasPrefix(
                "/dev/shm/silt-1000 is not a directory of user 1000 alone, so that the session is in the program's memory only"
            ) == true)
    }
}
