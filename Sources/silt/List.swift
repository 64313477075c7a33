// SPDX-License-Identifier: Apache-2.0
//
// `silt list`: the sessions on this host; or, with a pattern as pprof has it, source lines with their bytes.

import ArgumentParser
import SiltFile
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sessions on this host; with REGEX FILE, source lines with their bytes.")

    @OptionGroup var input: InputOptions
    @OptionGroup var kinds: KindOptions

    @Flag(help: "List the dumps too.")
    var dumps = false

    @Argument(help: ArgumentHelp("Functions whose source lines to show.", valueName: "regex"))
    var pattern: Pattern?

    @Argument(help: "Session files, dumps, pprof files, pids or program names.")
    var target: [String] = []

    func validate() throws {
        guard pattern != nil, target.isEmpty else { return }
        throw ValidationError("Name a file or target after the pattern; `silt list` alone lists the sessions")
    }

    func run() throws {
        if let pattern { return try showSource(pattern) }
        let catalog = input.place.catalog
        var rows = catalog.sessions.map {
            row($0.summary, state: "\($0.status)", end: $0.status == .running ? catalog.time : nil)
        }
        rows += catalog.exited.map { row($0.summary, state: "\($0.status)", end: $0.header.dump?.realtime) }
        if dumps {
            let others = catalog.dumps.filter { $0.header.dump?.reason != .exit }
            rows += others.map { row($0, state: "dump", end: $0.header.dump?.realtime) }
        }
        for problem in catalog.problems { printError("silt: \(problem)") }
        if rows.isEmpty {
            let places = catalog.directories.isEmpty ? "/tmp/silt-<uid>" : catalog.directories.joined(separator: ", ")
            print("No sessions in \(places). Start a program with: silt run -- PROGRAM")
            return
        }
        print(SessionList(rows).text(width: nil), terminator: "")
    }

    private func row(_ summary: SessionSummary, state: String, end: UInt64?) -> SessionList.Row {
        let header = summary.header
        let last = end ?? summary.lastEvent ?? header.startRealtime
        let age = last > header.startRealtime ? Double(last - header.startRealtime) / 1e9 : 0
        var inUse = 0.0
        do throws(FileError) {
            inUse = inUseBytes(of: try Session(contentsOf: summary.path))
        } catch {
            printError("silt: \(error)")
        }
        return SessionList.Row(
            program: header.comm, pid: header.pid, state: state, start: header.startRealtime, age: age, inUse: inUse,
            path: summary.path)
    }

    private func inUseBytes(of session: Session) -> Double {
        session.live.reduce(0) { $0 + session.law(of: $1.site).bytes(samples: 1, ofSize: Double($1.size)).value }
    }

    private func showSource(_ pattern: Pattern) throws {
        let profile = try input.profile(target)
        let listing = SourceListing(profile, kind: try kinds.kind(of: profile), matching: pattern) { path in
            do throws(SystemError) {
                return String(decoding: try contentsOfFile(path, limit: 1 << 28), as: UTF8.self)
            } catch {
                throw Failure.input(error.isMissing ? "no such file here" : error.text)
            }
        }
        print(listing.text(), terminator: "")
    }
}
