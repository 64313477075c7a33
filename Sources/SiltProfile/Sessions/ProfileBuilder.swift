// SPDX-License-Identifier: Apache-2.0
//
// Collects estimates of several sessions by stack, size class and process, and makes profiles of them. It knows
// stacks and processes; what the figures mean is decided by its callers.

internal import SiltFile
internal import SiltSymbols

/// Profiles in the making: one, or several that share their stacks, so that each file is read once for all of them.
struct ProfileBuilder {
    /// What one of the profiles counts.
    struct Part {
        var kinds: [Profile.Kind]
        /// The kinds whose figures may fall.
        var differences: Set<Profile.Kind> = []
    }

    /// Sampled allocations of about one size, and what they stand for.
    struct Allocations {
        let samples: UInt64
        /// All together.
        let bytes: UInt64
        var objects: Estimate
        let space: Estimate

        init(_ samples: UInt64 = 1, bytes: UInt64, by law: SamplingLaw) {
            let size = Double(bytes) / Double(samples)
            self.samples = samples
            self.bytes = bytes
            objects = law.objects(samples: samples, ofSize: size)
            space = law.bytes(samples: samples, ofSize: size)
        }

        init(samples: UInt64, bytes: UInt64, objects: Estimate, space: Estimate) {
            self.samples = samples
            self.bytes = bytes
            self.objects = objects
            self.space = space
        }
    }

