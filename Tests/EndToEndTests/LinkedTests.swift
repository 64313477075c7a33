// SPDX-License-Identifier: Apache-2.0
//
// A Swift package whose program has the shim in it, built as a user builds it: it records without a preloaded library,
// and with one it is recorded once.

import SiltFile
import SiltProfile
import TestSupport
import Testing

@Suite struct LinkedTests {
    private let bench: Workbench
    private let program: String

    init() throws {
        bench = try Workbench()
        program = try Self.built.get()
    }

    /// Built once, since two builds in one folder disturb each other; warm from one run to the next.
    private static let built = Result {
        let folder = "\(Victims.build)/linked"
        let outcome = try Program(
            ["swift", "build", "--package-path", "\(Victims.root)/Tests/Programs/Linked", "--scratch-path", folder]
        ).finish()
        try #require(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
        return "\(folder)/debug/Linked"
    }

    private func expectTheProfile(_ outcome: Program.Outcome) throws {
        #expect(outcome.output == "3000\n")
        let files = try Victims.files(in: bench.directory, suffix: ".silt")
        try #require(files.count == 1, "\(files)")
        let top = Report(try SiltCommand.report("top", files[0]))
        // 3,000 blocks of 10,000 bytes, each with a header of 32. Its unit is that of the smallest that is shown.
        let held = top.flat["closure #1 in remember(_:)"] ?? ""
        #expect(["28.70MB", "29390.62kB", "30096000B"].contains(held), "\(top)")
    }

    @Test func itRecordsByItself() throws {
        try expectTheProfile(
            try Program(
                [program],
                environment: [("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1")]
            ).finish())
    }

    @Test func itIsSwitchedOffByAVariable() throws {
        let outcome = try Program(
            [program],
            environment: [("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1"), ("SILT_RECORD", "0")]
        ).finish()
        #expect(outcome.output == "3000\n" && outcome.status == 0)
        #expect(try Victims.files(in: bench.directory, suffix: ".silt").isEmpty)
    }

    /// Nobody is told to start it with silt run.
    @Test func beforeItsFirstSampleItIsNotDenied() throws {
        let cases = [
            ("1", "has Silt linked into it, but nothing was sampled yet"), ("0", "was started with SILT_RECORD=0"),
        ]
        for (record, words) in cases {
            let running = try Program(
                [program, "wait"],
                environment: [
                    ("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1099511627776"), ("SILT_RECORD", record),
                ])
            _ = try running.lines(through: "3000")
            let top = try SiltCommand.run("top", "\(running.pid)", "--dir", bench.directory)
            #expect(top.status == 3 && top.errors.hasPrefix("silt: \(running.pid): \(words)"), "\(top.errors)")
            let doctor = try SiltCommand.run("doctor", "\(running.pid)")
            #expect(doctor.output.hasPrefix("process \(running.pid): \(words)"), "\(doctor.output)")
        }
    }

    @Test func behindAPreloadedLibraryItStepsAside() throws {
        try expectTheProfile(
            try Program([SiltCommand.path, "run", "--dir", bench.directory, "--interval", "1", "--", program]).finish())
    }
}
