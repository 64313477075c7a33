// SPDX-License-Identifier: Apache-2.0
//
// Collects estimates of several sessions by stack, size class and process, and makes a profile of them. It knows
// stacks and processes; what the figures mean is decided by who adds them.

internal import SiltFile
internal import SiltSymbols

/// A profile in the making.
struct ProfileBuilder {
    /// A session that takes part.
    struct Source {
        let session: Session
        fileprivate var lookup: CodeTable.Lookup
        fileprivate var process: Int
        fileprivate var stackNumbers: [UInt32: Int] = [:]
        fileprivate var rowNumbers: [UInt32: Int] = [:]
    }

    private struct StackKey: Hashable {
        var locations: [Int]
        var truncated: String?
    }

    private struct RowKey: Hashable {
        var stack: Int
        var sizeClass: UInt32
        var process: Int
    }

    private struct Row {
        var key: RowKey
        var values: [Estimate]
        /// Of the largest interval of its sites.
        var law = SamplingLaw(interval: 1)
        var blocks: UInt64 = 0
        var blockBytes: UInt64 = 0
        var ages: [Ages.Entry] = []
    }

    private let kinds: [Profile.Kind]
    private let differences: Set<Profile.Kind>
    private let keepProcessesApart: Bool
    private var code = CodeTable()
    private var processes: [Profile.Process] = []
    private var stacks: [StackKey] = []
    private var stackNumbers: [StackKey: Int] = [:]
    private var rows: [Row] = []
    private var rowNumbers: [RowKey: Int] = [:]

    var kindCount: Int { kinds.count }

    /// - Parameter differences: the kinds whose figures may fall.
    init(kinds: [Profile.Kind], differences: Set<Profile.Kind> = [], keepProcessesApart: Bool = false) {
        self.kinds = kinds
        self.differences = differences
        self.keepProcessesApart = keepProcessesApart
    }

    /// Lets a session take part; unless processes are kept apart, those of one program count as one.
    mutating func source(_ session: Session) -> Source {
        let header = session.header
        let process = Profile.Process(name: header.comm, pid: header.pid, exe: header.exe)
        let known = processes.firstIndex {
            $0.name == process.name && $0.exe == process.exe && (!keepProcessesApart || $0.pid == process.pid)
        }
        if let known {
            if processes[known].pid != process.pid { processes[known].pid = nil }
            return Source(session: session, lookup: code.lookup(for: session), process: known)
        }
        processes.append(process)
        return Source(session: session, lookup: code.lookup(for: session), process: processes.count - 1)
    }

    /// The row of a site; a site or stack that the file does not hold has an empty stack.
    mutating func row(of site: UInt32, in source: inout Source) -> Int {
        if let row = source.rowNumbers[site] { return row }
        let known = source.session.sites[site]
        let key = RowKey(
            stack: stackNumber(known?.stack, in: &source), sizeClass: known?.sizeClass ?? 0, process: source.process)
        let law = source.session.law(of: site)
        let row = rowNumbers[key] ?? rows.count
        if row == rows.count {
            rows.append(Row(key: key, values: zeros(at: known, law: law), law: law))
            rowNumbers[key] = row
        } else if rows[row].law.interval < law.interval {
            // With a larger interval more may be unseen.
            for (kind, zero) in zeros(at: known, law: law).enumerated() { rows[row].values[kind] += zero }
            rows[row].law = law
        }
        source.rowNumbers[site] = row
        return row
    }

    /// The row of whatever has no size class, by its stack.
    mutating func row(ofStack stack: UInt32, in source: inout Source) -> Int {
        let key = RowKey(stack: stackNumber(stack, in: &source), sizeClass: 0, process: source.process)
        if let row = rowNumbers[key] { return row }
        rows.append(Row(key: key, values: kinds.map { _ in .zero }))
        rowNumbers[key] = rows.count - 1
        return rows.count - 1
    }

    /// Makes sure that every site of a session has a row: where nothing was seen, its size says what may be unseen.
    mutating func addSites(of source: inout Source) {
        for site in source.session.sites.keys.sorted() { _ = row(of: site, in: &source) }
    }

    /// Adds to the figure of one kind, or subtracts from it.
    mutating func add(_ estimate: Estimate, negated: Bool = false, kind: Int, row: Int) {
        rows[row].values[kind] += negated ? -estimate : estimate
    }

    /// Counts blocks into the average size of the row.
    mutating func countBlocks(_ blocks: UInt64, bytes: UInt64, row: Int) {
        rows[row].blocks &+= blocks
        rows[row].blockBytes &+= bytes
    }

    /// Notes the age of allocations that are alive.
    mutating func addAge(_ age: Ages.Entry, row: Int) {
        rows[row].ages.append(age)
    }

    /// The profile; stacks without any sample are left out.
    func profile(symbols: any FrameSource) -> Profile {
        let (mappings, locations) = code.resolved(by: symbols)
        var profile = Profile(kinds: kinds, mappings: mappings, locations: locations, processes: processes)
        let sampled = Set(
            rows.lazy.filter { $0.values.contains { $0.samples > 0 || $0.added.missing > 0 } }.map(\.key.stack))
        for row in rows where sampled.contains(row.key.stack) {
            let stack = stacks[row.key.stack]
            profile.samples.append(
                Profile.Sample(
                    locations: stack.locations, values: row.values,
                    blockSize: row.blocks > 0 ? (row.blockBytes &+ row.blocks / 2) / row.blocks : 0,
                    truncated: stack.truncated, process: row.key.process, ages: Ages(row.ages)))
        }
        return profile
    }

    /// What the figures of a site start from: nothing sampled, of blocks of its average size.
    private func zeros(at site: Site?, law: SamplingLaw) -> [Estimate] {
        let samples = site?.allocObjects ?? 0
        let size = site.map { samples > 0 ? Double($0.allocBytes) / Double(samples) : 0 } ?? 0
        return kinds.map { kind in
            let zero =
                kind.unit == "count" ? law.objects(samples: 0, ofSize: size) : law.bytes(samples: 0, ofSize: size)
            return differences.contains(kind) ? Estimate(added: zero.added, removed: zero.added) : zero
        }
    }

    private mutating func stackNumber(_ id: UInt32?, in source: inout Source) -> Int {
        if let id, let known = source.stackNumbers[id] { return known }
        var key = StackKey(locations: [], truncated: "the stack was not recorded")
        if let id, let stack = source.session.stacks[id] {
            key.locations = stack.frames.map { code.location(of: $0, in: &source.lookup) }
            key.truncated = stack.tier.explanation ?? stack.end.explanation
        }
        let number: Int
        if let known = stackNumbers[key] {
            number = known
        } else {
            number = stacks.count
            stacks.append(key)
            stackNumbers[key] = number
        }
        if let id { source.stackNumbers[id] = number }
        return number
    }
}

extension Stack.End {
    /// Why a stack ends early, for a person; nil: it does not.
    fileprivate var explanation: String? {
        switch self {
        case .complete: nil
        case .depth: "deeper than the shim records"
        case .unwind: "no unwind information"
        case .bounds: "stack memory not trusted"
        }
    }
}

extension Stack.Tier {
    /// What was left out of a stack for want of room, for a person; nil: nothing.
    fileprivate var explanation: String? {
        switch self {
        case .whole: nil
        case .folded: "recursion left out"
        case .innermost: "only the innermost frames kept"
        case .leaf: "only the innermost frame kept"
        case .none: "no room for the stack"
        }
    }
}
