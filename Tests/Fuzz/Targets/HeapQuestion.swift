// SPDX-License-Identifier: Apache-2.0
//
// What can be asked of a heap in a file: every report and export, of the file alone and together with a second one. The
// questions go through the driver, as the command line's do.
//
// An input is a byte that chooses question and second file, and the file. The order of both lists is part of the corpus:
// new ones go to the end.

import SiltDriver
import SiltPprof
import SiltProfile
import SiltReport
import SiltSymbols

/// One question, with the files that it is asked of.
struct HeapQuestion {
    private let driver: Driver
    private let folder: FuzzFolder
    private let file: String
    /// A valid file, of the same kind or of another.
    private let other: String

    /// - Throws: ``Broken``.
    static func ask(_ input: [UInt8], in folder: FuzzFolder) throws {
        guard let choice = input.first.map(Int.init) else { return }
        let other = others[choice / questions.count % others.count]
        let question = HeapQuestion(
            // Names of modules lead to no file of this machine.
            driver: Driver(directory: folder.path, symbols: Symbolizer.Options(sysroot: folder.path("root"))),
            folder: folder, file: try folder.write(input.dropFirst(), to: "input.silt"),
            other: try folder.write(other, to: "other.silt"))
        do {
            try questions[choice % questions.count](question)
        } catch is Failure {
            // Refused, in words for a person.
        }
    }

    /// Read from the corpus, without the byte that chooses.
    private static let others: [[UInt8]] =
        ["session/dump", "session/later", "session/live", "session/exact-3"]
        .map(contents) + ["pprof/heap", "legacy/jemalloc"].map(contents)

    private static func contents(_ name: String) -> [UInt8] {
        Array(((try? FuzzFolder.contents("\(FuzzFolder.corpus)/\(name)")) ?? []).dropFirst())
    }

    private static let questions: [@Sendable (HeapQuestion) throws -> Void] = [
        { try $0.top(HeapView()) },
        { try $0.top(HeapView(kind: "alloc_space", options: ReportOptions(granularity: .lines, order: .cum))) },
        { try $0.top(HeapView(frames: FrameChoice(runtimes: Runtimes(areHidden: false)))) },
        { try $0.top(HeapView(kind: "inuse_objects", options: ReportOptions(granularity: .addresses))) },
        { try $0.topWithFilters() },
        { try $0.topOfTimes(TimeChoice(since: TimeSpan("1m"))) },
        { try $0.topOfTimes(TimeChoice(olderThan: TimeSpan("1s"))) },
        { try $0.topOfBoth(keepsProcessesApart: false) },
        { try $0.topOfBoth(keepsProcessesApart: true) },
        { try $0.tree() },
        { try $0.peek() },
        { try $0.list() },
        { try $0.threads() },
        { try $0.resident() },
        { try $0.dump() },
        { try $0.sessions() },
        { try $0.exportPprof(hasNames: true) },
        { try $0.exportPprof(hasNames: false) },
        { try $0.export(.folded) },
        { try $0.export(.json) },
        { try $0.export(.speedscope) },
        { try $0.export(.html) },
        { try $0.export(.svg) },
        { try $0.exportThreads() },
        { try $0.export(.html, since: $0.other) },
        { try $0.export(.svg, since: $0.other) },
        { try $0.compare([$0.other, $0.file]) },
        { try $0.compare([$0.file, $0.other]) },
        { try $0.compare([$0.file, $0.file]) },
        { try $0.compare([$0.other, $0.file, $0.file]) },
        { try $0.compare([$0.file, $0.other, $0.file, $0.other]) },
        { try $0.check([$0.other, $0.file]) },
        { try $0.check([$0.file, $0.other]) },
        { try $0.check([$0.other, $0.file, $0.file, $0.file]) },
        { try $0.accept() },
        { try $0.mappings() },
        { try $0.pages() },
    ]
}

// MARK: One heap

extension HeapQuestion {
    private func top(_ view: HeapView) throws {
        let report = try driver.top([file], view: view)
        _ = (report.text(width: 80), report.text(showsAges: true), report.json())
    }

    private func topWithFilters() throws {
        let filter = Filter(
            focus: try? Pattern("."), ignore: try? Pattern("ignored"), hide: try? Pattern("[xyz]"),
            show: try? Pattern("[a-w0-9]"), showFrom: try? Pattern("m"))
        let runtimes = Runtimes(areHidden: true, patterns: ["^a"], areExplained: true)
        try top(HeapView(frames: FrameChoice(filter: filter, runtimes: runtimes)))
    }

