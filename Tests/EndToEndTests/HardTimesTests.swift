// SPDX-License-Identifier: Apache-2.0
//
// Disks that are full, directories that may not be written, limits, daemons: the program must not notice, and the
// profile says what it lost.

import Glibc
import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@Suite struct HardTimesTests {
    /// Allocates far more records than a small file holds.
    private func runManyStacks(
        in directory: String, through shell: String? = nil, _ more: [(name: String, value: String)] = []
    ) throws {
        let program = Victims.program("ManyStacks")
        let command = shell.map { ["/bin/bash", "-c", "\($0); exec \(program) exit"] } ?? [program, "exit"]
        let outcome = try Program(
            command, environment: Victims.environment(directory: directory, more)
        ).finish()
        #expect(outcome.status == 0)
        #expect(outcome.output == "ready\n")
        #expect(outcome.errors.isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func aDiskThatFillsUpCostsRecordsNotTheProgram() throws {
        let disk = try SmallDisk(kibibytes: 256)
        try runManyStacks(in: disk.directory)
        let sessions = Catalog(directories: [disk.directory]).sessions
        try #require(sessions.count == 1)
        #expect("\(sessions[0].status)" == "exited")
        let session = try Session(contentsOf: sessions[0].path)
        let reasons = Set(session.losses.map(\.reason))
        #expect(!reasons.isDisjoint(with: [.stacksFull, .sitesFull, .liveFull]), "\(session.losses)")
        #expect(reasons.contains(.dump))
        // What was recorded and what was lost are all that there was.
        let recorded = session.sites.values.reduce(0) { $0 + $1.allocObjects }
        let lost = session.losses.filter { $0.reason == .stacksFull || $0.reason == .sitesFull }.reduce(0) {
            $0 + $1.count
        }
        #expect(recorded + lost >= 1 << 16)
        #expect(try SiltCommand.report("top", session.path).contains("Note: "))
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func aDiskThatIsFullFromTheStartIsNoHarm() throws {
        let disk = try SmallDisk(kibibytes: 64)
        try disk.fill()
        try runManyStacks(in: disk.directory)
        #expect(try Victims.files(in: disk.directory, suffix: ".silt").isEmpty)
    }

    @Test func aLimitOnTheSizeOfFilesRaisesNoSignal() throws {
        let bench = try Workbench()
        try runManyStacks(in: bench.directory, through: "ulimit -f 64")
        #expect(try Victims.files(in: bench.directory, suffix: ".tmp").isEmpty)
    }

    /// A capacity too small for what happens: counted, and never more on disk than was allowed.
    @Test func aSmallCapacityIsKeptAndWhatDoesNotFitIsCounted() throws {
        let bench = try Workbench()
        try runManyStacks(in: bench.directory, [("SILT_CAPACITY", "1M")])
        let dump = try #require(try Victims.files(in: bench.directory, suffix: ".silt").first)
        #expect(try Workbench.read(dump).count < 1 << 20)
        let session = try Session(contentsOf: dump)
        // Nothing that was allocated is dropped: stacks are shortened instead.
        #expect(session.sites.values.reduce(0) { $0 + $1.allocObjects } >= 1 << 16)
        #expect(session.shortened.values.reduce(0) { $0 + $1.count } > 0)
        let unplaced = session.losses.filter { $0.reason == .liveFull }.reduce(0) { $0 + $1.count }
        #expect(UInt64(session.live.count) + unplaced >= 1 << 16)
        // What had no room among the living is within the interval.
        let profile = Profile.heap([session], symbols: Symbolizer())
        let confidence = try #require(profile.confidence(in: .inuseSpace))
        let interval = confidence.interval(of: profile.total(kind: .inuseSpace))
        var truth = 0.0
        for path in 0..<1 << 14 {
            for block in 0..<4 { truth += Double(64 + (path + block) % 256) }
        }
        #expect(interval.lower < truth && interval.upper >= truth, "\(truth) in \(interval)")
    }

    /// Where no file can be had there is no profile, and before any constructor nothing is recorded.
    @Test(arguments: ["no-files", "little-space", "early"])
    func whatCannotBeProfiledRunsAsWithout(hardship: String) throws {
        let bench = try Workbench()
        _ = try hardshipsTruth(hardship, in: bench)
    }

    @Test(arguments: [
        "streams-closed", "all-closed", "children", "small-stacks", "cancelled", "fiber", "alternate-stack",
        "vfork-first",
    ])
    func aHardshipIsEnduredAndTheProfileExact(hardship: String) throws {
        let bench = try Workbench()
        let truth = try hardshipsTruth(hardship, in: bench)
        let dumps = try Victims.files(in: bench.directory, suffix: ".silt")
        let own = dumps.filter { $0.hasPrefix(bench.path("Hardships.")) }
        try #require(own.count == 1, "\(dumps)")
        #expect(Victims.recorded(in: try Session(contentsOf: own[0]), for: truth.keys) == truth)
    }

    @Test(arguments: ["OwnClock", "OwnMalloc"])
    func functionsOfLibcThatTheProgramReplacesStayItsOwn(program: String) throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program(program)], environment: Victims.environment(directory: bench.directory)
        ).finish()
        #expect(outcome.status == 0)
        #expect(outcome.output == "ok\n")
    }

    private func hardshipsTruth(_ hardship: String, in bench: Workbench) throws -> [String: Tally] {
        let command = [Victims.program("Hardships"), hardship]
        let bare = try Program(command).finish()
        let profiled = try Program(command, environment: Victims.environment(directory: bench.directory)).finish()
        #expect(bare.status == 0 && profiled.status == 0)
        #expect(profiled.output == bare.output && profiled.errors == bare.errors)
        let truth = Victims.truth(in: profiled.output.split(separator: "\n"))
        #expect(truth.count == 1)
        return truth
    }

    @Test func aDirectoryThatCannotBeIsReplacedByTheUsersOwn() throws {
        let program = try Program(
            [Victims.program("TakesSignal")], environment: Victims.environment(directory: "/proc/nothing/here"))
        _ = try program.lines(through: "ready")
        let place = "/tmp/silt-\(geteuid())"
        #expect(Catalog(directories: ["/dev/shm/silt-\(geteuid())"]).sessions.contains { $0.header.pid == program.pid })
        #expect(try program.finish(input: "\n\n").status == 0)
        let dump = "\(place)/TakesSignal.\(program.pid).1.silt"
        #expect(try Session(contentsOf: dump).header.dump?.reason == .exit)
        unsafe unlink(dump)
    }

    @Test func aDaemonWithNothingOpenIsProfiledToItsEnd() throws {
        let bench = try Workbench()
        try expectDaemonsTruth(in: bench, arguments: [])
    }

    @Test(.enabled(if: Nobody.mayRun("/usr/bin/true"))) func aDaemonThatGivesUpRootIsProfiledToItsEnd() throws {
        let bench = try Workbench()
        try bench.run(["/bin/chmod", "1777", bench.directory])
        try expectDaemonsTruth(in: bench, arguments: ["\(Nobody.uid)"])
    }

    /// The process that lives on made its session as a child of a child, with nothing open and in another directory.
    private func expectDaemonsTruth(in bench: Workbench, arguments: [String]) throws {
        let dumps = try Arrivals(in: bench.directory)
        let answers = bench.path("answers")
        let outcome = try Program(
            [Victims.program("Daemon"), answers] + arguments,
            environment: Victims.environment(directory: bench.directory)
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        // The first dump is that of the process that was started.
        var session = try Session(contentsOf: try dumps.next())
        while !session.header.flags.contains(.forked) { session = try Session(contentsOf: try dumps.next()) }
        let lines = String(decoding: try Workbench.read(answers), as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "pid \(session.header.pid)")
        let truth = Victims.truth(in: lines)
        #expect(truth.count == 2)
        #expect(Victims.recorded(in: session, for: truth.keys) == truth)
    }
}

/// A file system of a few KiB.
private final class SmallDisk {
    private let bench: Workbench
    let directory: String

    static let isPossible = geteuid() == 0 && (try? SmallDisk(kibibytes: 64)) != nil

    /// - Throws: ``Workbench/ToolFailure`` if mounting is not permitted.
    init(kibibytes: Int) throws {
        bench = try Workbench()
        directory = bench.path("disk")
        try bench.run(["/bin/mkdir", directory])
        try bench.run(["/bin/mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k,mode=700", "silt-test", directory])
    }

    deinit {
        _ = try? bench.run(["/bin/umount", directory])
    }

    func fill() throws {
        _ = try Program(["/bin/dd", "if=/dev/zero", "of=\(directory)/filler", "bs=1k"]).finish()
    }
}
