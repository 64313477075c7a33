// SPDX-License-Identifier: Apache-2.0
//
// `silt threads`: who created the threads that are alive, and what they are doing.

import ArgumentParser
import SiltFile
import SiltProfile
import SiltReport

struct Threads: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Threads alive by the code that created them, and what they are doing.",
        discussion: """
            Every thread is recorded, none is sampled. Of a running process the kernel is also asked what its threads \
            wait in, how much CPU time they have used and how much of their stacks is in memory; no thread is stopped.
            """)

    @OptionGroup var input: InputOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: ArgumentHelp("Callers to show of each group.", valueName: "count"))
    var frames = 4

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Groups to show.", valueName: "count"))
    var count = 20

    @Argument(help: "Session files, dumps, pids or program names.")
    var target: [String]

    func run() throws {
        let snapshots = try input.snapshots(target)
        let threads = try input.threads(snapshots.map(\.session), filter: filter)
        let running = snapshots.filter { $0.process != nil }
        var activity: [UInt32: [UInt32: ThreadReport.Activity]] = [:]
        for snapshot in running { activity[snapshot.session.header.pid] = self.activity(of: snapshot.session) }
        let report = ThreadReport(threads, activity: running.isEmpty ? nil : activity)
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