    /// The two columns that an allocation counts in.
    struct Pair {
        fileprivate(set) var objects: Profile.Column
        fileprivate(set) var bytes: Profile.Column
        fileprivate var part: Int
    }

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
        var truncated: Profile.Cut?
        var isGuessed = false
    }

    private struct RowKey: Hashable {
        var stack: Int
        var sizeClass: UInt32
        var process: Int
    }

    private struct Blocks {
        var count: UInt64 = 0
        var bytes: UInt64 = 0

        /// Rounded.
        var averageSize: UInt64 {
            guard count > 0 else { return 0 }
            let (whole, rest) = bytes.quotientAndRemainder(dividingBy: count)
            return rest >= count - count / 2 ? whole + 1 : whole
        }
    }

    /// What is counted in a column.
    private struct ColumnForm {
        var isCount: Bool
        var isDifference: Bool
    }

    private let parts: [Part]
    /// Columns of all parts together.
    private let columns: [ColumnForm]
    /// Those of them that count objects.
    private let countColumns: [Int]
    private var code = CodeTable()
    private var processes: ProfiledProcesses
    private var stacks = Interner<StackKey>()
    private var rows = Interner<RowKey>()
    /// Column by column; of each, row after row. There are many rows: those of a part can be given up when its profile is made.
    private var values: [[Estimate]]
    /// Row after row, one for each part.
    private var blocks: [Blocks] = []
    /// Row after row.
    private var ages: [[Ages.Entry]] = []
    /// Row after row: of the largest interval of its sites.
    private var laws: [SamplingLaw] = []

    init(parts: [Part], keepProcessesApart: Bool = false) {
        self.parts = parts
        let columns = parts.flatMap { part in
            part.kinds.map {
                ColumnForm(isCount: $0.unit == "count", isDifference: part.differences.contains($0))
            }
        }
        self.columns = columns
        values = columns.map { _ in [] }
        countColumns = columns.indices.filter { columns[$0].isCount }
        processes = ProfiledProcesses(keepApart: keepProcessesApart)
    }

    /// - Parameter differences: the kinds whose figures may fall.
    init(kinds: [Profile.Kind], differences: Set<Profile.Kind> = [], keepProcessesApart: Bool = false) {
        self.init(parts: [Part(kinds: kinds, differences: differences)], keepProcessesApart: keepProcessesApart)
    }

    /// Where the figures of a kind go.
    ///
    /// - Precondition: the part has this kind.
    func column(of kind: Profile.Kind, part: Int = 0) -> Profile.Column {
        guard let index = parts[part].kinds.firstIndex(of: kind) else { preconditionFailure("no \(kind.name) here") }
        return Profile.Column(index: parts[..<part].reduce(index) { $0 + $1.kinds.count })
    }

    /// Where allocations are counted.
    ///
    /// - Precondition: the part has both kinds.
    func pair(_ objects: Profile.Kind, _ bytes: Profile.Kind, part: Int = 0) -> Pair {
        Pair(objects: column(of: objects, part: part), bytes: column(of: bytes, part: part), part: part)
    }

    /// Lets a session take part; unless processes are kept apart, those of one program count as one.
    mutating func source(_ session: Session) -> Source {
        let header = session.header
        let process = processes.number(of: Profile.Process(name: header.comm, pid: header.pid, exe: header.exe))
        return Source(
            session: session, lookup: code.lookup(for: session), process: process)
    }

    /// Lets another snapshot of the same process take part: sites that are the same in both are in the same rows,
    /// without another look at their stacks.
    mutating func source(_ session: Session, sharing other: Source) -> Source {
        var source = source(session)
        for (id, site) in session.sites {
            guard let row = other.rowNumbers[id], let known = other.session.sites[id] else { continue }
            // A file is not believed: the same number must be the same site.
            guard known.sizeClass == site.sizeClass, known.interval == site.interval, known.stack == site.stack,
                session.stacks[site.stack] == other.session.stacks[site.stack]
            else { continue }
            source.rowNumbers[id] = row
        }
        return source
    }

    /// The row of a site; a site or stack that the file does not hold has an empty stack.
    mutating func row(of site: UInt32, in source: inout Source) -> Int {
        if let row = source.rowNumbers[site] { return row }
        let known = source.session.sites[site]
        let row = rows.index(
            of: RowKey(
                stack: stackNumber(known?.stack, in: &source), sizeClass: known?.sizeClass ?? 0,
                process: source.process))
        // Of what is unseen: whatever the samples of this site were taken with, more may have gone by at the largest interval.
        let law = SamplingLaw(interval: source.session.header.largestInterval)
        if row == laws.count {
            addRow(zeros(at: known, law: law), law: law)
        } else if laws[row].interval < law.interval {
            // With a larger interval more may be unseen.
            for (column, zero) in zeros(at: known, law: law).enumerated() { values[column][row] += zero }
            laws[row] = law
        }
        source.rowNumbers[site] = row
        return row
    }

    /// The row of a stack of which no size class is known, such as that of a thread.
    mutating func row(ofStack stack: UInt32, in source: inout Source) -> Int {
        let stack = stackNumber(stack, in: &source)
        let row = rows.index(of: RowKey(stack: stack, sizeClass: 0, process: source.process))
        if row == laws.count { addRow(columns.map { _ in .zero }, law: SamplingLaw(interval: 1)) }
        return row
    }

    /// Makes sure that every site of a session has a row, with the sizes of all blocks that were ever sampled there: even if
    /// nothing of it is alive, blocks of its size, and of smaller ones, may be alive and not sampled, which intervals must
    /// allow for. Only once for each process.
    mutating func addSites(of source: inout Source) {
        reserve(source.session.sites.count)
        for (id, site) in source.session.sites.sorted(by: { $0.key < $1.key }) {
            let row = row(of: id, in: &source)
            guard site.allocObjects > 0 else { continue }
            let sizes = BlockSizes(
                samples: site.allocObjects, ofSize: Double(site.allocBytes) / Double(site.allocObjects),
                smallest: site.isCoarse ? Double(site.smallestSize) : nil, by: source.session.law(of: id))
            for column in countColumns { values[column][row].sizes += sizes }
        }
    }

    /// Adds to the figure of one column, or subtracts from it.
    mutating func add(_ estimate: Estimate, negated: Bool = false, in column: Profile.Column, row: Int) {
        values[column.index][row] += negated ? -estimate : estimate
    }

    /// Counts sampled allocations, or subtracts them.
    mutating func count(_ allocations: Allocations, negated: Bool = false, in pair: Pair, row: Int) {
        add(allocations.objects, negated: negated, in: pair.objects, row: row)
        add(allocations.space, negated: negated, in: pair.bytes, row: row)
        countBlocks(allocations.samples, bytes: allocations.bytes, row: row, part: pair.part)
    }

    /// Lets blocks count in the average size of the row.
    mutating func countBlocks(_ blocks: UInt64, bytes: UInt64, row: Int, part: Int = 0) {
        let known = self.blocks[row * parts.count + part]
        self.blocks[row * parts.count + part] = Blocks(
            count: known.count.addingSaturated(blocks), bytes: known.bytes.addingSaturated(bytes))
    }

    /// Notes the age of allocations that are alive.
    mutating func addAge(_ age: Ages.Entry, row: Int) {
        ages[row].append(age)
    }

    /// The profile of the first part.
    mutating func profile(symbols: any FrameSource) -> Profile { profiles(symbols: symbols)[0] }

    /// The profiles, in the order of the parts; stacks of which a part has no sample are left out there. The figures of each
    /// are given up: the builder is not to be used again.
    ///
    /// - Complexity: asks `symbols` once for each object.
    mutating func profiles(symbols: any FrameSource) -> [Profile] {
        let (mappings, locations) = code.resolved(by: symbols)
        var profiles: [Profile] = []
        for (part, kinds) in parts.map(\.kinds).enumerated() {
            let columns = Array(values.prefix(kinds.count))
            values.removeFirst(kinds.count)
            profiles.append(
                Profile(
                    kinds: kinds, mappings: mappings, locations: locations, samples: samples(columns, part: part),
                    processes: processes.processes))
        }
        return profiles
    }

    private func samples(_ columns: [[Estimate]], part: Int) -> [Profile.Sample] {
        var isSampled = [Bool](repeating: false, count: stacks.count)
        for column in columns {
            for (figure, key) in zip(column, rows.values)
            where figure.samples > 0 || figure.added.missing > 0 || figure.removed?.missing ?? 0 > 0 {
                isSampled[key.stack] = true
            }
        }
        return rows.values.enumerated().compactMap { row, key in
            guard isSampled[key.stack] else { return nil }
            let stack = stacks.values[key.stack]
            return Profile.Sample(
                locations: stack.locations, values: columns.map { $0[row] },
                blockSize: blocks[row * parts.count + part].averageSize, truncated: stack.truncated,
                isGuessed: stack.isGuessed, process: key.process, ages: Ages(ages[row]))
        }
    }

    /// Makes room for the rows of a first session; those of others may be the same.
    private mutating func reserve(_ count: Int) {
        guard rows.count == 0 else { return }
        stacks.reserve(count)
        rows.reserve(count)
        for column in values.indices { values[column].reserveCapacity(count) }
    }

    private mutating func addRow(_ zeros: [Estimate], law: SamplingLaw) {
        laws.append(law)
        for (column, zero) in zeros.enumerated() { values[column].append(zero) }
        for _ in parts { blocks.append(Blocks()) }
        ages.append([])
    }

    /// The figures of a site of which nothing is sampled: what may be there unseen depends on its average size.
    private func zeros(at site: Site?, law: SamplingLaw) -> [Estimate] {
        let samples = site?.allocObjects ?? 0
        let size = site.map { samples > 0 ? Double($0.allocBytes) / Double(samples) : 0 } ?? 0
        let (objects, bytes) = (law.objects(samples: 0, ofSize: size), law.bytes(samples: 0, ofSize: size))
        return columns.map { column in
            let zero = column.isCount ? objects : bytes
            return column.isDifference ? Estimate(added: zero.added, removed: zero.added) : zero
        }
    }

    private mutating func stackNumber(_ id: UInt32?, in source: inout Source) -> Int {
        guard let id, let stack = source.session.stacks[id] else {
            return stacks.index(of: StackKey(locations: [], truncated: .notRecorded))
        }
        if let known = source.stackNumbers[id] { return known }
        let locations = stack.frames.map { code.location(of: $0, in: &source.lookup) }
        let number = stacks.index(
            of: StackKey(
                locations: locations, truncated: Profile.Cut(kept: stack.tier) ?? Profile.Cut(recorded: stack.end),
                isGuessed: stack.guessed))
        source.stackNumbers[id] = number
        return number
    }
}

extension Profile.Cut {
    /// Of a stack that the shim recorded; nil: it is whole.
    fileprivate init?(recorded end: Stack.End) {
        switch end {
        case .complete: return nil
        case .depth: self = .tooDeepToRecord
        case .unwind: self = .noUnwindInformation
        case .bounds: self = .memoryNotTrusted
        }
    }

    /// Of a stack that was shortened for want of room; nil: it was not.
    fileprivate init?(kept tier: Stack.Tier) {
        switch tier {
        case .whole: return nil
        case .folded: self = .recursionLeftOut
        case .innermost: self = .innermostFramesOnly
        case .leaf: self = .innermostFrameOnly
        case .none: self = .noRoomForStack
        }
    }
}
