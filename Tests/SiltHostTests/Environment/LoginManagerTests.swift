// SPDX-License-Identifier: Apache-2.0
//
// What systemd-logind is told to do, by its files in their order.

import TestFixtures
import Testing

@testable import SiltHost

@Suite struct LoginManagerTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var removes: Bool { LoginManager.removesSharedMemory(root: directory.path) }

    @Test func filesStayWhereItDoesNotRun() { #expect(!removes) }

    @Test func filesAreRemovedUnlessItIsToldOtherwise() throws {
        try directory.directory("run/systemd/users")
        #expect(removes)
        try directory.file("etc/systemd/logind.conf", "[Login]\n#RemoveIPC=no\nKillUserProcesses=no\n")
        #expect(removes)
        try directory.file("etc/systemd/logind.conf", "[Login]\nRemoveIPC = no\n")
        #expect(!removes)
    }

    @Test func theLastOfItsAdditionsDecidesAndALaterPlaceReplacesAFile() throws {
        try directory.directory("run/systemd/users")
        try directory.file("etc/systemd/logind.conf", "[Login]\nRemoveIPC=yes\n")
        try directory.file("usr/lib/systemd/logind.conf.d/50-server.conf", "[Login]\nRemoveIPC=no\n")
        #expect(!removes)
        try directory.file("etc/systemd/logind.conf.d/50-server.conf", "[Login]\nRemoveIPC=yes\n")
        #expect(removes)
        try directory.file("run/systemd/logind.conf.d/90-last.conf", "[Login]\nRemoveIPC=0\n")
        try directory.file("run/systemd/logind.conf.d/99-none", "[Login]\nRemoveIPC=yes\n")
        #expect(!removes)
    }
}