    private func topOfTimes(_ times: TimeChoice) throws {
        let report = try driver.top([file], times: times)
        _ = (report.text(width: 80, showsAges: true), report.json())
    }

    private func topOfBoth(keepsProcessesApart: Bool) throws {
        var driver = driver
        driver.keepsProcessesApart = keepsProcessesApart
        _ = try driver.top([file, other]).text(width: 80)
    }

    private func tree() throws {
        let report = try driver.tree([file])
        _ = (report.text(width: 80), report.text())
    }

    private func peek() throws { _ = try driver.peek(try Pattern("[a-m0-9]"), in: [file]).text(width: 80) }

    private func list() throws { _ = try driver.source(of: try Pattern("."), in: [file]).text() }

    private func threads() throws {
        let report = try driver.threads([file])
        _ = (report.text(width: 80), report.text(count: 3, frames: 2))
    }

    private func resident() throws {
        let report = try driver.resident(file)
        _ = (report.text(width: 80), report.json(), report.page())
    }

    private func pages() throws {
        for kind in ["resident_space", "untouched_space", "unshared_space", "pinned_space"] {
            try top(HeapView(kind: kind))
        }
    }

    private func mappings() throws {
        for kind in ["mapped_space", "reserved_space", "mapped_objects"] { try top(HeapView(kind: kind)) }
        _ = try driver.tree([file], view: HeapView(kind: "mapped_space")).text(width: 80)
        _ = try driver.export([file], as: ExportRequest(format: .pprof, kind: "mapped_space"))
        for pair in [[other, file], [file, other], [file, file]] {
            _ = try? driver.compare(pair, view: ComparisonView(kind: "mapped_space")).text(width: 80)
            _ = try? driver.check(pair, against: CheckRequest(kind: "mapped_space")).rendered(as: .text, width: 80)
        }
    }

    /// A reader's dump is read as the session was.
    private func dump() throws {
        let dump = try driver.dump(file, to: folder.path("dump.silt")).path
        do {
            _ = try driver.top([dump]).text(width: 80)
        } catch {
            throw Broken("a dump that was written is not read: \(error)")
        }
    }

    private func sessions() throws { _ = driver.sessions(withDumps: true).text(width: 80) }
}

// MARK: Exports

extension HeapQuestion {
    private func export(_ format: ExportRequest.Format, since base: String? = nil) throws {
        _ = try driver.export([file], as: ExportRequest(format: format, base: base))
    }

    private func exportThreads() throws {
        _ = try driver.export([file], as: ExportRequest(format: .pprof, showsThreads: true))
        _ = try driver.export([file], as: ExportRequest(format: .svg, showsThreads: true))
    }

    /// What is exported is read again.
    private func exportPprof(hasNames: Bool) throws {
        let bytes = try driver.export([file], as: ExportRequest(format: .pprof, hasNames: hasNames))
        do {
            _ = try Profile(pprof: bytes)
        } catch {
            throw Broken("a profile that was exported is not read: \(error)")
        }
    }
}

// MARK: Change

extension HeapQuestion {
    private func compare(_ snapshots: [String]) throws {
        let report = try driver.compare(snapshots)
        _ = (report.text(width: 80), report.text(), report.json())
    }

    private func check(_ snapshots: [String]) throws {
        let request = CheckRequest(
            maxGrowth: ByteCount("1k"), maxRate: ByteRate("1k/s"),
            sites: [try Check.SiteLimit("a=1k", of: ""), try Check.SiteLimit(".=1M", of: "")],
            ignored: [try Pattern("ignored")], isStrict: true)
        let report = try driver.check(snapshots, against: request)
        for format in CheckFormat.allCases { _ = report.rendered(as: format, width: 80) }
    }

    /// What a check has accepted, the next one reads and does not complain of.
    private func accept() throws {
        let baseline = try folder.write([], to: "baseline.txt")
        _ = try driver.check([other, file], against: CheckRequest(baselinePath: baseline, updatesBaseline: true))
        let report: CheckReport
        do {
            report = try driver.check([other, file], against: CheckRequest(baselinePath: baseline))
        } catch {
            throw Broken("a baseline that was written is not read: \(error)")
        }
        _ = report.rendered(as: .text, width: 80)
    }
}
