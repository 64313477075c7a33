// SPDX-License-Identifier: Apache-2.0
//
// `threads`: how many there are, then by the stack that created them, the largest group first; with what they are
// doing, if the caller passes what the kernel says. It asks the kernel nothing itself.

package import SiltProfile

/// Threads alive, the code that makes most of them first.
package struct ThreadReport: Sendable {
    /// What the kernel says of a thread.
    package struct Activity: Sendable, Hashable {
        /// The letter of /proc: `S`.
        package var state: Character
        /// The kernel's function in which it waits, if known.
        package var waitsIn: String?
        /// Seconds.
        package var cpuTime: Double
        /// Bytes of its stack that are in memory, if known.
        package var residentStack: UInt64?
        /// As `ps` shows it, if known.
        package var name: String?

        package init(
            state: Character, waitsIn: String?, cpuTime: Double, residentStack: UInt64?, name: String? = nil
        ) {
            self.state = state
            self.waitsIn = waitsIn
            self.cpuTime = cpuTime
            self.residentStack = residentStack
            self.name = name
        }
    }

    /// What some threads of a group do.
    package struct Doing: Sendable, Hashable {
        /// `sleeping in futex_wait_queue`.
        package var what: String
        package var count: Int
    }

    /// Threads that one stack created; calls on one line count as one.
    package struct Group: Sendable {
        /// The creating stack, with file and line, the function responsible first; never empty.
        package var frames: [Place]
        package var count: Int
        package var oldest: Duration?
        package var median: Duration?
        /// Address space reserved for their stacks.
        package var reserved: UInt64
        /// Of it in memory; nil if not known of any.
        package var resident: UInt64?
        /// Seconds; nil if not known.
        package var cpuTime: Double?
        /// Most frequent first; empty if not known.
        package var doing: [Doing]
        /// Names that they have been given, most frequent first.
        package var names: [Doing]
        /// Some of the callers are likely, not proven.
        package var isGuessed: Bool
    }

    package var header: ReportHeader
    package var total: UInt64
    package var recorded: Int
    package var unknown: UInt64?
    package var processes: Int
    /// Largest first, then by name.
    package var groups: [Group]
    package var notes: [String]

    /// - Parameters:
    ///   - threads: fold runtime frames away first, and a group begins with the function responsible for it.
    ///   - activity: by process and thread id; nil: the process is not running, or not to be seen.
    package init(_ threads: ThreadProfile, activity: [UInt32: [UInt32: Activity]]? = nil) {
        let profile = threads.profile
        let table = NodeTable(profile, granularity: .lines)
        let space = profile.column(of: .stackSpace)
        header = ReportHeader(profile, kind: .threads)
        total = threads.total
        recorded = threads.recorded
        unknown = threads.unknown
        processes = threads.processes
        notes = profile.notes(kind: .threads)
        var parts: [[Place]: [(sample: Profile.Sample, members: [ThreadProfile.Member])]] = [:]
        for (sample, members) in zip(profile.samples, threads.members) {
            let nodes = sample.locations.flatMap { table.nodes[$0] }
            parts[(nodes.isEmpty ? [table.stackless] : nodes).map { table.places[$0] }, default: []]
                .append((sample, members))
        }
        groups = parts.map { frames, parts in
            let members = parts.flatMap(\.members)
            let ages = Ages(merging: parts.map(\.sample.ages))
            return Group(
                frames: frames, count: members.count, oldest: ages.oldest, median: ages.median,
                reserved: UInt64(saturating: parts.reduce(0) { $0 + $1.sample.values[space].value }),
                activities: members.compactMap { member in member.thread.flatMap { activity?[member.pid]?[$0] } },
                names: threads.names(of: members, activity: activity ?? [:]),
                isGuessed: parts.contains(where: \.sample.isGuessed))
        }.sorted(by: Self.precedes)
    }

    private static func precedes(_ a: Group, _ b: Group) -> Bool {
        if a.count != b.count { return a.count > b.count }
        let (x, y) = (a.frames.map(\.name), b.frames.map(\.name))
        return x != y ? x.lexicographicallyPrecedes(y) : a.reserved > b.reserved
    }

    /// - Parameters:
    ///   - width: of the terminal, to which names are cut; nil: nothing is cut.
    ///   - count: groups to show; nil: all.
    ///   - frames: callers to show of each.
    package func text(width: Int? = nil, count: Int? = nil, frames: Int = 4) -> String {
        var text = header.text([.file, .time])
        text += headline + "\n"
        let shown = groups.prefix(count ?? groups.count)
        if !shown.isEmpty { text += "\n" + table(shown, frames: frames).text(width: width) }
        let rest = groups.dropFirst(shown.count)
        if !rest.isEmpty {
            text += "and \(counted(rest.count, "more group")), \(counted(rest.reduce(0) { $0 + $1.count }, "thread"))\n"
        }
        return text + noteLines(notes)
    }

    /// `Threads: 6012 alive: 6010 created under silt, 1 unknown, and the first; stacks reserve 47GB, 94MB resident`
    private var headline: String {
        var text = "Threads: \(total) alive: \(recorded) created under silt"
        if let unknown {
            text += unknown > 0 ? ", \(unknown) unknown (older, or made by a bare system call)" : ""
        } else {
            text += ", others not counted"
        }
        text += processes == 1 ? ", and the first" : ", and the first of each of \(processes) processes"
        guard recorded > 0 else { return text }
        text += "\nStacks: \(bytes(groups.reduce(0) { $0.addingSaturated($1.reserved) })) reserved"
        let resident = groups.compactMap(\.resident)
        return resident.isEmpty
            ? text : text + ", \(bytes(resident.reduce(0) { $0.addingSaturated($1) })) in memory"
    }

    private func table(_ groups: some Sequence<Group>, frames: Int) -> Table {
        let groups = Array(groups)
        let isLive = groups.contains { !$0.doing.isEmpty }
        let titles = ["threads", "oldest", "median", "reserved"] + (isLive ? ["in memory", "cpu"] : [])
        let ranks = ["reserved": 1, "median": 2, "cpu": 3, "oldest": 4]
        var table = Table(
            titles.map { title in
                Table.Column(title, isFigure: true, narrow: ranks[title].map { .leftOut($0) } ?? .stays)
            } + [Table.Column("created by")])
        func age(_ duration: Duration?) -> String { duration.map { formatDuration(seconds: $0 / .seconds(1)) } ?? "" }
        for group in groups {
            var cells = ["\(group.count)", age(group.oldest), age(group.median), bytes(group.reserved)]
            if isLive {
                cells += [group.resident.map(bytes) ?? "", group.cpuTime.map { formatDuration(seconds: $0) } ?? ""]
            }
            table.rows.append(cells + [group.frames[0].name])
            let callers = group.frames.dropFirst().prefix(frames).map { "  from " + $0.name }
            let doing = group.doing.prefix(3).map { "  \($0.count) \($0.what)" }
            let names = group.names.prefix(3).map { "  \($0.count) named \($0.what)" }
            let guessed = group.isGuessed ? ["  " + guessedLine] : []
            for line in callers + guessed + doing + names {
                table.rows.append(Array(repeating: "", count: titles.count) + [line])
            }
        }
        return table
    }

    private func bytes(_ count: UInt64) -> String { formatBytes(Double(count)) }
}

