// SPDX-License-Identifier: Apache-2.0
//
// `silt run`: start a program under the shim.

import ArgumentParser
import SiltHost

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a program under the profiler.",
        discussion: "Example: silt run --dump-every 10m -- ./service --port 8080"
    )

    @Option(help: "Mean bytes between samples; 1 records every allocation.")
    var interval: ByteCount?

    @Option(help: "Where session files and dumps go (default: /tmp/silt-<uid>).")
    var dir: String?

    @Option(help: "How stacks are walked: cfi, fp (frame pointers) or libunwind.")
    var unwind: UnwindMode?

    @Option(help: ArgumentHelp("Dump at this interval, such as 10m.", valueName: "time"))
    var dumpEvery: TimeSpan?

    @Option(help: ArgumentHelp("Dump each time in-use has grown by this much.", valueName: "bytes"))
    var dumpGrowth: ByteCount?

    @Option(help: "The signal that asks for a dump; none for no signal (default: USR2).")
    var signal: String?

    @Option(help: "Most bytes that a session may take (default: 64MiB; 4GiB with --interval 1).")
    var capacity: ByteCount?

    @Option(help: "How many finished files of one program to keep (default: 100).")
    var keep: UInt32?

    @Flag(help: "Do not profile the programs that this one starts.")
    var noChildren = false

    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var program: [String] = []

    enum UnwindMode: String, ExpressibleByArgument, CaseIterable { case cfi, fp, libunwind }

    func validate() throws {
        if program.isEmpty { throw ValidationError("Name the program after --: silt run -- ./service") }
        if let interval, interval.bytes == 0 { throw ValidationError("--interval must be at least 1 byte") }
    }

    func run() throws {
        let launch = Launch(shim: try Launch.findShim(), environment: environment)
        let path = try Launch.findProgram(program[0])
        let checkup = try Checkup(path: path)
        if let finding = checkup.findings.first(where: { $0.severity == .fatal }) {
            throw Failure.input("\(finding.text); see silt doctor \(program[0])")
        }
        try launch.become(path, arguments: program)
    }

    private var environment: [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        func set(_ name: String, _ value: String?) {
            if let value { result.append((name, value)) }
        }
        set("SILT_INTERVAL", interval.map { String($0.bytes) })
        set("SILT_DIR", dir.map(absolutePath))
        set("SILT_UNWIND", unwind?.rawValue)
        set("SILT_DUMP_EVERY", dumpEvery.map { String($0.seconds) })
        set("SILT_DUMP_GROWTH", dumpGrowth.map { String($0.bytes) })
        set("SILT_SIGNAL", signal)
        set("SILT_KEEP", keep.map(String.init))
        set("SILT_CHILDREN", noChildren ? "0" : nil)
        // Every allocation leaves a live entry: room for about 30 million.
        set("SILT_CAPACITY", capacity.map { String($0.bytes) } ?? (interval?.bytes == 1 ? "4G" : nil))
        return result
    }
}
