// SPDX-License-Identifier: Apache-2.0
//
// Notes of ELF files, as libsilt.so has them, and as nobody should write them.

import SiltSymbols
import TestSupport
import Testing

@Suite struct BuildIdentityTests {
    /// A library with a note of this owner and type, whose text is `1.2.3`.
    private func library(owner: String, type: Int, on bench: Workbench) throws -> String {
        try bench.write(
            """
            static const struct { unsigned name, content, type; char owner[8], text[8]; } note
                __attribute__((section(".note.test"), aligned(4), used)) =
                {\(owner.utf8.count + 1), 6, \(type), "\(owner)", "1.2.3"};
            """, to: "library.c")
        try bench.run(["cc", "-shared", "-nostdlib", "-Wl,--build-id=0x00112233", "library.c", "-o", "library.so"])
        return bench.path("library.so")
    }

    @Test func versionAndBuildIDAreRead() throws {
        let bench = try Workbench()
        let identity = BuildIdentity(path: try library(owner: "Silt", type: 1, on: bench))
        #expect(identity.version == "1.2.3")
        #expect(identity.buildID == "00112233" && !identity.isStatic)
        let archive = BuildIdentity(path: try library(owner: "Silt", type: 2, on: bench))
        #expect(archive.version == "1.2.3" && archive.isStatic)
    }

    @Test(arguments: [("Silt", 3), ("Sild", 1), ("Sil", 1), ("SiltSil", 1)])
    func anotherNoteIsNoVersion(owner: String, type: Int) throws {
        let bench = try Workbench()
        let identity = BuildIdentity(path: try library(owner: owner, type: type, on: bench))
        #expect(identity.version == nil)
        #expect(identity.buildID == "00112233")
    }

    @Test func whatIsNoELFFileHasNeither() throws {
        let bench = try Workbench()
        for path in [bench.path("missing"), bench.directory, try bench.write("text", to: "text")] {
            let identity = BuildIdentity(path: path)
            #expect(identity.version == nil)
            #expect(identity.buildID == "")
        }
    }

    @Test func aDamagedFileIsReadOrNotButNeverBeyondItsEnd() throws {
        let bench = try Workbench()
        let bytes = try Workbench.read(try library(owner: "Silt", type: 1, on: bench))
        for length in stride(from: 0, to: bytes.count, by: 16) {
            let identity = BuildIdentity(path: try bench.write(Array(bytes.prefix(length)), to: "short"))
            #expect(identity.version == nil || identity.version == "1.2.3")
        }
        // Headers and notes are in the first part of the file.
        for index in bytes.indices.prefix(0x300) {
            var damaged = bytes
            damaged[index] = 0xff
            _ = BuildIdentity(path: try bench.write(damaged, to: "damaged"))
        }
    }
}
