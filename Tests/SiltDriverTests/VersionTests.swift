// SPDX-License-Identifier: Apache-2.0
//
// The command and libsilt.so: which builds they are, and what is said when they are not of one release.

import SiltDriver
import SiltFile
import TestSupport
import Testing

@Suite struct VersionTests {
    /// libsilt.so as another release would be: the note tells another version.
    private func other(in bench: Workbench, named name: String) throws -> String {
        var bytes = try Workbench.read(Recorded.shim)
        let note = Array("Silt\0\0\0\0\(siltVersion)\0".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: note) })
        bytes[place + 8] = UInt8(ascii: "9")
        return try bench.write(bytes, to: name)
    }

    private var otherVersion: String { "9" + siltVersion.dropFirst() }

    @Test func theLibraryOfThisBuildBelongsToIt() {
        #expect(Shim.mismatch(Recorded.shim) == nil)
    }

    @Test func aLibraryOfAnotherReleaseIsTold() throws {
        let bench = try Workbench()
        let path = try other(in: bench, named: "libsilt.so")
        #expect(
            Shim.mismatch(path)
                == "\(path) is version \(otherVersion), and this command is \(siltVersion): "
                + "install both from one release")
        let empty = try bench.write("", to: "empty.so")
        #expect(
            Shim.mismatch(empty)
                == "\(empty) does not tell its version, and this command is \(siltVersion): "
                + "install both from one release")
    }

    @Test func bothHalvesAreNamed() throws {
        let bench = try Workbench()
        let text = Versions(executable: Recorded.shim, shim: Recorded.shim).text
        let lines = text.split(separator: "\n")
        try #require(lines.count == 2, "\(text)")
        let identifier = try #require(lines[1].firstMatch(of: /build id ([0-9a-f]{40})/)?.1)
        #expect(lines[0] == "silt \(siltVersion), commit not recorded, build id \(identifier)")
        #expect(lines[1] == "libsilt.so \(siltVersion), build id \(identifier), \(Recorded.shim)")

        let none = Versions(executable: bench.path("none"), shim: nil).text
        #expect(none == "silt \(siltVersion), commit not recorded\nlibsilt.so is not installed\n")

        let path = try other(in: bench, named: "libsilt.so")
        let mixed = Versions(executable: bench.path("none"), shim: path).text.split(separator: "\n")
        try #require(mixed.count == 3)
        #expect(mixed[1].hasPrefix("libsilt.so \(otherVersion), build id "))
        #expect(mixed[2].hasPrefix("note: \(path) is version \(otherVersion), "))
    }

    @Test func aProcessThatRunsWithAnotherReleaseIsTold() throws {
        let bench = try Workbench()
        let path = try other(in: bench, named: "libsilt.so")
        let environment = [("SILT_DIR", bench.directory)]
        let program = Recorded.program("Orders")
        let mixed = try Program([program], environment: environment + [("LD_PRELOAD", path)])
        _ = try mixed.lines(through: "ready")
        let driver = Driver(directory: bench.directory)
        let examination = try driver.examine("\(mixed.pid)")
        #expect(examination.canBeProfiled)
        #expect(examination.text.hasSuffix("\nnote: \(try #require(examination.mismatch))\n"), "\(examination.text)")
        #expect(examination.mismatch?.contains(" is version \(otherVersion), ") == true)

        let fitting = try Program([program], environment: environment + [("LD_PRELOAD", Recorded.shim)])
        _ = try fitting.lines(through: "ready")
        #expect(try driver.examine("\(fitting.pid)").mismatch == nil)
    }
}
