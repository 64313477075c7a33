// SPDX-License-Identifier: Apache-2.0
//
// `silt threads`: who created the threads that are alive, and what they are doing; with `--stacks`, where they are.

import ArgumentParser
import SiltFile
import SiltHost
import SiltProfile
import SiltReport

struct Threads: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Threads alive by the code that created them, and what they are doing.",
        discussion: """
            Every thread is recorded, none is sampled. Of a running process the kernel is also asked what its threads \
            wait in, how much CPU time they have used and how much of their stacks is in memory; no thread is stopped.

            --stacks shows where the threads of a running process are instead, also of one that Silt does not profile. \
            For that each is stopped, one after the other, for far less than a millisecond as a rule, and never is more \
            than one held. Signals and stopped processes stay as they are; but as with any debugger, a call that the \
            kernel cannot restart, such as epoll_wait, returns EINTR. This needs the right to trace the process: as \
            root, or as its user where kernel.yama.ptrace_scope is 0; in a container, the capability SYS_PTRACE.
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var filter: FilterOptions

    @Flag(help: "Show the stacks that the threads have now: stops each thread for a moment.")
    var stacks = false

    @Option(help: ArgumentHelp("Callers to show of each group (default: 4, of stacks all).", valueName: "count"))
    var frames: Int?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Groups to show.", valueName: "count"))
    var count = 20

    @Argument(help: "Session files, dumps, pids or program names.")
    var target: [String]

    func run() throws {
        if stacks { return try printStacks() }
        let snapshots = try input.snapshots(target)
        let threads = try input.threads(snapshots.map(\.session), filter: filter)
        let running = snapshots.filter { $0.process != nil }
        var activity: [UInt32: [UInt32: ThreadReport.Activity]] = [:]
        for snapshot in running { activity[snapshot.session.header.pid] = self.activity(of: snapshot.session) }
        let report = ThreadReport(threads, activity: running.isEmpty ? nil : activity)
        print(report.text(width: Terminal.width, count: count, frames: frames ?? 4), terminator: "")
    }

    private func printStacks() throws {
        let processes = try input.tracees(target)
        let sessions = processes.compactMap(\.session)
        var stacks: [ProcessStacks] = []
        var activity: [UInt32: [UInt32: ThreadReport.Activity]] = [:]
        for process in processes {
            let (read, facts) = try process.stacks()
            stacks.append(read)
            activity[process.pid] = facts.mapValues { ThreadReport.Activity($0, residentStack: nil) }
        }
        let current = ThreadProfile(current: stacks, symbols: input.symbols.symbolizer(for: stacks.flatMap(\.modules)))
        let report = StackReport(
            try current.filtered { profile throws(Failure) in try filter.apply(to: profile, unlessAsked: false) },
            activity: activity,
            recorded: sessions.isEmpty ? nil : try input.threads(sessions, foldedBy: filter.runtimes))
        print(report.text(width: Terminal.width, count: count, frames: frames), terminator: "")
    }

    private func activity(of session: Session) -> [UInt32: ThreadReport.Activity] {
        let table = ProcessTable()
        let facts = table.threads(of: session.header.pid)
        let stacks = (table.mappings(of: session.header.pid) ?? []).filter { $0.path.isEmpty && $0.isWritable }
        let handles = Dictionary(
            session.threads.compactMap { record in record.thread.map { ($0, record.handle) } }
        ) { first, _ in first }
        return Dictionary(
            uniqueKeysWithValues: facts.map { id, facts in
                let stack = handles[id].flatMap { $0 }.flatMap { stacks.mapping(at: $0) }
                return (id, ThreadReport.Activity(facts, residentStack: stack?.resident))
            })
    }
}
