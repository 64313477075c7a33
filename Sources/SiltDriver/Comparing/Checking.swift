// SPDX-License-Identifier: Apache-2.0
//
// The release gate on snapshots that a person names: limits and a baseline go in, a report that passes or not comes
// out. The decision itself is SiltProfile's.

import SiltFile
import SiltHost
package import SiltProfile
package import SiltReport
package import SiltSymbols

/// What memory may grow by, and what happens with the baseline.
package struct CheckRequest: Sendable {
    /// In all and by each stack.
    package var maxGrowth: ByteCount?
    /// How fast now; only growth that goes on counts.
    package var maxRate: ByteRate?
    /// What resident memory may grow by, whatever took it.
    package var maxResidentGrowth: ByteCount?
    package var sites: [Check.SiteLimit]
    /// Stacks with a matching function do not count.
    package var ignored: [Pattern]
    package var runtimes: Runtimes
    /// Name of the figure that is judged: what is in use, or mapped; nil: in use.
    package var kind: String?
    /// The file of accepted growth.
    package var baselinePath: String?
    /// Whether what grew is written into the baseline and so accepted from now on.
    package var updatesBaseline: Bool
    /// Whether what the data cannot tell fails.
    package var isStrict: Bool

    package init(
        maxGrowth: ByteCount? = nil, maxRate: ByteRate? = nil, maxResidentGrowth: ByteCount? = nil,
        sites: [Check.SiteLimit] = [], ignored: [Pattern] = [], runtimes: Runtimes = Runtimes(),
        kind: String? = nil, baselinePath: String? = nil,
        updatesBaseline: Bool = false, isStrict: Bool = false
    ) {
        self.maxGrowth = maxGrowth
        self.maxRate = maxRate
        self.maxResidentGrowth = maxResidentGrowth
        self.sites = sites
        self.ignored = ignored
        self.runtimes = runtimes
        self.kind = kind
        self.baselinePath = baselinePath
        self.updatesBaseline = updatesBaseline
        self.isStrict = isStrict
    }

    func check(accepting baseline: Baseline) -> Check {
        Check(
            maxGrowth: maxGrowth.map { Double($0.bytes) }, maxRate: maxRate?.bytesPerSecond,
            maxResidentGrowth: maxResidentGrowth.map { Double($0.bytes) }, sites: sites, ignored: ignored,
            baseline: baseline)
    }
}

extension Check.SiteLimit {
    /// `REGEX=BYTES`, as `Cache\.insert=64MiB`.
    ///
    /// - Throws: ``Failure`` with the option and what is wrong.
    package init(_ text: String, of option: String) throws(Failure) {
        guard let equals = text.lastIndex(of: "="), let limit = ByteCount(String(text[text.index(after: equals)...]))
        else { throw .use("\(option) \(text): write REGEX=BYTES, such as Cache\\.insert=64MiB") }
        self.init(pattern: try Pattern(String(text[..<equals]), of: option), bytes: Double(limit.bytes))
    }
}

extension [Input] {
    /// - Throws: ``Failure`` if there is no rate: no time passes, no process is in all snapshots, or nobody knows when the last
    ///   one was.
    fileprivate func requireRate(over trend: Trend) throws(Failure) {
        let option = "--max-growth-rate"
        guard trend.elapsed > .zero else {
            throw .use("\(option): no time passes from the first snapshot to the last")
        }
        let sessions = compactMap(\.sessions)
        guard let last = sessions.last else { return }
        if trend.relation == .independent {
            throw .use(
                "\(option): no process is in all of these snapshots, so there is no rate: give --max-growth")
        }
        if let lost = last.first(where: { !$0.knowsItsMoment }) {
            throw .use(
                "\(option): \(lost.path): it is not known when its process ended, so there is no rate:"
                    + " give --max-growth")
        }
    }
}

extension Driver {
    /// Whether memory grew beyond its limits.
    ///
    /// - Parameter snapshots: targets, each one snapshot.
    /// - Throws: as ``read(_:)``; also if there are fewer than two, one is of pprof files, they are not in order of time, a rate
    ///   is limited and no time passes, or the baseline cannot be read or written.
    package func check(_ snapshots: [String], against request: CheckRequest) throws(Failure) -> CheckReport {
        guard snapshots.count >= 2 else { throw .use("one snapshot cannot be checked: name two or more") }
        // Before the snapshots, which take long: a typing error in the baseline is told at once.
        var baseline: BaselineFile?
        if let path = request.baselinePath {
            baseline = try BaselineFile(path: path, mayBeMissing: request.updatesBaseline)
        }
        let inputs = try readEach(snapshots.map { [$0] })
        try inputs.requireOrder()
        let symbols = symbolizer(for: inputs)
        let isOfMappings = request.kind == Profile.Kind.mappedSpace.name
        guard isOfMappings || request.kind == nil || request.kind == Profile.Kind.inuseSpace.name else {
            throw .use("--by \(request.kind ?? ""): a check judges inuse_space or mapped_space")
        }
        guard !isOfMappings || request.maxResidentGrowth == nil else {
            throw .use("--by mapped_space and --max-rss-growth do not go together: check them one by one")
        }
        let rest = inputs.withoutLiving
        var trend =
            isOfMappings
            ? try mappingTrend(over: inputs, symbols: symbols) : try trend(over: consume inputs, symbols: symbols)
        if request.maxRate != nil { try rest.requireRate(over: trend) }
        trend.profile = try request.runtimes.fold(
            trend.profile, by: isOfMappings ? [] : [evidence(of: rest, symbols: symbols)])
        if request.updatesBaseline { try accept(trend, into: &baseline, request) }
        let verdict = request.check(accepting: baseline?.entries ?? Baseline()).verdict(on: trend)
        var report = CheckReport(verdict, on: trend, isStrict: request.isStrict)
        if isOfMappings { report.header.kind = .mappedSpace }
        return report
    }

