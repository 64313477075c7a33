// SPDX-License-Identifier: Apache-2.0
//
// Growth over several snapshots. Samples are matched across all snapshots of a process, so that the error of what grew
// is that of what came and went. What course a figure took is CourseJudge's question.

package import SiltFile
package import SiltSymbols

/// How memory developed over two snapshots or more.
package struct Trend: Sendable {
    /// Growth in objects and in bytes as fitted over ``elapsed``, then the columns that courses are made of.
    ///
    /// Its first two kinds are those of a ``Diff``, and so are read in the same way.
    package var profile: Profile
    /// When the snapshots were made, from the first one on.
    package var moments: [Duration]
    /// How the snapshots were compared.
    package var relation: Diff.Relation

    /// What became of resident memory; nil: a snapshot does not tell, or nobody asked the kernel.
    package var resident: ResidentGrowth?

    /// Whether a snapshot's file is not as it was written.
    package var isDamaged: Bool
    /// Whether so many frees went past the shim that what seems to have grown may have been freed.
    package var missesFrees = false

    /// From the first snapshot to the last.
    package var elapsed: Duration { moments.last ?? .zero }

    /// The least-squares growth over several snapshots.
    ///
    /// The rate is Σ cᵢ yᵢ with cᵢ = wᵢ (tᵢ − t̄) / Σ wⱼ (tⱼ − t̄)², where yᵢ is what is in use at tᵢ, and wᵢ the
    /// inverse of the variance of the whole heap then: the same for all stacks, so that their rates add up. A sample that
    /// was alive in some of the snapshots adds its weight times the sum of their cᵢ; samples are independent, and one
    /// that was alive in all of them adds nothing. With two snapshots this is the diff.
    ///
    /// - Parameter snapshots: two moments or more, in any order, each with at most one session of every process. Two
    ///   that have no process in common, such as the runs of an old and a new build, stay in the order given. What was
    ///   alive is given up as soon as it is added up.
    package init(of snapshots: consuming [[Session]], symbols: any FrameSource) {
        let isOneClock = Set(snapshots.flatMap { $0.map(\.header.bootID) }).count == 1
        let identities = snapshots.map { Set($0.map(\.identity)) }
        let common = identities.dropFirst().reduce(identities.first ?? []) { $0.intersection($1) }
        relation = common.isEmpty ? .independent : identities.allSatisfy { $0 == common } ? .sameProcess : .mixed
        var points = snapshots.map { sessions in
            (sessions: sessions, time: sessions.map { isOneClock ? $0.moment : $0.realtime }.max() ?? 0)
        }
        // Nothing else may hold the sessions, so that what was alive can be given up.
        snapshots = []
        if points.count > 2 || relation != .independent { points.sort { $0.time < $1.time } }
        moments = points.map { SiltProfile.elapsed(from: points[0].time, to: $0.time) }

        let columns = TrendColumns(snapshots: points.count)
        let leverage = Self.leverage(
            times: moments.map(\.inSeconds), variances: points.map { Self.variance(of: $0.sessions) })
        let lives = Self.processes(points.map(\.sessions)).map { Lives($0) }
        for point in points.indices {
            for session in points[point].sessions.indices { points[point].sessions[session].forgetLiving() }
        }
        var builder = ProfileBuilder(kinds: columns.kinds, differences: Set(columns.differences))
        for (process, lives) in zip(Self.processes(points.map(\.sessions)), lives) {
            builder.add(process, lives, leverage: leverage, columns: columns)
        }
        profile = builder.profile(symbols: symbols)
        let sessions = points.flatMap(\.sessions)
        profile.interval = sessions.map(\.header.largestInterval).max() ?? 0
        isDamaged = sessions.contains(where: \.isDamaged)
        missesFrees = sessions.contains(where: \.missesFrees)
        let unknown = Diff.unknown(from: points.first?.sessions ?? [], to: points.last?.sessions ?? [])
        // A fit is no surer than any of its points.
        let isEndless = sessions.contains { !UnknownHeap($0).figure(.inuseSpace).above.isFinite }
        for kind in columns.differences {
            var known = unknown[kind.unit == "count" ? .inuseObjects : .inuseSpace] ?? .none
            if missesFrees { known.below = .infinity }
            profile.unknown[kind] = isEndless ? Unknown(above: .infinity, below: .infinity) : known
        }
        profile.time = sessions.map(\.realtime).max() ?? 0
        profile.duration = (moments.last ?? .zero).inNanoseconds
        profile.notes =
            Note.onDamage(of: points.dropLast().flatMap(\.sessions))
            + Note.onHeap(of: points.last?.sessions ?? [], after: sessions, symbols: symbols)
    }

    /// The course of a row of ``profile``, or of a sum of rows.
    package func course(of values: [Estimate]) -> Course {
        let columns = TrendColumns(snapshots: moments.count)
        return Course(
            moments: moments, levels: Array(values[columns.levels]), changes: Array(values[columns.changes]),
            kept: Array(values[columns.kept]), fitted: values[columns.bytes], growth: values[columns.lastLessFirst])
    }

    /// The course of all rows of ``profile`` together.
    package var course: Course { course(of: profile.kinds.map { profile.total(kind: $0) }) }

    /// What judges the courses of this trend; nil of two snapshots, which have none.
    package var courseJudge: CourseJudge? { CourseJudge(moments: moments, law: confidence.law) }

    /// What judges the bytes of this trend.
    package var confidence: Confidence {
        Confidence(
            law: SamplingLaw(interval: profile.interval), unit: .bytes, unknown: profile.unknown[.inuseSpace] ?? .none)
    }

    /// Growth over the whole time per second; nil if no time passed.
    package func perSecond(_ growth: Estimate) -> Estimate? {
        elapsed > .zero ? growth.scaled(by: 1 / elapsed.inSeconds) : nil
    }

    /// What a byte at each snapshot adds to the growth over the whole time; where no time passes, that is last less first.
    private static func leverage(times: [Double], variances: [Double]) -> [Double] {
        // Exact snapshots among sampled ones would have infinite weight: then all count the same.
        let weights = variances.map { variances.contains(0) ? 1 : 1 / $0 }
        let sum = weights.reduce(0, +)
        let mean = zip(weights, times).reduce(0) { $0 + $1.0 * $1.1 } / sum
        let squares = zip(weights, times).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) }
        guard squares > 0, let last = times.last else {
            return times.indices.map { $0 == times.count - 1 ? 1 : $0 == 0 ? -1 : 0 }
        }
        return zip(weights, times).map { $0 * ($1 - mean) / squares * last }
    }

    private static func variance(of sessions: [Session]) -> Double {
        sessions.reduce(0) { sum, session in
            LivingSums(of: session).bySite.reduce(sum) { $0 + $1.allocations.space.variance }
        }
    }

    /// The sessions of each process, in order of appearance, each with the index of its snapshot.
    private static func processes(_ snapshots: [[Session]]) -> [[(snapshot: Int, session: Session)]] {
        var numbers: [Session.Identity: Int] = [:]
        var processes: [[(snapshot: Int, session: Session)]] = []
        for (snapshot, sessions) in snapshots.enumerated() {
            for session in sessions {
                let number = numbers[session.identity] ?? processes.count
                if number == processes.count { processes.append([]) }
                numbers[session.identity] = number
                processes[number].append((snapshot, session))
            }
        }
        return processes
    }
}