extension ThreadReport.Group {
    fileprivate init(
        frames: [Place], count: Int, oldest: Duration?, median: Duration?, reserved: UInt64,
        activities: [ThreadReport.Activity], names: [ThreadReport.Doing], isGuessed: Bool
    ) {
        let resident = activities.compactMap(\.residentStack)
        self.init(
            frames: frames, count: count, oldest: oldest, median: median, reserved: reserved,
            resident: resident.isEmpty ? nil : resident.reduce(0) { $0.addingSaturated($1) },
            cpuTime: activities.isEmpty ? nil : activities.reduce(0) { $0 + $1.cpuTime },
            doing: ThreadReport.Doing.tally(activities.map(\.words)), names: names, isGuessed: isGuessed)
    }
}

extension ThreadProfile {
    /// The names of threads that are not just the program's, counted; what the kernel says goes before the record.
    func names(
        of members: [Member], activity: [UInt32: [UInt32: ThreadReport.Activity]]
    ) -> [ThreadReport.Doing] {
        let programs = Set(profile.processes.map(\.name))
        return ThreadReport.Doing.tally(
            members.compactMap { member in
                let name = member.thread.flatMap { activity[member.pid]?[$0]?.name } ?? member.name
                return name.flatMap { programs.contains($0) ? nil : $0 }
            })
    }
}

extension ThreadReport.Doing {
    /// Equal words counted, the most frequent first.
    static func tally(_ words: [String]) -> [ThreadReport.Doing] {
        var counts: [String: Int] = [:]
        for what in words { counts[what, default: 0] += 1 }
        return counts.map { ThreadReport.Doing(what: $0.key, count: $0.value) }.sorted {
            ($1.count, $0.what) < ($0.count, $1.what)
        }
    }
}

extension ThreadReport.Activity {
    /// `sleeping in futex_wait_queue`.
    var words: String {
        let verb =
            switch state {
            case "R": "running or ready"
            case "S", "I": "sleeping"
            case "D": "waiting for a device"
            case "T": "stopped"
            case "t": "stopped by a debugger"
            case "Z", "X": "ended"
            default: "in state \(state)"
            }
        return waitsIn.map { "\(verb) in \($0)" } ?? verb
    }
}