    /// Whether processes of a service grew from one build to another, by more than processes of one build differ.
    ///
    /// - Parameters:
    ///   - base: targets, each one process or several.
    ///   - after: the same.
    /// - Throws: as ``read(_:)``; also if a side has fewer than two processes, a process is there twice, a profile does not tell
    ///   how sure it is, or the request has what is not about processes.
    package func check(
        base: [String], after: [String], against request: CheckRequest
    ) throws(Failure) -> ReplicaReport {
        guard request.maxRate == nil, request.maxResidentGrowth == nil, request.sites.isEmpty, request.kind == nil,
            request.baselinePath == nil, !request.updatesBaseline
        else {
            throw .use(
                "--base and --after go with --max-growth and --ignore: other limits are for snapshots of one process")
        }
        var processes: Set<Session.Identity> = []
        var sides: [[Profile]] = []
        for (option, targets) in [("base", base), ("after", after)] {
            var profiles: [Profile] = []
            for target in targets { profiles += try replicas(target, beside: &processes) }
            guard profiles.count >= 2 else {
                throw .use(
                    "--\(option) has one process: how far processes differ shows from two on, and little below eight; "
                        + "two snapshots are compared without --base")
            }
            sides.append(profiles)
        }
        let evidence = sides.flatMap { $0 }
        for side in sides.indices {
            for index in sides[side].indices {
                sides[side][index] = try request.runtimes.fold(sides[side][index], by: evidence)
            }
        }
        let replicas = Replicas(base: sides[0], after: sides[1], check: request.check(accepting: Baseline()))
        return ReplicaReport(replicas, isStrict: request.isStrict)
    }

    /// A profile for each process of a target.
    private func replicas(
        _ target: String, beside processes: inout Set<Session.Identity>
    ) throws(Failure) -> [Profile] {
        switch try read([target]) {
        case .profile(let profile):
            guard profile.kinds.contains(.inuseSpace), profile.confidence(in: .inuseSpace) != nil else {
                throw .use("\(target): does not say what is in use, or how sure that is")
            }
            return [profile]
        case .sessions(let sessions):
            for session in sessions where !processes.insert(session.identity).inserted {
                throw .use(
                    "\(session.path): its process is named twice; snapshots of one process are compared without --base")
            }
            let symbolizer = symbolizer(for: sessions)
            return sessions.map { Profile.heap([$0], symbols: symbolizer) }
        }
    }

    /// Writes what grew into the baseline.
    private func accept(
        _ trend: Trend, into baseline: inout BaselineFile?, _ request: CheckRequest
    ) throws(Failure) {
        guard var file = baseline else { throw .use("--update-baseline needs --baseline-file") }
        let new = request.check(accepting: file.entries).accepting(trend)
        try file.put(new)
        try file.write()
        baseline = file
        reporter.note("\(counted(new.count, "entry", plural: "entries")) written to \(file.path)")
    }
}

/// How the verdict is written.
package enum CheckFormat: String, Sendable, CaseIterable { case text, json, junit, github, sarif }

extension GateReport {
    /// The report in a format.
    ///
    /// - Parameters:
    ///   - width: of the terminal that shows the text; nil: nothing is cut.
    ///   - workspace: GitHub's checkout, to which files are relative.
    package func rendered(as format: CheckFormat, width: Int? = nil, workspace: String? = nil) -> [UInt8] {
        switch format {
        case .text: Array(printableText(text(width: width)).utf8)
        case .json: json()
        case .junit: Array(junit().utf8)
        case .sarif: sarif(workspace: workspace)
        // The log of a job shows the text, and the lines of code the annotations.
        // A name must not be a command: the runner takes the old form anywhere in a line.
        case .github:
            Array(printableText(text(width: nil).replacing("##[", with: "# #[") + github(workspace: workspace)).utf8)
        }
    }
}