/// Where the figures of a trend stand in its profile.
struct TrendColumns {
    let snapshots: Int

    /// Fitted growth.
    let objects = 0
    let bytes = 1
    /// Bytes that came less bytes that went, from the first snapshot to the last.
    let lastLessFirst = 2
    /// Bytes in use at each snapshot.
    var levels: Range<Int> { 3..<3 + snapshots }
    /// Bytes that came less bytes that went, from each snapshot to the next.
    var changes: Range<Int> { 3 + snapshots..<2 + 2 * snapshots }
    /// Of the bytes in use at each snapshot but the last, those that were still in use at the last.
    var kept: Range<Int> { 2 + 2 * snapshots..<1 + 3 * snapshots }

    var kinds: [Profile.Kind] {
        [.inuseObjects, .inuseSpace, Profile.Kind(name: "growth_space", unit: "bytes")]
            + (1...snapshots).map { Profile.Kind(name: "inuse_space_\($0)", unit: "bytes") }
            + (1...snapshots).dropFirst().map { Profile.Kind(name: "growth_space_\($0)", unit: "bytes") }
            + (1...snapshots).dropLast().map { Profile.Kind(name: "kept_space_\($0)", unit: "bytes") }
    }

    subscript(index: Int) -> Profile.Column { Profile.Column(index: index) }

