// SPDX-License-Identifier: Apache-2.0
//
// `silt run`: start a program under the shim.

import ArgumentParser
import SiltDriver
import SiltHost

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a program under the profiler.",
        discussion: """
            Example: silt run --dump-every 10m -- ./service --port 8080
            In the foreground of a terminal, silt waits for the program and says what it has left; elsewhere, as in a unit \
            file or with &, the program replaces it.
            """
    )

    @Option(help: "Mean bytes between samples; 1 records every allocation (default: 512KiB).")
    var interval: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Most CPU time that samples may take, such as 0.5%: the interval is lengthened for it (default: no limit).",
            valueName: "percent"))
    var maxOverhead: String?

    @Option(
        help: ArgumentHelp(
            "Where dumps go, and on tmpfs and ext4 the live session too (default: /tmp/silt-<uid>, /dev/shm/silt-<uid>).",
            valueName: "folder"))
    var dir: String?

    @Option(help: "How stacks are walked: cfi, fp (frame pointers) or libunwind (default: cfi).")
    var unwind: RunSettings.Unwinding?

    @Option(help: ArgumentHelp("Dump at this interval, such as 10m (default: never).", valueName: "time"))
    var dumpEvery: TimeSpan?

    @Option(help: ArgumentHelp("Dump each time in-use has grown by this much (default: never).", valueName: "bytes"))
    var dumpGrowth: ByteCount?

    @Option(help: "The signal that asks for a dump; none for no signal (default: USR2).")
    var signal: String?

    @Option(help: "Most bytes that a session may take (default: 64MiB; 4GiB with --interval 1).")
    var capacity: ByteCount?

    @Option(help: "How many finished files of one program to keep (default: 100).")
    var keep: UInt32?

    @Option(help: ArgumentHelp("How many bytes of such files to keep (default: 1GiB).", valueName: "bytes"))
    var keepBytes: ByteCount?

    @Flag(help: "Do not profile the programs that this one starts.")
    var noChildren = false

    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var program: [String] = []

    func validate() throws {
        if program.isEmpty { throw ValidationError("Name the program after --: silt run -- ./service") }
        if let interval, interval.bytes == 0 { throw ValidationError("--interval must be at least 1 byte") }
    }

    func run() throws {
        let settings = RunSettings(
            interval: interval, maxOverhead: maxOverhead, directory: dir, unwinding: unwind, dumpEvery: dumpEvery,
            dumpGrowth: dumpGrowth, signal: signal, capacity: capacity, keep: keep, keepBytes: keepBytes,
            includesChildren: !noChildren)
        let shim = try Shim.find()
        if let mismatch = Shim.mismatch(shim) { tell(mismatch) }
        let launch = try Launch(program, settings: settings, shim: shim)
        for warning in launch.warnings { tell(warning) }
        guard Terminal.isInForeground else { try launch.become() }
        endProcess(as: try launch.accompany { tell($0) })
    }
}
