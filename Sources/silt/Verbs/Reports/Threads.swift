// SPDX-License-Identifier: Apache-2.0
//
// `silt threads`: who created the threads that are alive, and what they are doing; with `--stacks`, where they are.

import ArgumentParser
import SiltDriver
import SiltHost
import SiltReport

struct Threads: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Threads alive by the code that created them, and what they are doing.",
        discussion: """
            Every thread is recorded, none is sampled. Of a running process the kernel is also asked what its threads \
            wait in, how much CPU time they have used and how much of their stacks is in memory; no thread is stopped.

            --stacks shows where the threads of a running process are instead, also of one that Silt does not profile. \
            For that each is stopped, one after the other, usually for far less than a millisecond; never are two stopped \
            at the same time. Signals and stopped processes stay as they are; but as with any debugger, a call that the \
            kernel cannot restart, such as epoll_wait, returns EINTR. This needs the right to trace the process: as \
            root, or as its user where kernel.yama.ptrace_scope is 0; in a container, the capability SYS_PTRACE.

            Example: silt threads service
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var filter: FilterOptions

    @Flag(help: "Show the stacks that the threads have now: stops each thread for a moment.")
    var stacks = false

    @Option(help: ArgumentHelp("Callers to show of each group (default: 4, of stacks all).", valueName: "count"))
    var frames: Int?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Groups to show.", valueName: "count"))
    var count = 20

    @Option(help: "text or json; json has all groups.")
    var format: TextOrJson = .text

    @Argument(help: "Session files, dumps, pids or program names.")
    var target: [String]

    func run() throws {
        let (driver, width) = (input.driver, Terminal.width)
        if stacks {
            let report = try driver.threadStacks(target, frames: filter.frames())
            try Output.write(
                format, text: report.text(width: width, count: count, frames: frames), json: report.json())
        } else {
            let report = try driver.threads(target, frames: filter.frames())
            try Output.write(
                format, text: report.text(width: width, count: count, frames: frames ?? 4), json: report.json())
        }
    }
}