    var differences: [Profile.Kind] { (Array(objects...lastLessFirst) + changes).map { kinds[$0] } }
}

extension ProfileBuilder {
    /// Adds the samples that one process had alive at any snapshot.
    fileprivate mutating func add(
        _ process: [(snapshot: Int, session: Session)], _ lives: Lives, leverage: [Double], columns: TrendColumns
    ) {
        var sources = process.map { source($0.session) }
        addSites(of: &sources[sources.count - 1])
        for (number, point) in process.enumerated() {
            let isLast = point.snapshot == columns.snapshots - 1
            let level = columns[columns.levels.lowerBound + point.snapshot]
            addMissing(from: &sources[number], negated: false, objects: nil, bytes: level)
            guard isLast || point.snapshot == 0 else { continue }
            let (objects, bytes) = (columns[columns.objects], columns[columns.bytes])
            addMissing(from: &sources[number], negated: !isLast, objects: objects, bytes: bytes)
            addMissing(
                from: &sources[number], negated: !isLast, objects: nil, bytes: columns[columns.lastLessFirst])
        }
        for group in lives.groups {
            for (site, allocations) in group.sums.bySite {
                let row = row(of: site, in: &sources[group.session])
                add(allocations, aliveAt: group.snapshots, row: row, leverage: leverage, columns: columns)
            }
        }
    }

    /// Adds samples of one site that were alive at the same snapshots.
    private mutating func add(
        _ allocations: Allocations, aliveAt snapshots: [Int], row: Int, leverage: [Double], columns: TrendColumns
    ) {
        let bytes = allocations.space
        countBlocks(allocations.samples, bytes: allocations.bytes, row: row)
        // What was alive at every snapshot did not grow. The sum of its leverages is 0 only up to rounding errors.
        let growth = snapshots.count == columns.snapshots ? 0 : snapshots.reduce(0) { $0 + leverage[$1] }
        if growth != 0 {
            let objects = allocations.objects
            add(objects.scaled(by: growth.magnitude), negated: growth < 0, in: columns[columns.objects], row: row)
            add(bytes.scaled(by: growth.magnitude), negated: growth < 0, in: columns[columns.bytes], row: row)
        }
        let (wasFirst, isLast) = (snapshots.contains(0), snapshots.contains(columns.snapshots - 1))
        if wasFirst != isLast { add(bytes, negated: wasFirst, in: columns[columns.lastLessFirst], row: row) }
        for snapshot in snapshots {
            add(bytes, in: columns[columns.levels.lowerBound + snapshot], row: row)
            if isLast, snapshot + 1 < columns.snapshots {
                add(bytes, in: columns[columns.kept.lowerBound + snapshot], row: row)
            }
            if snapshot > 0, !snapshots.contains(snapshot - 1) {
                add(bytes, in: columns[columns.changes.lowerBound + snapshot - 1], row: row)
            }
            if snapshot + 1 < columns.snapshots, !snapshots.contains(snapshot + 1) {
                add(bytes, negated: true, in: columns[columns.changes.lowerBound + snapshot], row: row)
            }
        }
    }
}
