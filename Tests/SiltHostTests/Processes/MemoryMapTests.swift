// SPDX-License-Identifier: Apache-2.0
//
// Mappings of a process, from a /proc made of files, and of this process.

import Glibc
import SiltHost
import TestFixtures
import Testing

@Suite struct MemoryMapTests {
    private let host: FakeHost

    init() throws { host = try FakeHost() }

    @Test func mappingsAreReadWithoutWhatIsResident() throws {
        try host.process(7, maps: host.maps("/tmp/a b.silt"))
        let mappings = try #require(host.processes.layout(of: 7))
        #expect(mappings.map(\.path) == ["/opt/payments/bin/payments", "", "/tmp/a b.silt"])
        #expect(mappings.map(\.isExecutable) == [true, false, false])
        #expect(mappings.map(\.isShared) == [false, false, true])
        #expect(mappings.mapping(at: 0x7f00_0000_0fff)?.addresses == 0x7f00_0000_0000..<0x7f00_0000_1000)
        #expect(host.processes.layout(of: 8) == nil)
    }

    @Test func theKernelsCountOfResidentBytesIsRead() throws {
        try host.directory.file(
            "proc/7/smaps",
            "00400000-00500000 r-xp 00001000 08:01 77    /opt/payments\nSize: 1024 kB\nRss:  12 kB\nPss: 3 kB\n"
                + "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \nRss: 4 kB\nSwap: 8 kB\nLocked: 4 kB\n")
        let mappings = try #require(host.processes.mappings(of: 7))
        #expect(mappings.map(\.resident) == [12 << 10, 4 << 10])
        #expect(mappings.map(\.swapped) == [0, 8 << 10] && mappings.map(\.locked) == [0, 4 << 10])
        #expect(mappings.map(\.fileOffset) == [0x1000, 0])
        #expect(host.processes.mappings(of: 8) == nil)
    }

    @Test func aMappedFileIsFoundByItsPathOrItsInode() throws {
        try host.process(7, maps: host.maps("/tmp/a b.silt"))
        #expect(host.processes.maps(7, path: "/tmp/a b.silt", inode: 1) == true)
        #expect(host.processes.maps(7, path: "/other", inode: 78) == true)
        #expect(host.processes.maps(7, path: "/other", inode: 1) == false)
        #expect(host.processes.maps(8, path: "/other", inode: 1) == nil)
    }

    @Test func thisProcessMapsItsOwnProgram() throws {
        let pid = UInt32(getpid())
        let program = try targetOfLink("/proc/self/exe")
        #expect(ProcessTable().maps(pid, path: program, inode: .max) == true)
        #expect(ProcessTable().maps(pid, path: "/nowhere", inode: .max) == false)
    }
}
