// SPDX-License-Identifier: Apache-2.0
//
// `threads --stacks`: which stacks the threads of a running process are in, the most frequent first, as Go's tools show
// goroutines; with what the threads of each do and who created them. It stops no thread and asks the kernel nothing.

package import SiltProfile

/// The stacks of threads.
package struct StackReport: Sendable {
    /// Threads in one stack; code on one line counts as one.
    package struct Group: Sendable {
        /// The stack with file and line, the innermost function first; never empty.
        package var frames: [Place]
        package var count: Int
        /// Seconds; nil if not known.
        package var cpuTime: Double?
        /// Most frequent first; empty if not known.
        package var doing: [ThreadReport.Doing]
        /// Functions responsible for their creation, as far as it was recorded; most frequent first.
        package var creators: [ThreadReport.Doing]
        /// Names that they have been given, most frequent first.
        package var names: [ThreadReport.Doing]
    }

    package var header: ReportHeader
    package var total: Int
    /// Largest first, then by name.
    package var groups: [Group]
    package var notes: [String]

    /// - Parameters:
    ///   - threads: as they are now.
    ///   - activity: by process and thread id.
    ///   - recorded: threads by who created them, runtime frames folded away; nil: not recorded.
    package init(
        _ threads: ThreadProfile, activity: [UInt32: [UInt32: ThreadReport.Activity]], recorded: ThreadProfile?
    ) {
        let creators = recorded.map(Self.creators) ?? [:]
        header = ReportHeader(threads.profile, kind: .threads)
        total = threads.recorded
        notes = threads.profile.notes(kind: .threads)
        groups = threads.membersByPlace().map { frames, members in
            let activities = members.compactMap { member in member.thread.flatMap { activity[member.pid]?[$0] } }
            return Group(
                frames: frames, count: members.count,
                cpuTime: activities.isEmpty ? nil : activities.reduce(0) { $0 + $1.cpuTime },
                doing: ThreadReport.Doing.tally(activities.map(\.words)),
                creators: ThreadReport.Doing.tally(
                    members.compactMap { member in member.thread.flatMap { creators[member.pid]?[$0] } }),
                names: threads.names(of: members, activity: activity))
        }.sorted {
            $0.count != $1.count
                ? $0.count > $1.count : $0.frames.map(\.name).lexicographicallyPrecedes($1.frames.map(\.name))
        }
    }

    /// The first frame of the stack that created each thread, by process and thread id.
    private static func creators(_ threads: ThreadProfile) -> [UInt32: [UInt32: String]] {
        var result: [UInt32: [UInt32: String]] = [:]
        for (frames, members) in threads.membersByPlace() {
            for member in members {
                if let thread = member.thread { result[member.pid, default: [:]][thread] = frames[0].name }
            }
        }
        return result
    }

    /// - Parameters:
    ///   - width: of the terminal, to which names are cut; nil: nothing is cut.
    ///   - count: groups to show; nil: all.
    ///   - frames: callers to show of each; nil: all.
    package func text(width: Int? = nil, count: Int? = nil, frames: Int? = nil) -> String {
        var text = header.text([.file, .time])
        text += "Threads: \(total) in \(counted(groups.count, "stack"))\n"
        let shown = groups.prefix(count ?? groups.count)
        if !shown.isEmpty { text += "\n" + table(shown, frames: frames).text(width: width) }
        let rest = groups.dropFirst(shown.count)
        if !rest.isEmpty {
            text += "and \(counted(rest.count, "more stack")), \(counted(rest.reduce(0) { $0 + $1.count }, "thread"))\n"
        }
        return text + noteLines(notes)
    }

    private func table(_ groups: ArraySlice<Group>, frames: Int?) -> Table {
        var table = Table([
            Table.Column("threads", isFigure: true), Table.Column("cpu", isFigure: true), Table.Column("stack"),
        ])
        for group in groups {
            let cpuTime = group.cpuTime.map { formatDuration(seconds: $0) } ?? ""
            table.rows.append(["\(group.count)", cpuTime, group.frames[0].name])
            let callers = group.frames.dropFirst()
            let shown = callers.prefix(frames ?? callers.count)
            var lines = shown.map { "from " + $0.name }
            if shown.count < callers.count { lines.append("from \(callers.count - shown.count) more") }
            lines += group.doing.prefix(3).map { "\($0.count) \($0.what)" }
            lines += group.names.prefix(3).map { "\($0.count) named \($0.what)" }
            lines += group.creators.prefix(3).map { "\($0.count) created by \($0.what)" }
            table.rows += lines.map { ["", "", "  " + $0] }
        }
        return table
    }
}

extension ThreadProfile {
    /// Threads by the places of their stacks, calls on one line taken as one.
    fileprivate func membersByPlace() -> [[Place]: [Member]] {
        let table = NodeTable(profile, granularity: .lines)
        var result: [[Place]: [Member]] = [:]
        for (sample, members) in zip(profile.samples, members) {
            let nodes = sample.locations.flatMap { table.nodes[$0] }
            result[(nodes.isEmpty ? [table.stackless] : nodes).map { table.places[$0] }, default: []] += members
        }
        return result
    }
}
