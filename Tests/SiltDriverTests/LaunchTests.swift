// SPDX-License-Identifier: Apache-2.0
//
// What a program is started with: the variables for the shim, the shim itself, the program that a name means.

import SiltDriver
import TestSupport
import Testing

@Suite struct LaunchTests {
    private func lines(_ environment: [(name: String, value: String)]) -> [String] {
        environment.map { "\($0.name)=\($0.value)" }
    }

    @Test func whatIsNotSaidIsNotSet() {
        #expect(lines(RunSettings().environment) == [])
    }

    @Test func everySettingIsAVariable() {
        let settings = RunSettings(
            interval: ByteCount("64k"), maxOverhead: "0.5%", directory: "/var/silt", unwinding: .fp,
            dumpEvery: TimeSpan("10m"), dumpGrowth: ByteCount("1M"), signal: "USR1", capacity: ByteCount("8M"), keep: 3,
            keepBytes: ByteCount("1G"), includesChildren: false)
        #expect(
            lines(settings.environment) == [
                "SILT_INTERVAL=65536", "SILT_MAX_OVERHEAD=0.5%", "SILT_DIR=/var/silt", "SILT_UNWIND=fp",
                "SILT_DUMP_EVERY=600",
                "SILT_DUMP_GROWTH=1048576", "SILT_SIGNAL=USR1", "SILT_KEEP=3",
                "SILT_KEEP_BYTES=1073741824", "SILT_CHILDREN=0", "SILT_CAPACITY=8388608",
            ])
    }

    @Test func aDirectoryIsMadeAbsolute() {
        let directory = RunSettings(directory: "sessions").environment.first?.value
        #expect(directory?.hasPrefix("/") == true)
        #expect(directory?.hasSuffix("/sessions") == true)
    }

    @Test func everyAllocationNeedsRoomUnlessItIsGiven() {
        #expect(lines(RunSettings(interval: ByteCount("1")).environment) == ["SILT_INTERVAL=1", "SILT_CAPACITY=4G"])
        let given = RunSettings(interval: ByteCount("1"), capacity: ByteCount("1M"))
        #expect(lines(given.environment) == ["SILT_INTERVAL=1", "SILT_CAPACITY=1048576"])
    }

    @Test func theShimComesBeforeWhatIsPreloadedAlready() throws {
        let command = [Recorded.program("Orders"), "--dump", "x"]
        let settings = RunSettings(keep: 1)
        let launch = try Launch(command, settings: settings, shim: "/lib/libsilt.so", preloaded: "/lib/a.so /lib/b.so")
        #expect(launch.program == command[0])
        #expect(launch.arguments == command)
        #expect(lines(launch.environment) == ["SILT_KEEP=1", "LD_PRELOAD=/lib/libsilt.so /lib/a.so /lib/b.so"])
        let alone = try Launch(command, settings: settings, shim: "/lib/libsilt.so", preloaded: nil)
        #expect(lines(alone.environment).last == "LD_PRELOAD=/lib/libsilt.so")
    }

    @Test func whatTheShimWouldBeSilentAboutIsToldBeforeTheStart() throws {
        let bench = try Workbench()
        let file = try bench.write("", to: "file")
        let settings = RunSettings(directory: file, capacity: ByteCount("1k"))
        let launch = try Launch([Recorded.program("Orders")], settings: settings, shim: "/lib/libsilt.so")
        #expect(launch.warnings.first == "SILT_CAPACITY=1024 is out of bounds: 1048576 is used")
        #expect(
            launch.warnings.contains { $0.hasPrefix("SILT_DIR \(file) is not a directory: dumps go to /tmp/silt-") })
        let failure = Failure.use("--signal KILL makes no sense: name a signal such as USR1, a number, or none")
        #expect(throws: failure) {
            try Launch([Recorded.program("Orders")], settings: RunSettings(signal: "KILL"), shim: "/lib/libsilt.so")
        }
    }

    @Test func aProgramIsFoundAsAShellFindsIt() throws {
        #expect(try Launch.find("sh").hasSuffix("/sh"))
        #expect(try Launch.find("/bin/sh") == "/bin/sh")
        #expect(throws: Failure.input("no program named no-such-program in PATH")) {
            try Launch.find("no-such-program")
        }
        #expect(throws: Failure.input("no program at /nonexistent")) { try Launch.find("/nonexistent") }
        #expect(throws: Failure.input("/etc/passwd is not an executable file")) { try Launch.find("/etc/passwd") }
        #expect(throws: Failure.use("no program is named")) {
            try Launch([], settings: RunSettings(), shim: "/lib/libsilt.so")
        }
    }

    @Test func whatCannotBeProfiledIsNotStarted() throws {
        let fixed = Recorded.program("Static")
        #expect(
            throws: Failure.input(
                "\(fixed) is linked statically: nothing can be preloaded into it; link it with libsilt.a and libsilt.link; see silt doctor \(fixed)"
            )
        ) { try Launch([fixed], settings: RunSettings(), shim: "/lib/libsilt.so") }
    }

    @Test func theShimIsWhereItIsSaidOrBesideTheCommand() throws {
        let bench = try Workbench()
        try bench.run(["/bin/mkdir", "-p", "bin", "lib/silt"])
        let bin = bench.path("bin")
        #expect(
            throws: Failure.input(
                "libsilt.so is missing: looked at \(bin)/libsilt.so and \(bin)/../lib/silt/libsilt.so. "
                    + "Build it with `make build`, or name it in SILT_SHIM")
        ) { try Shim.find(given: nil, beside: bin) }
        let installed = try bench.write("", to: "lib/silt/libsilt.so")
        #expect(try Shim.find(given: nil, beside: bin) == installed)
        let beside = try bench.write("", to: "bin/libsilt.so")
        #expect(try Shim.find(given: nil, beside: bin) == beside)
        #expect(try Shim.find(given: installed, beside: bin) == installed)
        #expect(
            throws: Failure.input(
                "no libsilt.so at /nonexistent, which SILT_SHIM names: build it with `make build`")
        ) { try Shim.find(given: "/nonexistent", beside: bin) }
    }
}
