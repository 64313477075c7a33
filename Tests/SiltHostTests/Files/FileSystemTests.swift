// SPDX-License-Identifier: Apache-2.0
//
// File systems of this machine as statfs tells them.

import Testing

@testable import SiltHost

@Suite struct FileSystemTests {
    @Test func fileSystemsAreToldApart() throws {
        #expect(try FileSystem(ofPath: "/proc").kind == .kernel)
        #expect("\(FileSystem.Kind.other(0x9fa0))" == "file system 0x9fa0")
        let root = try FileSystem(ofPath: "/")
        #expect(root.size > 0 && root.free <= root.size)
    }

    @Test func whatIsNotThereHasNone() {
        let failure = #expect(throws: SystemError.self) { try FileSystem(ofPath: "/nowhere") }
        #expect(failure?.isMissing == true)
    }
}
